"""Whether a lesson has all its parts: what can be said without trying it."""

import re
from collections.abc import Iterator
from pathlib import Path

from cli.course import translation
from cli.course.lesson import WRONG, Lesson
from cli.course.reading import STARS
from cli.course.showing import FENCE

HEADINGS = ("Your turn", "What can go wrong", "Three questions", "Read on")
LINK = re.compile(r"\]\((?!\w+://)([^)#\s]+)[^)]*\)")
NO_REASON = re.compile(r"<!-- not run\s*:?\s*-->")
COLUMNS = 80
"""As many as a terminal has, at least."""
MINUTES = range(15, 41)
QUESTIONS = 3
FEWEST_WRONG = 2


def lacks(lesson: Lesson) -> list[str]:
    """What a lesson lacks, in words; nothing where it is whole."""
    return [
        f"{lesson.name}: {what}"
        for look in (_settings, _text, _widths, _links, translation.lacks)
        for what in look(lesson)
    ]


def _settings(lesson: Lesson) -> Iterator[str]:
    there = sorted(path.name for path in (lesson.folder / WRONG).glob("*"))
    if len(lesson.wrong) < FEWEST_WRONG:
        yield f"at least {FEWEST_WRONG} wrong answers are wanted"
    if sorted(lesson.wrong) != there:
        yield f"lesson.toml names the wrong answers {sorted(lesson.wrong)}, and {WRONG}/ holds {there}"
    if lesson.minutes not in MINUTES:
        yield f"{lesson.minutes} minutes; a lesson takes {MINUTES[0]} to {MINUTES[-1]}"
    if lesson.difficulty not in STARS:
        yield f"difficulty {lesson.difficulty}; it is one of {sorted(STARS)}"


def _text(lesson: Lesson) -> Iterator[str]:
    text = lesson.text
    yield from (f"README.md has no heading {one!r}" for one in HEADINGS if f"\n## {one}\n" not in text)
    if not _pictures(text):
        yield "README.md has no picture"
    if text.count("<details>") != QUESTIONS:
        yield f"README.md has {text.count('<details>')} folded answers; {QUESTIONS} are wanted"
    if "<!-- your turn -->" not in text:
        yield "README.md does not show what the check says once it is solved: <!-- your turn -->"
    if NO_REASON.search(text):
        yield "README.md does not say why a session is not run"


def _pictures(text: str) -> list[str]:
    return [match["block"] for match in FENCE.finditer(text) if not match["language"]]


def _widths(lesson: Lesson) -> Iterator[str]:
    """In every language."""
    for file in sorted(lesson.folder.glob("README*.md")):
        for line in "".join(_pictures(file.read_text(encoding="utf-8"))).splitlines():
            if len(line) > COLUMNS:
                yield f"a picture of {file.name} is wider than {COLUMNS} columns: {line.strip()}"


def _links(lesson: Lesson) -> Iterator[str]:
    missing = sorted(link for link in set(LINK.findall(lesson.text)) if not Path(lesson.folder, link).exists())
    yield from (f"README.md links to {link}, which is not there" for link in missing)
