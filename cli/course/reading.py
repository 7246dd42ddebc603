"""Lessons in the terminal: the text, the hints, the progress, the answer."""

import difflib
import re
from pathlib import Path

from rich.markup import escape
from rich.syntax import Syntax

from cli.config import Lab
from cli.console import out, table
from cli.course import changes, course, progress, showing, work
from cli.course.lesson import LEVELS, SOLUTION
from cli.errors import Failed

FOLDED = re.compile(r"<details>\s*<summary>(?P<question>.*?)</summary>(?P<answer>.*?)</details>", re.DOTALL)
SHOWN = "http://localhost/"
STARS = {1: "easy", 2: "medium", 3: "hard"}


def task(lab: Lab, wished: str | None, answers: bool) -> None:
    """Shows a lesson, and puts its starter into ``work/`` where that is not there."""
    known = course.load(lab)
    lesson = known.find(wished)
    changes.settle(known, lesson)
    folder = work.begin(lesson, known.home)
    course.open_(lab, lesson)
    files = course.shown(folder)
    text = unfolded(lesson.text, answers).replace(SHOWN, f"{lab.http}/").replace(f"work/{lesson.name}", files)
    showing.page(text)
    out.print(f"[dim]Your files:[/] {escape(files)}/   [dim]then:[/] ./lab check   [dim]stuck:[/] ./lab hint")


def unfolded(text: str, answers: bool) -> str:
    """The text without HTML: an answer stands under its question, or is left out."""

    def shown(match: re.Match[str]) -> str:
        answer = match["answer"].strip() if answers else "*Think first;* `./lab task --answers` *shows the answer.*"
        return f"**{match['question'].strip()}**\n\n{answer}\n"

    return re.sub(r"<!--.*?-->\n?", "", FOLDED.sub(shown, text), flags=re.DOTALL)


def hint(lab: Lab, wished: str | None) -> None:
    """The next hint, and those that were read before; the level is remembered."""
    known = course.load(lab)
    lesson = known.find(wished)
    level = min(known.marks.get(lesson.name, progress.Mark()).hints + 1, LEVELS)
    known.note(lesson, hints=level)
    for number, text in enumerate(lesson.hints[:level], start=1):
        showing.paragraph(f"{number} of {LEVELS}  ", text)
    if level == LEVELS:
        out.print("[dim]That was the last one.[/]")


def overview(lab: Lab) -> None:
    """Every lesson, and how far this student is."""
    known = course.load(lab)
    made = table("", "lesson", "minutes", "", "passed", "hints")
    for lesson in known.lessons:
        mark = known.marks.get(lesson.name, progress.Mark())
        sign = "[green]✓[/]" if known.is_passed(lesson) else "[yellow]changed[/]" if known.has_changed(lesson) else ""
        here = "[bold]→[/]" if lesson == known.now else ""
        title = f"{lesson.number:02d} {escape(lesson.title)}"
        made.add_row(here, title, str(lesson.minutes), STARS[lesson.difficulty], f"{sign} {mark.passed}", _hints(mark))
    out.print(made)
    out.print(f"\nNext: {next_step(known)}", soft_wrap=True)


def _hints(mark: progress.Mark) -> str:
    return f"{mark.hints} of {LEVELS}" if mark.hints else ""


def where(known: course.Course) -> str:
    """Where the student is, in a sentence."""
    passed = sum(map(known.was_passed, known.lessons))
    if not passed and not known.opened:
        return "you have not begun"
    return f"you are in lesson {known.now.number:02d}, {known.now.title}; {passed} of {len(known.lessons)} passed"


def next_step(known: course.Course) -> str:
    """What to type now."""
    lesson = known.next if known.was_passed(known.now) else known.now
    if lesson is None:
        return "all lessons are passed; ./lab check --previous checks them again."
    number = f"{lesson.number:02d}"
    folder = work.place(lesson, known.home)
    return f"./lab check {number} (files: {course.shown(folder)}/)" if folder.exists() else f"./lab task {number}"


def solve(lab: Lab, wished: str | None) -> None:
    """Our answer, as what differs from the student's; Failed before the lesson is passed."""
    known = course.load(lab)
    lesson = known.find(wished)
    if not known.was_passed(lesson):
        raise Failed("it is shown once the lesson is passed", part="solve", mend=f"./lab hint {lesson.number:02d}")
    for name, ours in lesson.part(SOLUTION).items():
        _compare(work.place(lesson, known.home) / name, name, ours.decode())


def _compare(own: Path, name: str, ours: str) -> None:
    yours = own.read_text(encoding="utf-8") if own.exists() else ""
    lines = difflib.unified_diff(yours.splitlines(), ours.splitlines(), f"yours/{name}", f"ours/{name}", lineterm="")
    text = "\n".join(lines)
    if text:
        out.print(Syntax(text, "diff", background_color="default", word_wrap=True))
    else:
        out.print(f"{name}: as ours")
