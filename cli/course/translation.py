"""A lesson in another language: its text in ``README.ru.md``, its title and hints in ``lesson.ru.toml``.

The text carries the digests of what it translates and of itself, written by a translator who says that both agree.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cli import language
from cli.course.lesson import LEVELS, Lesson
from cli.course.showing import FENCE
from cli.errors import WrongUse
from cli.language import ENGLISH

STAMP = re.compile(r"<!-- translates (?P<original>[0-9a-f]*) as (?P<own>[0-9a-f]*) -->\n")
TYPED = "console"
COUNTED = {"headings": r"^#+ ", "rows of tables": r"^\|", "points": r"^(?:-|\d+\.) ", "folded answers": r"^<details>"}
LINK = re.compile(r"\]\(([^)]+)\)|<(http[^>]+)>")
COMMENT = re.compile(r"^<!-- (?!translates).*?-->$", re.MULTILINE)


@dataclass(frozen=True)
class Words:
    """What a lesson is called, and its hints."""

    title: str
    hints: tuple[str, ...]


def page(lesson: Lesson, spoken: str) -> Path:
    """The lesson's text in that language."""
    return lesson.folder / ("README.md" if spoken == ENGLISH else f"README.{spoken}.md")


def text(lesson: Lesson) -> str:
    """The lesson in the language that is spoken; empty where it is not translated."""
    file = page(lesson, language.spoken())
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def words(lesson: Lesson, spoken: str = "") -> Words:
    """Title and hints in the language that is spoken; in English where they are not translated."""
    file = lesson.folder / f"lesson.{spoken or language.spoken()}.toml"
    if not file.is_file():
        return Words(lesson.title, lesson.hints)
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    return Words(str(told["title"]), tuple(told["hints"]))


def stamp(lesson: Lesson, spoken: str) -> None:
    """The translation says from now on that it is current; WrongUse where there is none."""
    file = page(lesson, spoken)
    if not file.is_file():
        raise WrongUse(f"there is no {file.name} in {lesson.name}", part="author")
    written = STAMP.sub("", file.read_text(encoding="utf-8"))
    file.write_text(f"{_line(lesson, spoken, written)}{written}", encoding="utf-8", newline="\n")


def _line(lesson: Lesson, spoken: str, written: str) -> str:
    original = _digest(lesson.text, Words(lesson.title, lesson.hints))
    return f"<!-- translates {original} as {_digest(written, words(lesson, spoken))} -->\n"


def _digest(written: str, titled: Words) -> str:
    """Of what people read, without what is typed: that is compared itself."""
    prose = FENCE.sub(lambda block: "" if block["language"] == TYPED else block[0], written)
    return sha256("\0".join((prose, titled.title, *titled.hints)).encode()).hexdigest()[:12]


def lacks(lesson: Lesson) -> Iterator[str]:
    """In what the translations of a lesson are not the lesson, in words."""
    for spoken in (one for one in language.LANGUAGES if one != ENGLISH):
        if page(lesson, spoken).is_file():
            yield from (f"{page(lesson, spoken).name} {what}" for what in _lacks(lesson, spoken))


def _lacks(lesson: Lesson, spoken: str) -> Iterator[str]:
    written = page(lesson, spoken).read_text(encoding="utf-8")
    if blocks(lesson.text) != blocks(written):
        yield f"does not show the same sessions: {_first(blocks(lesson.text), blocks(written))}"
    if COMMENT.findall(lesson.text) != COMMENT.findall(written):
        yield f"has other comments above them: {_first(COMMENT.findall(lesson.text), COMMENT.findall(written))}"
    if links(lesson.text) != links(written):
        yield f"has other links: {_first(links(lesson.text), links(written))}"
    yield from _counts(lesson.text, written)
    if len(words(lesson, spoken).hints) != LEVELS or words(lesson, spoken).title == lesson.title:
        yield f"has no title and {LEVELS} hints of its own beside it, in lesson.{spoken}.toml"
    if not written.startswith(_line(lesson, spoken, STAMP.sub("", written))):
        mend = f"see that they agree, then ./lab author translated {lesson.number:02d}"
        yield f"or README.md was changed without the other: {mend}"


def blocks(written: str) -> list[str]:
    """The sessions that are typed."""
    return [match["block"] for match in FENCE.finditer(written) if match["language"] == TYPED]


def links(written: str) -> list[str]:
    """Where a text leads to, in any order: languages have their own."""
    return sorted(one or other for one, other in LINK.findall(FENCE.sub("", written)))


def _counts(original: str, written: str) -> Iterator[str]:
    for what, pattern in COUNTED.items():
        ours, theirs = (len(re.findall(pattern, FENCE.sub("", one), re.MULTILINE)) for one in (original, written))
        if ours != theirs:
            yield f"has {theirs} {what}, and README.md has {ours}"
    ours, theirs = (len(FENCE.findall(one)) for one in (original, written))
    if ours != theirs:
        yield f"has {theirs} blocks, and README.md has {ours}"


def _first(original: Sequence[str], written: Sequence[str]) -> str:
    """The first thing that only one of the two has."""
    both = zip([*original, ""], [*written, ""], strict=False)
    return next((f"{one!r} is {other!r} there" for one, other in both if one != other), "one has more")
