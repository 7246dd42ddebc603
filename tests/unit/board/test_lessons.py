"""Markdown as pages."""

import pytest

from board import lessons


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
