"""The list of lessons in lessons/README.md, made from their folders."""

import re
from collections.abc import Sequence

from cli.course.lesson import FOLDER, Lesson
from cli.course.reading import STARS

FILE = FOLDER / "README.md"
PLACE = re.compile(r"(?<=<!-- lessons: begin -->\n).*?(?=<!-- lessons: end -->)", re.DOTALL)


def table(lessons: Sequence[Lesson]) -> str:
    """A Markdown table of them."""
    rows = [
        f"| [{one.number:02d}]({one.name}/README.md) | {one.title} | {one.minutes} | {STARS[one.difficulty]} |\n"
        for one in lessons
    ]
    return "\n| | lesson | minutes | |\n| --- | --- | ---: | --- |\n" + "".join(rows) + "\n"


def is_current(lessons: Sequence[Lesson]) -> bool:
    """Whether the page lists them as they are."""
    return bool(PLACE.search(_text())) and _with(lessons) == _text()


def write(lessons: Sequence[Lesson]) -> None:
    """The page lists them as they are."""
    FILE.write_text(_with(lessons), encoding="utf-8")


def _with(lessons: Sequence[Lesson]) -> str:
    return PLACE.sub(lambda _: table(lessons), _text())


def _text() -> str:
    return FILE.read_text(encoding="utf-8")
