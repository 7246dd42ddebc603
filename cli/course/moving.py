"""The beginning or the end of a lesson: files, queues and data. And the student's programs, run beside the lab."""

import subprocess
import sys

from rich.markup import escape
from rich.prompt import Confirm

from cli import ways
from cli.config import Lab
from cli.console import err, out, say
from cli.course import checking, course, work
from cli.course.course import Course
from cli.course.lesson import CHECK, SOLUTION, STARTER, Lesson
from cli.course.told import told
from cli.errors import Broken, Failed, WrongUse
from cli.language import _, later
from lessons.kit import hops, steps
from lessons.kit.place import Place
from lessons.kit.verdict import CannotJudge, NotYet

NAMES = {STARTER: later("beginning"), SOLUTION: later("end")}


def go(lab: Lab, wished: str, part: str, yes: bool) -> None:
    """Files, queues and data are those of the lesson's beginning or end; what the student had is kept first."""
    known = course.load(lab)
    lesson = known.find(wished)
    _ask(known, lesson, yes)
    back = work.keep(lesson, known.home)
    folder = work.place(lesson, known.home)
    work.put(lesson.part(part), folder)
    course.open_(lab, lesson)
    holds = _("{folder} holds the {part} of lesson {number:02d}.")
    out.print(holds.format(folder=course.shown(folder), part=_(NAMES[part]), number=lesson.number), soft_wrap=True)
    if back:
        out.print(f"{_('What was there is kept. It comes back with:')} {escape(back)}", soft_wrap=True)
    _set_the_stage(lab, known, lesson, part)


def _ask(known: Course, lesson: Lesson, yes: bool) -> None:
    """Failed where the student does not want it; work that is the starter's still is not asked about."""
    if yes or work.is_untouched(lesson, known.home):
        return
    if not err.is_terminal:
        raise WrongUse(_("there is nobody to ask"), part="course", mend=_("Add --yes"))
    question = _("Replace your files of lesson {number:02d}? They are kept in git").format(number=lesson.number)
    if not Confirm.ask(question, console=err):
        raise Failed(_("nothing was changed"), part="course")


def _set_the_stage(lab: Lab, known: Course, lesson: Lesson, part: str) -> None:
    """Queues and data, where the lab runs to hold them."""
    stack = ways.current(lab)
    if stack is None:
        say(_("The lab is not running, so its queues and data are as they were: ./lab up, and then this again."))
        return
    place = known.place(lab, lesson, stack.addresses())
    try:
        _make(lesson, place, part)
    except CannotJudge as error:
        raise Broken(told(str(error)), mend=told(error.mend)) from error
    except NotYet as error:
        what = _("expected {expected}; seen: {seen}").format(expected=told(error.expected), seen=told(error.seen))
        raise Failed(what, part=course.called(lesson)) from error
    for line in [*(hops.queue(place, name) for name in place.queues()), hops.collection(place)]:
        out.print(f"  {escape(told(line))}", soft_wrap=True)


def _make(lesson: Lesson, place: Place, part: str) -> None:
    place.clean()
    made = steps.stage(lesson.folder / CHECK, "begin" if part == STARTER else "end", place)
    if part == SOLUTION and not made:
        checking.judge(lesson, place, leave=True)


def run(lab: Lab, file: str, arguments: list[str]) -> int:
    """Runs a program of the present lesson, told what its check tells it; the program's own exit code.

    Where nothing is in the student's queue, it is filled as at the lesson's beginning.
    """
    known = course.load(lab)
    lesson = known.now
    folder = work.begin(lesson, known.home)
    if not (folder / file).is_file():
        there = ", ".join(path.name for path in sorted(folder.glob("*.py")))
        what = _("there is no {file} in {folder}").format(file=file, folder=course.shown(folder))
        raise WrongUse(what, part="run", mend=_("There is {files}.").format(files=there))
    place = known.place(lab, lesson, ways.running(lab).addresses())
    place.scratch.mkdir(parents=True, exist_ok=True)
    try:
        queue = place.look()
        if queue is None or not (queue.ready or queue.consumers):
            steps.stage(lesson.folder / CHECK, "begin", place)
    except CannotJudge as error:
        raise Broken(told(str(error)), mend=told(error.mend)) from error
    command = [sys.executable, file, *arguments]
    with subprocess.Popen(command, cwd=folder, env=place.full_environ) as process:
        return _ended(process)


def _ended(process: "subprocess.Popen[bytes]") -> int:
    """Its exit code. Ctrl-C reaches the program as well: it may finish what it has begun, until a second one."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.kill()
            return process.wait()
