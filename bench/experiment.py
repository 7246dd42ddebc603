"""``./lab bench work --lesson``: a student's prediction is recorded, and then it is measured, on the lab that runs."""

import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.beside import Beside, beside
from bench.book import Book, Point, Wish
from bench.measure import Results, as_json
from bench.parts.work import PART
from bench.table import tables
from cli import ways
from cli.compose import ComposeStack
from cli.config import Lab
from cli.console import out, say
from cli.course import checking, course, work
from cli.errors import Broken, CliError, Failed, WrongUse
from cli.native import NativeStack
from cli.requirements import install
from core.task import Work
from drills.campaign import machine
from drills.run import BREAKS
from drills.sides import SIDES
from drills.stage import around
from lessons.kit.experiment import CASES, PREDICTION, RUN, is_whole, predicted, read, sealed
from lessons.kit.experiment import as_json as cases_as_json
from lessons.kit.place import Place
from lessons.kit.verdict import NotYet

LESSON = "10"
NEEDS = ("mongo", "rabbitmq")
COUNT = 40
"""So many tasks each time: one after the other, the slowest of them take one second."""
FEWEST = 20


def experiment(lab: Lab, wish: Wish, into: Path | None = None) -> None:
    """Writes the run and its picture into the student's folder; WrongUse where there is no prediction yet."""
    if os.name == "nt":
        what = "the lab's workers are programs for Linux and macOS: on Windows itself they do not run"
        raise Broken(what, part="bench", mend="In WSL, from the same folder: ./lab bench work --lesson")
    known = course.load(lab)
    lesson = known.find(LESSON)
    folder = into or work.begin(lesson, known.home)
    prediction = record(folder)
    say(f"your prediction is recorded as it is now: {course.shown(folder / PREDICTION)}")
    place = known.place(lab, lesson, checking.well(lab, NEEDS))
    results = _measured(lab, place, wish)
    for each in tables(results):
        out.print(each)
    _write(folder, results, {"student": place.student, "predictions": [*_earlier(folder), prediction]})
    _draw(folder, results)


def record(folder: Path) -> dict[str, str]:
    """The prediction as it is at this moment, and when that was; WrongUse where it is not complete."""
    try:
        predicted(read(folder, PREDICTION))
    except NotYet as missing:
        what = f"there is no prediction that could be recorded: expected {missing.expected}, and it is {missing.seen}"
        mend = f"Fill in {course.shown(folder / PREDICTION)}: afterwards it would be no prediction."
        raise WrongUse(what, part="bench", mend=mend) from missing
    return {"at": _now(), "text": (folder / PREDICTION).read_text(encoding="utf-8")}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _earlier(folder: Path) -> list[Any]:
    """What was predicted before earlier runs: a second prediction does not undo the first."""
    try:
        found = read(folder, RUN)
    except NotYet:
        return []
    return list(found["predictions"]) if is_whole(found) else []


def _measured(lab: Lab, place: Place, wish: Wish) -> Results:
    """The workers of both twins run, each on a queue of its own, and take turns; Failed where one does not go on."""
    stack = ways.running(lab)
    assert isinstance(stack, NativeStack | ComposeStack)
    place.scratch.mkdir(parents=True, exist_ok=True)
    begun, book = time.monotonic(), Book()
    try:
        with around(lab, stack) as stage, ExitStack() as both:
            both.callback(place.delete)
            pair = [both.enter_context(beside(place, side, stage.database.uri)) for side in SIDES]
            measure(book, pair, wish, lambda line: say(f"[dim]{time.monotonic() - begun:6.0f} s[/]  {line}"))
            about = machine(stage)
    except CliError:
        raise
    except BREAKS as error:
        what = f"the measurement broke off: {type(error).__name__}: {error}"
        raise Failed(what, part="bench", mend="./lab status, and then the same again.") from error
    return Results(book.series(), [], about, time.monotonic() - begun, book.notes)


def measure(book: Book, pair: list[Beside], wish: Wish, tell: Callable[[str], None]) -> None:
    """Each case, each worker, round after round: a slow minute of this computer is slow for both."""
    count = max(FEWEST, int(COUNT * wish.size))
    for number in range(1, wish.rounds + 1):
        for name, case in CASES.items():
            rates = {one.side.name: one.rate(count, Work(case.io_ms, case.cpu_ms)) for one in pair}
            for twin, rate in rates.items():
                book.put(Point(PART, name, twin), "tasks/s", "1/s", rate)
            told = ", ".join(f"{twin} {rate:,.0f}" for twin, rate in rates.items())
            tell(f"round {number} of {wish.rounds}, {name}: {told} tasks/s")


def _write(folder: Path, results: Results, more: dict[str, Any]) -> None:
    """The run, sealed."""
    # As it will be read: what JSON does not know becomes what it does.
    document = json.loads(json.dumps({**as_json(results), "cases": cases_as_json(), **more}))
    path = folder / RUN
    path.write_text(json.dumps(sealed(document), indent=1) + "\n", encoding="utf-8")
    say(f"written: {course.shown(path)}")


def _draw(folder: Path, results: Results) -> None:
    """The picture; without the library that draws it there is none, and the figures are there all the same."""
    try:
        install("drills/requirements.txt")
    except Broken as error:
        say(f"[yellow]no picture:[/] {error}")
        return
    from bench.plots import draw  # It needs a plotting library, which is installed only where it is used.

    for path in draw(results, folder):
        say(f"drawn: {course.shown(path)}")
