"""``./lab check``: what the student's work does already, and what not yet."""

import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.markup import escape

from cli import probe, waiting, ways
from cli.config import Lab
from cli.console import out, say
from cli.course import course, work
from cli.course.course import Course
from cli.course.lesson import CHECK, Lesson
from cli.errors import Broken, Failed
from lessons.kit import steps
from lessons.kit.place import Place
from lessons.kit.steps import Finding
from lessons.kit.verdict import CannotJudge

SIGNS = {"passed": "[green]✓[/]", "not yet": "[red]✗[/]", "not reached": "[dim]·[/]"}
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
    chosen = [one for one in known.lessons if known.is_passed(one)] if wish.previous else [lesson]
    while True:
        before = _state(work.place(lesson, known.home))
        try:
            for one in chosen:
                _check(lab, known, one, wish)
        except Failed as failed:
            if not wish.watch:
                raise
            say(f"{failed}")
        if not wish.watch:
            return
        _wait_for_change(work.place(lesson, known.home), before)


def _check(lab: Lab, known: Course, lesson: Lesson, wish: Wish) -> None:
    say(f"Checking {lesson.number:02d} {escape(lesson.title)} …")
    folder = work.begin(lesson, known.home)
    addresses = well(lab)
    scratch = lab.state / "course" / lesson.name
    for attempt in range(wish.repeat):
        place = Place(known.student, lesson.number, folder, scratch, addresses, attempt)
        findings = judge(lesson, place)
        _show(lesson, findings, wish.as_json)
        if findings[-1].state != "passed":
            raise Failed("not yet", part=f"lesson {lesson.number:02d}", mend=f"./lab hint {lesson.number:02d}")
    _pass(known, lesson, wish)


def well(lab: Lab) -> dict[str, object]:
    """Where the lab is; Broken, with the part, where it does not run or is not well."""
    stack = ways.current(lab)
    if stack is None:
        raise Broken("the lab is not running, so nothing can be checked", mend="./lab up")
    missing = waiting.check(probe.targets(lab, stack))
    if missing:
        what = "\n".join(f"{name}: {why}" for name, why in missing.items())
        mend = "\n".join(f"./lab start {name.partition('-')[0]}" for name in missing)
        raise Broken(f"the lab is not well, so nothing can be checked\n{what}", mend=mend)
    return stack.addresses()


def judge(lesson: Lesson, place: Place) -> list[Finding]:
    """What each step of a lesson's check finds in a place; Broken where that cannot be said."""
    try:
        looks = steps.load(lesson.folder / CHECK)
        place.clean()
        try:
            return list(steps.run(looks, place))
        finally:
            place.clean()
    except CannotJudge as error:
        raise Broken(f"nothing can be checked: {error}", part="lab", mend=error.mend) from error


def _show(lesson: Lesson, findings: list[Finding], as_json: bool) -> None:
    if as_json:
        told = {"lesson": lesson.name, "passed": findings[-1].state == "passed", "steps": list(map(asdict, findings))}
        out.out(json.dumps(told, indent=1, ensure_ascii=False), highlight=False)
        return
    for one in findings:
        out.print(f"  {SIGNS[one.state]} {escape(one.sentence)}", soft_wrap=True)
        for name, text in (("expected", one.expected), ("seen", one.seen), ("now", one.hop)):
            for number, line in enumerate(text.splitlines()):
                out.print(f"      [dim]{name if not number else '':<9}[/]{escape(line)}", soft_wrap=True)


def _pass(known: Course, lesson: Lesson, wish: Wish) -> None:
    if not known.is_passed(lesson):
        known.note(lesson, passed=datetime.now(UTC).date().isoformat(), digest=lesson.digest)
    if not wish.as_json:
        out.print(f"[green]Lesson {lesson.number:02d} is passed.[/] ./lab solve {lesson.number:02d} shows our answer.")
        after = lesson.number + 1
        if any(one.number == after for one in known.lessons):
            out.print(f"The next: ./lab task {after:02d}")


def _state(folder: Path) -> dict[Path, float]:
    return {path: path.stat().st_mtime for path in folder.rglob("*") if path.is_file()} if folder.exists() else {}


def _wait_for_change(folder: Path, before: dict[Path, float]) -> None:
    say("waiting for a change … (Ctrl-C ends)")
    while _state(folder) == before:
        time.sleep(LOOK_AGAIN)
