"""A lesson and its translation: the same sessions, and neither is changed without the other."""

from pathlib import Path

import pytest
from rich.console import Console

from cli.config import load as load_lab
from cli.course import course, index, reading, showing, translation, work
from cli.course.lesson import FOLDER, Lesson, lessons
from cli.errors import WrongUse
from cli.language import speaking
from tests.unit.cli.test_course import course as course_of
from tests.unit.cli.test_course import written

ENGLISH = """# One

Words, and [a link](https://example.org).

```
a ──► b
```

<!-- your turn -->
```console
$ true
```

| a | b |
| --- | --- |

<details><summary>Why?</summary>

Because.

</details>
"""
RUSSIAN = ENGLISH.replace("One", "Раз").replace("Words, and", "Слова и").replace("Because", "Потому")
TITLED = 'title = "Т"\nhints = ["а", "б", "в"]\n'
LESSONS = lessons()
TRANSLATED = [one for one in LESSONS if translation.page(one, "ru").is_file()]


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """One whose translation is current."""
    made = written(tmp_path / "lessons" / "03-broker")
    (made.folder / "README.md").write_text(ENGLISH, encoding="utf-8")
    (made.folder / "README.ru.md").write_text(RUSSIAN, encoding="utf-8")
    (made.folder / "lesson.ru.toml").write_text(TITLED, encoding="utf-8")
    translation.stamp(made, "ru")
    return made


def change(lesson: Lesson, name: str, before: str, after: str) -> None:
    """Another text in one of a lesson's files."""
    file = lesson.folder / name
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.name)
def test_a_lesson_and_its_translation_agree(lesson: Lesson) -> None:
    """Where it is translated."""
    assert [] == list(translation.lacks(lesson))


def test_the_first_half_of_the_course_is_translated() -> None:
    """All lessons of it."""
    assert {*range(1, 9)} <= {one.number for one in TRANSLATED}


def test_a_current_translation_lacks_nothing(lesson: Lesson) -> None:
    """Stamped once or twice."""
    assert [] == list(translation.lacks(lesson))
    translation.stamp(lesson, "ru")
    assert [] == list(translation.lacks(lesson))


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("README.md", "Words", "Other words", "without the other"),
        ("README.ru.md", "Слова", "Другие слова", "without the other"),
        ("lesson.ru.toml", '"в"', '"г"', "without the other"),
        ("README.md", "a ──► b", "a ──► c", "without the other"),
        ("README.md", "$ true", "$ false", "same sessions"),
        ("README.ru.md", "$ true", "$ false", "same sessions"),
        ("README.ru.md", "<!-- your turn -->\n", "", "other comments"),
        ("README.ru.md", "https://example.org", "https://example.com", "other links"),
        ("README.ru.md", "# Раз", "# Раз\n\n## Два", "2 headings"),
        ("README.ru.md", "| --- | --- |\n", "| --- | --- |\n| 1 | 2 |\n", "3 rows of tables"),
        ("README.ru.md", "<details>", "", "0 folded answers"),
        ("README.ru.md", "```\na ──► b\n```\n", "", "1 blocks"),
        ("lesson.ru.toml", ', "в"', "", "3 hints"),
        ("lesson.ru.toml", '"Т"', '"T"', "no title"),
    ],
)
def test_a_change_of_one_side_is_seen(lesson: Lesson, name: str, before: str, after: str, words: str) -> None:
    """In its words, its sessions or its shape."""
    change(lesson, name, before, after)
    assert words in "\n".join(translation.lacks(lesson))


def test_what_is_seen_without_reading_cannot_be_stamped_away(lesson: Lesson) -> None:
    """A translator says that the words agree; not that the sessions do."""
    change(lesson, "README.ru.md", "$ true", "$ false")
    translation.stamp(lesson, "ru")
    assert "same sessions" in "\n".join(translation.lacks(lesson))


def test_what_is_not_there_is_not_stamped(lesson: Lesson) -> None:
    """There is nothing to agree with."""
    (lesson.folder / "README.ru.md").unlink()
    with pytest.raises(WrongUse, match=r"README\.ru\.md"):
        translation.stamp(lesson, "ru")
    assert [] == list(translation.lacks(lesson))


def test_a_translation_takes_no_pass_away(lesson: Lesson) -> None:
    """It changes nothing of what is asked of the student."""
    before = lesson.digest
    change(lesson, "lesson.ru.toml", '"Т"', '"Урок"')
    assert before == lesson.digest


def test_title_and_hints_are_those_of_the_language(lesson: Lesson) -> None:
    """In English where there are no others."""
    with speaking("ru"):
        assert ("Т", ("а", "б", "в")) == (translation.words(lesson).title, translation.words(lesson).hints)
        (lesson.folder / "lesson.ru.toml").unlink()
        assert ("T", ("a", "b", "c")) == (translation.words(lesson).title, translation.words(lesson).hints)
    assert "T" == translation.words(lesson).title


@pytest.fixture
def shown(lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What ./lab task shows of it, and what it says beside."""
    found: list[str] = []
    monkeypatch.setattr(course, "load", lambda _lab: course_of(lesson))
    monkeypatch.setattr(course, "open_", lambda _lab, _lesson: None)
    monkeypatch.setattr(work, "begin", lambda _lesson, _home: tmp_path)
    monkeypatch.setattr(showing, "page", found.append)
    monkeypatch.setattr(reading, "say", found.append)
    monkeypatch.setattr(reading, "out", Console(quiet=True))
    return found


def test_a_lesson_is_shown_in_the_language_that_is_spoken(shown: list[str]) -> None:
    """Without the comment that its translator has left."""
    with speaking("ru"):
        reading.task(load_lab(), "03", answers=False)
    (page,) = shown
    assert page.startswith("# Раз")
    assert "Сначала подумайте" in page
    shown.clear()
    reading.task(load_lab(), "03", answers=True)
    assert shown[0].startswith("# One")


def test_a_lesson_that_is_not_translated_is_shown_in_english_and_that_is_said(lesson: Lesson, shown: list[str]) -> None:
    """In a line."""
    (lesson.folder / "README.ru.md").unlink()
    with speaking("ru"):
        reading.task(load_lab(), "03", answers=False)
    said, page = shown
    assert "не переведён" in said
    assert page.startswith("# One")


def test_the_pages_of_the_course_list_the_lessons_as_they_are() -> None:
    """In each language: ./lab author index."""
    assert ["README.md", "README.ru.md"] == [one.name for one in index.pages().values()]
    assert index.is_current(LESSONS)
    assert FOLDER / "README.ru.md" in index.pages().values()
