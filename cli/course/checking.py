"""``./lab check``: what the student's work does already, and what not yet."""

import time
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from cli import probe, waiting, ways
from cli.config import Lab
from cli.console import out, say
from cli.course import changes, course, showing, translation, work
from cli.course.course import Course
from cli.course.lesson import CHECK, Lesson
from cli.course.told import told
from cli.errors import Broken, Failed
from cli.language import _
from cli.stack import SERVICES
from lessons.kit import steps
from lessons.kit.place import Place
from lessons.kit.steps import Finding
from lessons.kit.verdict import CannotJudge

LOOK_AGAIN = 0.3


@dataclass(frozen=True)
class Wish:
    """What to check, and how."""

    lesson: str | None = None
    watch: bool = False
    previous: bool = False
    repeat: int = 1
    as_json: bool = False


def check(lab: Lab, wish: Wish) -> None:
    """Failed where something is not yet right; Broken where the lab itself is not well, so that this cannot be said."""
    known = course.load(lab)
    lesson = known.find(wish.lesson)
    while True:
        before = _state(work.place(lesson, known.home))
        try:
            _check_all(lab, known, lesson, wish)
        except Failed as failed:
            if not wish.watch:
                raise
            say(f"{failed}")
        if not wish.watch:
            return
        _wait_for_change(work.place(lesson, known.home), before)


def _check_all(lab: Lab, known: Course, lesson: Lesson, wish: Wish) -> None:
    """One lesson, or everything that was passed; Failed, with the first mend, after all of them were looked at."""
    chosen = [one for one in known.lessons if known.was_passed(one)] if wish.previous else [lesson]
    if not chosen:
        say(_("No lesson is passed yet."))
    failed = [problem for one in chosen if (problem := _check(lab, known, one, wish))]
    if failed:
        raise failed[0]


def _check(lab: Lab, known: Course, lesson: Lesson, wish: Wish) -> Failed | None:
    title = escape(translation.words(lesson).title)
    say(_("Checking {number:02d} {title} …").format(number=lesson.number, title=title))
    try:
        findings = _judged(lab, known, lesson, wish)
    except Broken as error:
        if wish.as_json:
            showing.as_json(lesson, None, str(error))
        raise
    known.note_attempt(lesson)
    if findings[-1].state != "passed":
        if not wish.as_json:
            changes.settle(known, lesson)
        return Failed(_("not yet"), part=course.called(lesson), mend=f"./lab hint {lesson.number:02d}")
    _pass(known, lesson, wish)
    return None


def _judged(lab: Lab, known: Course, lesson: Lesson, wish: Wish) -> list[Finding]:
    """What the last attempt found: the first that did not pass, or all that were wished."""
    work.begin(lesson, known.home)
    addresses, lives = well(lab, lesson.needs), _lives(lab)
    for attempt in range(wish.repeat):
        findings = judge(lesson, known.place(lab, lesson, addresses, attempt))
        if findings[-1].state != "passed":
            _was_well(lab, lesson, lives)
        (showing.as_json if wish.as_json else showing.findings)(lesson, findings)
        if findings[-1].state != "passed":
            break
    return findings


def well(lab: Lab, needs: tuple[str, ...] = SERVICES) -> dict[str, object]:
    """Where the lab is; Broken, with the part, where it does not run, or one of these services is not well."""
    stack = ways.current(lab)
    if stack is None:
        raise Broken(_("the lab is not running, so nothing can be checked"), mend="./lab up")
    targets = [one for one in probe.targets(lab, stack) if one.name.partition("-")[0] in needs]
    missing = waiting.check(targets)
    if missing:
        what = "\n".join(f"{name}: {told(why)}" for name, why in missing.items())
        mend = "\n".join(f"./lab start {name.partition('-')[0]}" for name in missing)
        raise Broken(f"{_('the lab is not well, so nothing can be checked')}\n{what}", mend=mend)
    return stack.addresses()


def _was_well(lab: Lab, lesson: Lesson, lives: dict[str, int]) -> None:
    """Broken where the lab was not well while the check ran: an outage is no wrong answer."""
    well(lab, lesson.needs)
    changed = sorted(name for name, pid in _lives(lab).items() if name in lesson.needs and lives.get(name) != pid)
    if changed:
        what = _("{services} was restarted while the check ran, so nothing can be said about your work")
        raise Broken(what.format(services=", ".join(changed)), mend=f"./lab check {lesson.number:02d}")


def _lives(lab: Lab) -> dict[str, int]:
    """The first process of each service: another one is another life."""
    stack = ways.current(lab)
    found = stack.services() if stack else []
    return {one.label: one.processes[0].pid for one in found if one.processes}


def judge(lesson: Lesson, place: Place, leave: bool = False) -> list[Finding]:
    """What each step of a lesson's check finds in a place; Broken where that cannot be said.

    ``leave``: the queues and data that the check has made stay afterwards.
    """
    try:
        looks = steps.load(lesson.folder / CHECK)
        place.clean()
        try:
            return list(steps.run(looks, place))
        finally:
            if not leave:
                place.clean()
    except CannotJudge as error:
        what = _("nothing can be checked: {why}").format(why=told(str(error)))
        raise Broken(what, part="lab", mend=told(error.mend)) from error


def _pass(known: Course, lesson: Lesson, wish: Wish) -> None:
    if not known.is_passed(lesson):
        known.note_pass(lesson)
    if not wish.as_json:
        number = f"{lesson.number:02d}"
        passed = _("Lesson {number} is passed.").format(number=number)
        out.print(f"[green]{passed}[/] {_('./lab solve {number} shows our answer.').format(number=number)}")
        after = lesson.number + 1
        if any(one.number == after for one in known.lessons) and not wish.previous:
            out.print(_("The next: ./lab task {number:02d}").format(number=after))


def _state(folder: Path) -> dict[Path, float]:
    return {path: path.stat().st_mtime for path in folder.rglob("*") if path.is_file()} if folder.exists() else {}


def _wait_for_change(folder: Path, before: dict[Path, float]) -> None:
    say(_("waiting for a change … (Ctrl-C ends)"))
    while _state(folder) == before:
        time.sleep(LOOK_AGAIN)
