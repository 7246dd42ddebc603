"""Lessons in the terminal: the text, the hints, the progress, the answer."""

import difflib
import re
from pathlib import Path

from rich.markup import escape
from rich.syntax import Syntax

from cli.config import Lab
from cli.console import out, say, table
from cli.course import changes, course, progress, showing, translation, work
from cli.course.lesson import LEVELS, SOLUTION, Lesson
from cli.errors import Failed
from cli.language import _, later

FOLDED = re.compile(r"<details>\s*<summary>(?P<question>.*?)</summary>(?P<answer>.*?)</details>", re.DOTALL)
SHOWN = "http://localhost/"
STARS = {1: later("easy"), 2: later("medium"), 3: later("hard")}


def task(lab: Lab, wished: str | None, answers: bool) -> None:
    """Shows a lesson, and puts its starter into ``work/`` where that is not there."""
    known = course.load(lab)
    lesson = known.find(wished)
    changes.settle(known, lesson)
    folder = work.begin(lesson, known.home)
    course.open_(lab, lesson)
    files = course.shown(folder)
    text = unfolded(_text(lesson), answers).replace(SHOWN, f"{lab.http}/").replace(f"work/{lesson.name}", files)
    showing.page(text)
    yours, then, stuck = _("Your files:"), _("then:"), _("stuck:")
    out.print(f"[dim]{yours}[/] {escape(files)}/   [dim]{then}[/] ./lab check   [dim]{stuck}[/] ./lab hint")


def _text(lesson: Lesson) -> str:
    """In the language that is spoken, else in English, and that is said."""
    found = translation.text(lesson)
    if not found:
        say(_("This lesson is not translated yet; here it is in English."))
    return found or lesson.text


def unfolded(text: str, answers: bool) -> str:
    """The text without HTML: an answer stands under its question, or is left out."""

    def shown(match: re.Match[str]) -> str:
        think = _("*Think first;* `./lab task --answers` *shows the answer.*")
        answer = match["answer"].strip() if answers else think
        return f"**{match['question'].strip()}**\n\n{answer}\n"

    return re.sub(r"<!--.*?-->\n?", "", FOLDED.sub(shown, text), flags=re.DOTALL)


def hint(lab: Lab, wished: str | None) -> None:
    """The next hint, and those that were read before; the level is remembered."""
    known = course.load(lab)
    lesson = known.find(wished)
    level = min(known.mark(lesson).hints + 1, LEVELS)
    known.note(lesson, hints=level)
    for number, text in enumerate(translation.words(lesson).hints[:level], start=1):
        showing.paragraph(f"{_of(number)}  ", text)
    if level == LEVELS:
        out.print(f"[dim]{_('That was the last one.')}[/]")


def overview(lab: Lab) -> None:
    """Every lesson, and how far this student is."""
    known = course.load(lab)
    made = table("", _("lesson"), _("minutes"), "", _("passed"), _("hints"))
    for lesson in known.lessons:
        mark = known.mark(lesson)
        changed = f"[yellow]{_('changed')}[/]" if known.has_changed(lesson) else ""
        sign = "[green]✓[/]" if known.is_passed(lesson) else changed
        here = "[bold]→[/]" if lesson == known.now else ""
        title = f"{lesson.number:02d} {escape(translation.words(lesson).title)}"
        made.add_row(
            here, title, str(lesson.minutes), _(STARS[lesson.difficulty]), f"{sign} {mark.passed}", _hints(mark)
        )
    out.print(made)
    out.print(f"\n{_('Next:')} {next_step(known)}", soft_wrap=True)


def _hints(mark: progress.Mark) -> str:
    return _of(mark.hints) if mark.hints else ""


def _of(number: int) -> str:
    return _("{number} of {all}").format(number=number, all=LEVELS)


def where(known: course.Course) -> str:
    """Where the student is, in a sentence."""
    passed = sum(map(known.was_passed, known.lessons))
    if not passed and not known.opened:
        return _("you have not begun")
    title, now = (
        translation.words(known.now).title,
        _("you are in lesson {number:02d}, {title}; {passed} of {all} passed"),
    )
    return now.format(number=known.now.number, title=title, passed=passed, all=len(known.lessons))


def next_step(known: course.Course) -> str:
    """What to type now."""
    lesson = known.next if known.was_passed(known.now) else known.now
    if lesson is None:
        return _("all lessons are passed; ./lab check --previous checks them again.")
    number = f"{lesson.number:02d}"
    folder = work.place(lesson, known.home)
    if not folder.exists():
        return f"./lab task {number}"
    return _("./lab check {number} (files: {folder}/)").format(number=number, folder=course.shown(folder))


def solve(lab: Lab, wished: str | None) -> None:
    """Our answer, as what differs from the student's; Failed before the lesson is passed."""
    known = course.load(lab)
    lesson = known.find(wished)
    if not known.was_passed(lesson):
        what = _("it is shown once the lesson is passed")
        raise Failed(what, part="solve", mend=f"./lab hint {lesson.number:02d}")
    for name, ours in lesson.part(SOLUTION).items():
        _compare(work.place(lesson, known.home) / name, name, ours.decode())


def _compare(own: Path, name: str, ours: str) -> None:
    yours = own.read_text(encoding="utf-8") if own.exists() else ""
    lines = difflib.unified_diff(
        yours.splitlines(), ours.splitlines(), f"{_('yours')}/{name}", f"{_('ours')}/{name}", lineterm=""
    )
    text = "\n".join(lines)
    if text:
        out.print(Syntax(text, "diff", background_color="default", word_wrap=True))
    else:
        out.print(_("{name}: as ours").format(name=name))
