"""A lesson that has changed since it was passed: its pass is forgotten only by whoever has it."""

from rich.prompt import Confirm

from cli.console import err, say
from cli.course.course import Course
from cli.course.lesson import Lesson
from cli.language import _


def settle(known: Course, lesson: Lesson) -> None:
    """Asks, where the lesson has changed, whether the pass is to be forgotten; where nobody can be asked, it stays."""
    if not known.has_changed(lesson):
        return
    passed = known.marks[lesson.name].passed
    told = _("Lesson {number:02d} has changed since you passed it on {day}.").format(number=lesson.number, day=passed)
    say(f"[yellow]{told}[/]")
    if not err.is_terminal:
        say(_("Your pass is kept."))
    elif Confirm.ask(_("Forget that pass, and do the lesson again?"), default=False, console=err):
        known.note(lesson, passed="", digest="")
    else:
        known.note(lesson, digest=lesson.digest)
