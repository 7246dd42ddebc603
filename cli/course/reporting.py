"""``./lab report``: one student's state, for the student's teacher and the teacher's programs."""

import json
import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from cli import language
from cli.config import Lab
from cli.course import classroom50, course, junit, sheets
from cli.course.lesson import LEVELS
from cli.course.standing import Standing, asked, passed, standings
from cli.language import ENGLISH, _

COLUMNS = ("lesson", "title", "passed", "attempts", "hints", "seen", "changed")


class Format(StrEnum):
    """What a report can be written as."""

    json = "json"
    junit = "junit"
    csv = "csv"
    markdown = "markdown"
    classroom50 = "classroom50"


def report(lab: Lab, wished: Format, file: Path | None) -> None:
    """On the terminal, or into a file. Only people are told in their own language."""
    with language.speaking(language.spoken() if wished is Format.markdown else ENGLISH):
        known = course.load(lab)
        found = standings(asked(known.lessons), known.marks)
        text = WRITERS[wished](known.student, found)
    sheets.put(text, file)


def _json(student: str, found: Sequence[Standing]) -> str:
    made = {"student": student, "passed": passed(found), "of": len(found), "lessons": [one.told for one in found]}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _csv(student: str, found: Sequence[Standing]) -> str:
    rows = ([student, *(_shown(one.told[name]) for name in COLUMNS)] for one in found)
    return sheets.as_csv(["student", *COLUMNS], rows)


def _shown(value: object) -> object:
    return "" if value is None else int(value) if isinstance(value, bool) else value


def _markdown(student: str, found: Sequence[Standing]) -> str:
    rows = [
        (f"{one.asked.number:02d} {one.asked.title}", _passed(one), one.mark.attempts or "", _hints(one), one.mark.seen)
        for one in found
    ]
    title = _("{student}: {passed} of {all} passed").format(student=student, passed=passed(found), all=len(found))
    head = (_("lesson"), _("passed"), _("attempts"), _("hints"), _("last seen"))
    return f"# {title}\n\n{sheets.as_markdown(head, rows)}"


def _passed(one: Standing) -> str:
    return _("{day}, changed since").format(day=one.mark.passed) if one.changed else one.mark.passed or _(one.state)


def _hints(one: Standing) -> str:
    return _("{number} of {all}").format(number=one.mark.hints, all=LEVELS) if one.mark.hints else ""


def _result(_student: str, found: Sequence[Standing]) -> str:
    return classroom50.written(found, os.environ)


WRITERS: dict[Format, Callable[[str, Sequence[Standing]], str]] = {
    Format.json: _json,
    Format.junit: junit.written,
    Format.csv: _csv,
    Format.markdown: _markdown,
    Format.classroom50: _result,
}
