"""``./lab class collect``: one table of many students, for their teacher."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rich.markup import escape

from cli import language
from cli.console import out, say, table
from cli.course import sameness, sheets
from cli.course.gathering import Found, gather, printable
from cli.course.lesson import lessons
from cli.course.sameness import Remark
from cli.course.standing import NEVER, NOT_YET, PASSED, Asked, Standing, asked, last_seen, passed, standings
from cli.language import ENGLISH, _

SIGNS = {PASSED: "✓", NOT_YET: "✗", NEVER: "·"}
CHANGED = "~"
FOUR = 4
STYLES = {"✓": "green", "✗": "red", "·": "dim", CHANGED: "yellow"}


class Format(StrEnum):
    """What the table can be written as."""

    table = "table"
    csv = "csv"
    json = "json"
    markdown = "markdown"


@dataclass(frozen=True)
class Row:
    """One student."""

    name: str
    found: list[Standing]
    remarks: list[Remark]
    problem: str
    """Why nothing can be said; or what of the file nobody here knows."""

    @property
    def attempts(self) -> int:
        """In all lessons."""
        return sum(one.mark.attempts for one in self.found)

    @property
    def hints(self) -> int:
        """In all lessons."""
        return sum(one.mark.hints for one in self.found)

    @property
    def total(self) -> str:
        """How many are passed; nothing where that is not known."""
        return _("{number} of {all}").format(number=passed(self.found), all=len(self.found)) if self.found else ""

    @property
    def said(self) -> str:
        """All that there is to ask about."""
        return "; ".join([*([self.problem] if self.problem else []), *(one.text for one in self.remarks)])


def collect(folder: Path, wished: Format) -> None:
    """Everybody is a row. Only people are told in their own language."""
    person = wished in {Format.table, Format.markdown}
    with language.speaking(language.spoken() if person else ENGLISH):
        course = lessons()
        known, found = asked(course), gather(folder, {one.name for one in course})
        students = [one.student for one in found if one.student]
        said = sameness.remarks(students, known, course)
        rows = [_row(one, known, said.get(one.name, [])) for one in found]
        _show(rows, known, wished)
        for name, who in sameness.shared(students).items():
            told = _("{count} have passed as {name}: without LAB_STUDENT their seeds tell nothing about them.")
            say(escape(told.format(count=len(who), name=name)))


def _row(one: Found, known: Sequence[Asked], said: list[Remark]) -> Row:
    if one.student is None:
        return Row(one.name, [], [], one.problem)
    strange = sorted(set(one.student.marks) - {lesson.name for lesson in known})
    problem = _("no such lesson: {names}").format(names=printable(", ".join(strange))) if strange else ""
    return Row(one.name, standings(known, one.student.marks), said, problem)


def _show(rows: Sequence[Row], known: Sequence[Asked], wished: Format) -> None:
    if wished is Format.table:
        _table(rows, known)
    elif wished is Format.json:
        sheets.put(json.dumps([_told(one) for one in rows], indent=2, ensure_ascii=False) + "\n", None)
    elif wished is Format.csv:
        head = ["student", *(one.name for one in known), "passed", "attempts", "hints", "seen", "remarks"]
        sheets.put(sheets.as_csv(head, [_plain(one, len(known)) for one in rows]), None)
    else:
        sheets.put(sheets.as_markdown(_head(known), [_cells(one, len(known)) for one in rows]), None)


def _head(known: Sequence[Asked]) -> list[str]:
    numbers = [f"{one.number:02d}" for one in known]
    return [_("student"), *numbers, _("passed"), _("attempts"), _("hints"), _("last seen"), _("to ask about")]


def _cells(row: Row, count: int) -> list[str]:
    if not row.found:
        return [row.name, *[""] * (count + 4), row.said]
    signs = [CHANGED if one.changed else SIGNS[one.state] for one in row.found]
    figures = [str(one) if one else "" for one in (row.attempts, row.hints)]
    return [row.name, *signs, row.total, *figures, last_seen(row.found), row.said]


def _table(rows: Sequence[Row], known: Sequence[Asked]) -> None:
    """Four lessons a column: sixteen columns leave no room for what there is to ask about."""
    name, *numbers = _head(known)[: len(known) + 1]
    fours = [slice(place, place + FOUR) for place in range(0, len(numbers), FOUR)]
    made = table(name, *(f"{numbers[four][0]}–{numbers[four][-1]}" for four in fours), *_head(known)[len(known) + 1 :])
    for row in rows:
        name, *cells = map(escape, _cells(row, len(known)))
        signs = [f"[{STYLES[one]}]{one}[/]" if one in STYLES else one for one in cells[: len(known)]]
        made.add_row(name, *("".join(signs[four]) for four in fours), *cells[len(known) :])
    out.print(made)
    out.print(_("✓ passed, ~ passed and changed since, ✗ not yet, · never checked"), style="dim", soft_wrap=True)


def _plain(row: Row, count: int) -> list[object]:
    """A day a lesson that is passed, and figures."""
    if not row.found:
        return [row.name, *[""] * (count + 4), row.said]
    days = [one.mark.passed for one in row.found]
    return [row.name, *days, passed(row.found), row.attempts, row.hints, last_seen(row.found), row.said]


def _told(row: Row) -> dict[str, Any]:
    remarks = [{"kind": one.kind, "lessons": one.lessons, "with": one.who, "text": one.text} for one in row.remarks]
    return {
        "student": row.name, "problem": row.problem or None,
        "passed": passed(row.found), "of": len(row.found), "attempts": row.attempts, "hints": row.hints,
        "seen": last_seen(row.found) or None, "lessons": [one.told for one in row.found], "remarks": remarks,
    }  # fmt: skip
