"""The list of lessons in lessons/README.md, made from their folders; the same in each language that has such a page."""

import re
from collections.abc import Sequence
from pathlib import Path

from cli import language
from cli.course import translation
from cli.course.lesson import FOLDER, Lesson
from cli.course.reading import STARS
from cli.language import ENGLISH, _

PLACE = re.compile(r"(?<=<!-- lessons: begin -->\n).*?(?=<!-- lessons: end -->)", re.DOTALL)


def pages() -> dict[str, Path]:
    """Those that there are, by language."""
    named = {one: FOLDER / ("README.md" if one == ENGLISH else f"README.{one}.md") for one in language.LANGUAGES}
    return {one: file for one, file in named.items() if file.is_file()}


def table(lessons: Sequence[Lesson]) -> str:
    """A Markdown table of them, in the language that is spoken."""
    rows = [
        f"| [{one.number:02d}]({one.name}/{_page(one)}) | {translation.words(one).title} | {one.minutes} "
        f"| {_(STARS[one.difficulty])} |\n"
        for one in lessons
    ]
    return f"\n| | {_('lesson')} | {_('minutes')} | |\n| --- | --- | ---: | --- |\n" + "".join(rows) + "\n"


def _page(lesson: Lesson) -> str:
    """Its text in the language that is spoken, else in English."""
    page = translation.page(lesson, language.spoken())
    return page.name if page.is_file() else "README.md"


def is_current(lessons: Sequence[Lesson]) -> bool:
    """Whether every page lists them as they are."""
    texts = {one: file.read_text(encoding="utf-8") for one, file in pages().items()}
    return all(PLACE.search(text) and _with(lessons, text, one) == text for one, text in texts.items())


def write(lessons: Sequence[Lesson]) -> None:
    """Every page lists them as they are."""
    for one, file in pages().items():
        file.write_text(_with(lessons, file.read_text(encoding="utf-8"), one), encoding="utf-8", newline="\n")


def _with(lessons: Sequence[Lesson], text: str, spoken: str) -> str:
    with language.speaking(spoken):
        listed = table(lessons)
    return PLACE.sub(lambda _found: listed, text)
