"""What we chose beside what we did not: variants of our own services, in turn with ours."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

import httpx
import psutil

from bench import environment, wrk
from bench.book import Bench, Point
from bench.choices.questions import QUESTIONS, Question
from bench.choices.variants import Running, Variant
from bench.counting import tasks
from bench.parts.drain import drain, put_back
from bench.parts.http import BODY
from bench.servers import python
from cli.errors import CliError, Failed
from drills.sides import SIDES
from drills.waiting import TooLate, wait_until_no_error

PART = "choices"
CONNECTIONS = 32
WARM_SECONDS = 1
WARM_WITHIN = 10.0
MESSAGES = 100_000
"""What a library for JSON reads and writes in a round."""
CODEC_TIMEOUT = 120.0
REASON_LETTERS = 400
FAILURES = (CliError, TooLate, OSError, subprocess.SubprocessError, psutil.Error, httpx.HTTPError)


def measure(bench: Bench) -> None:
    """One question after the other, the lab's own workers standing still."""
    for side in SIDES:
        bench.stage.stack.stop(side.worker)
    for question in QUESTIONS:
        if question.note:
            bench.notes.append(f"{question.name}: {question.note}")
        _posts(bench, question)
        _drains(bench, question)
        _codecs(bench, question)
        # What one question has stored must not be the next one's burden.
        with tasks(bench.stage.database) as collection:
            collection.drop()
    put_back(bench)


def _posts(bench: Bench, question: Question) -> None:
    """All the question's APIs run while one of them is loaded: what stands idle takes next to nothing."""
    with ExitStack() as stack:
        turns: dict[str, Callable[[], None]] = {}
        for variant in question.posts:
            one = Running(bench.stage, variant)
            if tried(bench, question, variant.name, partial(_start, stack, one)):
                turns[variant.name] = partial(_post, bench, question, one)
        _in_turn(bench, question, turns)


def _drains(bench: Bench, question: Question) -> None:
    found = [(variant, Running(bench.stage, variant)) for variant in question.drains]
    names = [f"{variant.name}, {variant.at:g} {question.axis}" for variant, _ in found]
    turns = [partial(_drain, bench, question, variant, one) for variant, one in found]
    _in_turn(bench, question, dict(zip(names, turns, strict=True)))


def _codecs(bench: Bench, question: Question) -> None:
    turns = {name: partial(_codec, bench, question, name, apart) for name, apart in question.codecs.items()}
    _in_turn(bench, question, turns)


def _in_turn(bench: Bench, question: Question, turns: Mapping[str, Callable[[], None]]) -> None:
    """Each once a round. What has failed in one round is not asked in the next."""
    for _ in bench.rounds() if turns else ():
        turns = {name: turn for name, turn in turns.items() if tried(bench, question, name, turn)}


def tried(bench: Bench, question: Question, name: str, action: Callable[[], None]) -> bool:
    """Whether a variant could do it; where not, that is noted, and the run goes on without the variant."""
    try:
        action()
    except FAILURES as error:
        said = " ".join(f"{error} {getattr(error, 'stderr', None) or ''}".split())[:REASON_LETTERS]
        bench.notes.append(f"{question.name}: {name} was left out ({said})")
        bench.tell(bench.notes[-1])
        return False
    return True


def _start(stack: ExitStack, one: Running) -> None:
    """It serves until the stack ends, and has answered a first load, which is not written down."""
    stack.enter_context(one.serving())
    # Each of its processes connects to the broker by itself, and refuses what comes before that.
    wait_until_no_error(lambda: wrk.post(one.url, CONNECTIONS, WARM_SECONDS, BODY), WARM_WITHIN, (Failed,))


def _post(bench: Bench, question: Question, one: Running) -> None:
    point, done = Point(PART, question.name, one.name, CONNECTIONS, "connections"), [0]
    bench.stage.broker.purge(one.queue)
    with bench.costs(point, one.processes(), lambda: done[0]):
        load = wrk.post(one.url, CONNECTIONS, bench.wish.seconds, BODY)
        done[0] = load.requests
    bench.book.load(point, load)
    bench.stage.broker.purge(one.queue)
    bench.tell(f"{question.name}, {one.name}: {load.rate:,.0f}/s, p95 {load.p95:.1f} ms")


def _drain(bench: Bench, question: Question, variant: Variant, one: Running) -> None:
    point = Point(PART, question.name, one.name, variant.at, question.axis)
    try:
        drained = drain(bench, one, bench.wish.sized(variant.most), 1, point)
    finally:
        one.stop_workers()
        bench.stage.broker.purge(one.queue)
    bench.tell(f"{question.name}, {one.name}, {variant.at:g} {question.axis}: {drained.rate:,.0f} tasks/s")


def _codec(bench: Bench, question: Question, library: str, apart: bool) -> None:
    """In a process of its own for each library, ours too: nothing else of the bench is in it."""
    found = environment.of_choices(bench.stage.lab.root) if apart else sys.executable
    command = python(("bench.choices.codec_times", library, str(bench.wish.sized(MESSAGES))), found)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=CODEC_TIMEOUT)
    for name, microseconds in json.loads(done.stdout).items():
        bench.book.put(Point(PART, question.name, library), f"{name} a message", "µs", microseconds)
        bench.tell(f"{question.name}, {library}: {microseconds:.2f} µs to {name} a message")
