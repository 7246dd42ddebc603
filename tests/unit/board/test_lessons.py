"""Markdown as pages."""

import re

import pytest

from board import lessons, sources


def test_html_in_a_lesson_is_shown_as_text() -> None:
    """The only HTML of a page is what the board makes."""
    html = lessons.rendered("# One\n\n<script>alert(1)</script>\n")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_an_answer_is_folded_under_its_question() -> None:
    """As in the file."""
    html = lessons.rendered("<details>\n<summary>Why <b>?</summary>\n\nBecause *so*.\n\n</details>\n")
    assert "<details><summary>Why &lt;b&gt;?</summary><p>Because <em>so</em>.</p>" in html


def test_a_page_has_no_style_of_its_own() -> None:
    """The policy of the page would refuse it."""
    html = lessons.rendered("| a | b |\n| --- | ---: |\n| 1 | 2 |\n")
    assert "style=" not in html
    assert 'class="right"' in html


def test_a_link_to_another_lesson_s_file_leads_to_its_page() -> None:
    """With its place in it."""
    assert 'href="/lessons/02-http-contract/#ids"' in lessons.rendered("[next](../02-http-contract/README.md#ids)")


def test_a_link_to_another_lesson_asks_for_the_language_that_was_asked_for() -> None:
    """And the list of them in another language is a page of its own."""
    html = lessons.rendered("[next](../02-http-contract/README.md#ids)", asked="ru")
    assert 'href="/lessons/02-http-contract/?lang=ru#ids"' in html
    assert 'href="/lessons/?lang=ru"' in lessons.rendered("[all](README.ru.md)", lessons.FOLDER)


def test_a_lesson_is_shown_in_the_language_that_was_asked_for_where_it_is_translated() -> None:
    """Else in English; and each says in which languages there is one."""
    found = [lessons.page("01-one-task", one) for one in ("en", "ru", "tlh")]
    assert ["en", "ru", "en"] == [one.language for one in found if one]
    assert ["One task, end to end", "Одна задача, от начала до конца"] == [
        one.title.partition(". ")[2] or one.title for one in found[:2] if one
    ]
    assert [("ru", "русский")] == found[0].choices if found[0] else None


@pytest.mark.parametrize("language", lessons.LANGUAGES)
@pytest.mark.parametrize("name", ["", *lessons.names()])
def test_every_link_of_a_lesson_leads_somewhere(name: str, language: str) -> None:
    """To a lesson, a file that the board shows, a page of the lab or of the web; and none is lost on the way."""
    page = lessons.page(name, language)
    assert page is not None
    found = re.findall(r'href="([^"]*)"', page.html)
    assert [] == [one for one in found if not _leads(one)]
    file = "README.md" if page.language == "en" else f"README.{page.language}.md"
    text = (lessons.FOLDER / name / file).read_text(encoding="utf-8")
    folders = [one for one in sources.TARGET.findall(text) if (lessons.FOLDER / name / one).is_dir()]
    assert len(re.findall(r"\]\(|<https?:", text)) - len(folders) <= len(found)


def _leads(to: str) -> bool:
    path = to.partition("?")[0].partition("#")[0]
    if path.startswith("/board/source/"):
        return sources.text(path.removeprefix("/board/source/")) is not None
    if path.startswith("/lessons/"):
        return path.strip("/").partition("/")[2] in {"", *lessons.names()}
    return path.startswith(("https://", "/flask/", "/async/", "/rabbitmq/"))


@pytest.mark.parametrize("name", ["", *lessons.names()])
def test_every_lesson_is_a_page(name: str) -> None:
    """And so is the list of them."""
    page = lessons.page(name)
    assert page is not None
    assert page.title
    assert "<h1>" in page.html


@pytest.mark.parametrize("name", ["..", "kit", "99-nothing", "01-one-task/../02-http-contract"])
def test_nothing_else_is_a_page(name: str) -> None:
    """Whatever lies in the folder."""
    assert None is lessons.page(name)
