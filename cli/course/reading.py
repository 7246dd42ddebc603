"""Lessons in the terminal: the text, the hints, the progress, the answer."""

import difflib
import re
from pathlib import Path

from rich.markdown import Markdown
from rich.markup import escape
from rich.prompt import Confirm
from rich.syntax import Syntax

from cli.config import Lab
from cli.console import err, out, say, table
from cli.course import course, progress, work
from cli.course.lesson import LEVELS, SOLUTION, STARTER
from cli.errors import Failed, WrongUse

FOLDED = re.compile(r"<details>\s*<summary>(?P<question>.*?)</summary>(?P<answer>.*?)</details>", re.DOTALL)
SHOWN = "http://localhost/"
WIDTH = 110
"""Wider lines are hard to read."""
STARS = {1: "easy", 2: "medium", 3: "hard"}


def task(lab: Lab, wished: str | None, answers: bool) -> None:
    """Shows a lesson, and puts its starter into ``work/`` where that is not there."""
    known = course.load(lab)
    lesson = known.find(wished)
    folder = work.begin(lesson, known.home)
    course.open_(lab, lesson)
    if known.has_changed(lesson):
        say(
            f"[yellow]Lesson {lesson.number:02d} has changed since you passed it.[/] Your pass is kept; check it again."
        )
    text = unfolded(lesson.text, answers).replace(SHOWN, f"{lab.http}/")
    out.print(Markdown(text), width=min(out.width, WIDTH))
    out.print(f"\n[dim]Your files:[/] work/{folder.name}/   [dim]then:[/] ./lab check   [dim]stuck:[/] ./lab hint")


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
        out.print(f"[bold]{number} of {LEVELS}[/]  {escape(text)}", soft_wrap=True)
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
    out.print(f"\n{next_step(known)}", soft_wrap=True)


def _hints(mark: progress.Mark) -> str:
    return f"{mark.hints} of {LEVELS}" if mark.hints else ""


def next_step(known: course.Course) -> str:
    """What to type now."""
    lesson = known.next
    if lesson is None:
        return "All lessons are passed. ./lab check --previous checks them again."
    number = f"{lesson.number:02d}"
    begun = work.place(lesson, known.home).exists()
    return f"Next: ./lab check {number} (files: work/{lesson.name}/)" if begun else f"Next: ./lab task {number}"


def reset(lab: Lab, wished: str, yes: bool, part: str = STARTER) -> None:
    """The student's files are the starter's again (or the solution's); what they were is kept first."""
    known = course.load(lab)
    lesson = known.find(wished)
    if not work.is_untouched(lesson, known.home) and not yes:
        if not err.is_terminal:
            raise WrongUse("there is nobody to ask", part="reset", mend=f"./lab reset {wished} --yes")
        if not Confirm.ask(f"Replace your files in work/{lesson.name}? They are kept in git", console=err):
            raise Failed("nothing was changed", part="reset")
    back = work.keep(lesson, known.home)
    work.put(lesson.part(part), work.place(lesson, known.home))
    course.open_(lab, lesson)
    out.print(
        f"work/{lesson.name} holds the {'beginning' if part == STARTER else 'end'} of lesson {lesson.number:02d}."
    )
    if back:
        out.print(f"What was there is kept. It comes back with: {back}", soft_wrap=True)


def solve(lab: Lab, wished: str | None) -> None:
    """Our answer, as what differs from the student's; Failed before the lesson is passed."""
    known = course.load(lab)
    lesson = known.find(wished)
    if not known.is_passed(lesson):
        raise Failed("it is shown once the lesson is passed", part="solve", mend=f"./lab hint {lesson.number:02d}")
    for name, ours in lesson.part(SOLUTION).items():
        _compare(work.place(lesson, known.home) / name, name, ours.decode())


def _compare(own: Path, name: str, ours: str) -> None:
    yours = own.read_text(encoding="utf-8") if own.exists() else ""
    lines = difflib.unified_diff(yours.splitlines(), ours.splitlines(), f"yours/{name}", f"ours/{name}", lineterm="")
    text = "\n".join(lines)
    if text:
        out.print(Syntax(text, "diff", background_color="default"))
    else:
        out.print(f"{name}: as ours")
