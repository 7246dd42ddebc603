"""Whether worker.py tells what it does in figures and lines that help, and whether its alerts fire when they must."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pika
from prometheus_client.parser import text_string_to_metric_families

from lessons.kit import hops, promtool
from lessons.kit.place import Place
from lessons.kit.ports import free_port
from lessons.kit.program import Running, wait_until
from lessons.kit.prometheus import prometheus
from lessons.kit.promtool import EVERY, Scenario
from lessons.kit.steps import step
from lessons.kit.verdict import CannotJudge, NotYet, expect
from lessons.kit.waiting import settled, until

FILE, RULES = "worker.py", "rules.yml"
TASKS, TIMES = "worker_tasks_total", "worker_queue_seconds"
DONE, DEAD = "done", "dead"
POISON = b"Water the plants"
FORGED = '"3"\nall is well'
"""In an id: would it be a line of its own in the log?"""
STARTS_WITHIN = 40.0
QUIET = 15.0
"""Figures that have not changed for so many seconds will not change any more."""
FIRES_WITHIN = 60.0
GOOD, SOME = 30, 10
COUNTED = 'sum(worker_tasks_total{outcome="done"})'
LIMIT = 5.0
WAITED = (0.0, 1.0, 20.0, 45.0)
"""Seconds that tasks have waited already when they are sent."""
Series = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Sent:
    """One message."""

    id: str
    body: bytes
    waited: float = 0.0
    traceparent: str = ""


@dataclass
class Worker:
    """The student's worker, as Prometheus meets it."""

    running: Running
    port: int

    def text(self) -> str:
        """What it tells; empty where it does not answer."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5, trust_env=False)
        except httpx.HTTPError:
            return ""
        return answer.text if answer.is_success else ""

    def series(self) -> Series:
        """Each series by its name and labels, of those that this lesson is about."""
        return {
            (sample.name, json.dumps(dict(sample.labels), sort_keys=True)): sample.value
            for family in _families(self.text())
            for sample in family.samples
            if sample.name.startswith("worker_")
        }

    def count(self, outcome: str) -> float:
        """How many tasks were settled so; -1 where it does not tell."""
        found = [
            sample.value
            for family in _families(self.text())
            for sample in family.samples
            if sample.name == TASKS and sample.labels.get("outcome") == outcome
        ]
        return sum(found) if found else -1.0


def _families(text: str) -> list[Any]:
    try:
        return list(text_string_to_metric_families(text))
    except ValueError as error:
        raise NotYet("figures that Prometheus can read at /metrics", str(error)) from error


def begin(place: Place) -> None:
    """A queue with dead letters; some tasks, and one that is none."""
    _declare(place)
    _send(place, [*_tasks(place, 5), Sent(f"{place.word}-poison", POISON)])


def end(place: Place) -> None:
    """All of them settled."""
    begin(place)
    with _worker(place) as worker:
        settled(lambda: worker.count(DONE) + worker.count(DEAD), lambda found: found == 6, QUIET)


def _declare(place: Place) -> None:
    place.clean()
    letters = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{place.queue}.dead"}
    with place.channel() as channel:
        channel.queue_declare(f"{place.queue}.dead", durable=True)
        channel.queue_declare(place.queue, durable=True, arguments=letters)


def _tasks(place: Place, count: int) -> list[Sent]:
    body = json.dumps({"io_ms": 2}).encode()
    return [Sent(f"{place.word}-{number}", body) for number in range(count)]


def _send(place: Place, messages: Sequence[Sent]) -> None:
    with place.channel() as channel:
        channel.confirm_delivery()
        for one in messages:
            headers: dict[str, Any] = {"sent_ms": round((time.time() - one.waited) * 1000)}
            if one.traceparent:
                headers["traceparent"] = one.traceparent
            channel.basic_publish("", place.queue, one.body, pika.BasicProperties(message_id=one.id, headers=headers))


@contextmanager
def _worker(place: Place) -> Iterator[Worker]:
    port = free_port()
    with place.running(FILE, str(port)) as running:
        worker = Worker(running, port)
        what = "worker.py answers at /metrics on the port that it was given"
        wait_until(running, worker.text, what, STARTS_WITHIN)
        yield worker


def _settle(place: Place, worker: Worker, messages: Sequence[Sent]) -> None:
    """Sends them, and waits until the queue is empty and all of them are counted, or nothing changes any more."""
    before = worker.count(DONE) + worker.count(DEAD)
    _send(place, messages)

    def counted() -> float:
        return worker.count(DONE) + worker.count(DEAD) - before

    settled(lambda: (counted(), len(worker.running.said())), lambda found: found[0] >= len(messages), QUIET)
    worker.running.must_run()


@step("its figures are there before the first task, each with nought")
def begins(place: Place) -> None:
    """What was never told has no increase."""
    _declare(place)
    with _worker(place) as worker:
        text = worker.text()
    kinds = {family.name.removesuffix("_total"): family.type for family in _families(text)}
    _expect_kind(kinds, "worker_tasks", "counter")
    _expect_kind(kinds, TIMES, "histogram")
    there = {
        sample.labels.get("outcome"): sample.value
        for family in _families(text)
        for sample in family.samples
        if sample.name == TASKS
    }
    seen = ", ".join(f"{outcome}: {value:g}" for outcome, value in there.items()) or "no outcome at all"
    expect(there == {DONE: 0, DEAD: 0}, f"{TASKS} with the outcomes done and dead, both 0", seen)


def _expect_kind(kinds: Mapping[str, str], name: str, kind: str) -> None:
    told = f"{name}_total" if name == "worker_tasks" else name
    seen = f"it is a {kinds[name]}" if name in kinds else f"there are only {', '.join(sorted(kinds)) or 'none'}"
    expect(kinds.get(name) == kind, f"{told}, and it is a {kind}", seen)


@step("each task counts once, under its outcome, and no figure knows which task it was")
def counts(place: Place) -> None:
    """As many series afterwards as before."""
    _declare(place)
    dead = place.random.randint(2, 4)
    messages = [*_tasks(place, GOOD), *(Sent(f"{place.word}-poison-{number}", POISON) for number in range(dead))]
    place.random.shuffle(messages)
    with _worker(place) as worker:
        before = worker.series()
        _settle(place, worker, messages)
        after, seen = worker.series(), f"done {worker.count(DONE):g}, dead {worker.count(DEAD):g}"
    new = [f"{name}{labels}" for name, labels in after if (name, labels) not in before]
    what = f"as many series after {len(messages)} tasks as before the first: {len(before)}"
    expect(not new, what, f"{len(after)}, such as {''.join(new[:1])}: one more for each task, for ever")
    found = tuple(after.get((TASKS, json.dumps({"outcome": one})), -1.0) for one in (DONE, DEAD))
    expect(found == (GOOD, dead), f"done {GOOD}, dead {dead}", seen, hops.queue(place))


@step("how long tasks have waited is told in seconds, with an edge at 5 s and room for a minute")
def measures(place: Place) -> None:
    """Some were sent a while ago, they say."""
    _declare(place)
    body = json.dumps({"io_ms": 0}).encode()
    messages = [Sent(f"{place.word}-{seconds:g}", body, waited=seconds) for seconds in WAITED]
    with _worker(place) as worker:
        begun = time.time()
        _settle(place, worker, messages)
        later = time.time() - begun
        series = worker.series()
    total = series.get((f"{TIMES}_sum", "{}"), -1.0)
    seen = f"{total:g} s, a thousand times too much" if total > 500 * sum(WAITED) else f"{total:g} seconds"
    what = f"{sum(WAITED):g} s or little more, for tasks that have waited for {_listed(WAITED)} s"
    # Beside what they have waited already, at most as long as all of this has taken; a clock has milliseconds.
    expect(sum(WAITED) - 0.1 <= total <= sum(WAITED) + len(WAITED) * (later + 0.1), what, seen)
    edges = {
        float(json.loads(labels)["le"]): value for (name, labels), value in series.items() if name == f"{TIMES}_bucket"
    }
    finite = sorted(edge for edge in edges if edge != float("inf"))
    expect(LIMIT in finite, f"a bucket up to {LIMIT:g} s: that is what the alert asks", f"the edges {_listed(finite)}")
    seen = f"the last edge is {finite[-1]:g} s: whatever waits longer looks alike"
    expect(finite[-1] >= max(WAITED) + later or finite[-1] >= 60, "a bucket up to 60 s", seen)


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{one:g}" for one in numbers)


@step("each task is one line of JSON, with its own id and the id of its trace")
def logs(place: Place) -> None:
    """Also where the id holds what one would not expect, and where there is no trace, or nonsense in its place."""
    _declare(place)
    traces = [f"{place.random.getrandbits(128):032x}" for _ in range(3)]
    body = json.dumps({"io_ms": 0}).encode()
    messages = [
        Sent(f"{place.word}-1", body, traceparent=_parent(place, traces[0])),
        Sent(f"{place.word}-2", POISON, traceparent=_parent(place, traces[1])),
        Sent(f"{place.word}-{FORGED}", body, traceparent=_parent(place, traces[2])),
        Sent(f"{place.word}-4", body),
        Sent(f"{place.word}-5", body, traceparent="nonsense"),
    ]
    with _worker(place) as worker:
        _settle(place, worker, messages)
        settled(lambda: len(worker.running.said().splitlines()), lambda found: found >= len(messages), 2)
        said = worker.running.said()
    lines = [_decoded(one) for one in said.splitlines()]
    expected = {one.id: trace for one, trace in zip(messages, [*traces, "", ""], strict=True)}
    for task, trace in expected.items():
        found = [one for one in lines if one.get("task_id") == task]
        expect(len(found) == 1, f"one line with task_id {json.dumps(task)}", f"{len(found)} of {len(lines)} lines")
        seen = json.dumps(found[0])
        expect(found[0].get("trace_id") == trace, f"its trace_id: {trace or 'empty'}", seen)
        outcome = DEAD if task.endswith("-2") else DONE
        expect(found[0].get("outcome") == outcome, f"its outcome: {outcome}", seen)


def _parent(place: Place, trace: str) -> str:
    return f"00-{trace}-{place.random.getrandbits(63) + 1:016x}-01"


def _decoded(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotYet("every line that the worker writes is one object of JSON", text[:200])
    return found


def _dead(values: str) -> dict[str, str]:
    others = {'up{job="worker"}': "1x200", _named(TASKS, outcome=DONE): "0+10x200"}
    return {**others, _named(TASKS, outcome=DEAD): values}


def _named(name: str, **labels: str) -> str:
    told = {"job": "worker", "instance": "127.0.0.1:8013", **labels}
    return f"{name}{{{','.join(f'{one}={json.dumps(value)}' for one, value in told.items())}}}"


# A sample every five seconds: "0x11" is a minute of 0.
NOBODY_DIES, ONE_DIES, THREE_DIED = "0x200", "0x11 1x150", "0x11 3x150"
RESTARTED, DIES_AFTER_RESTART = "40x23 0x100", "40x23 0x11 1x100"


def _dying() -> Iterator[Scenario]:
    yield Scenario("tasks are done, and none dies", _dead(NOBODY_DIES), silent=(60, 300))
    yield Scenario("after a minute one task dies", _dead(ONE_DIES), silent=(50,), fires=(85,))
    yield Scenario("five minutes ago three tasks have died, and none since", _dead(THREE_DIED), silent=(360,))
    told = "a worker that had counted 40 dead tasks is restarted, and begins at 0"
    yield Scenario(told, _dead(RESTARTED), silent=(60, 115, 150, 200))
    told = "after a restart at 120 s one task dies"
    yield Scenario(told, _dead(DIES_AFTER_RESTART), silent=(175,), fires=(205,))


@step("TasksDie fires when tasks die, and is silent before and afterwards")
def fires_on_death(place: Place) -> None:
    """On series that are written out."""
    _judge(place, "TasksDie", _dying())


def _judge(place: Place, alert: str, scenarios: Iterable[Scenario]) -> None:
    rules = place.folder / RULES
    promtool.must_be_rules(rules)
    place.scratch.mkdir(parents=True, exist_ok=True)
    for scenario in scenarios:
        promtool.judge(rules, alert, scenario, place.scratch)


EDGES = ("0.1", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "60.0", "+Inf")
QUICK, SLOW = 0.05, 8.0


def _waits(*phases: tuple[int, int, int]) -> dict[str, str]:
    """Of a worker's histogram; each phase: samples, quick tasks and slow tasks in each of them."""
    quick, slow, counted = 0, 0, [(0, 0)]
    for samples, some, others in phases:
        for _ in range(samples):
            quick, slow = quick + some, slow + others
            counted.append((quick, slow))
    rows = {_named(f"{TIMES}_bucket", le=edge): [_up_to(float(edge), *one) for one in counted] for edge in EDGES}
    rows[_named(f"{TIMES}_count")] = [sum(one) for one in counted]
    rows[_named(f"{TIMES}_sum")] = [round(one * QUICK + other * SLOW, 2) for one, other in counted]
    return {name: " ".join(f"{value:g}" for value in values) for name, values in rows.items()}


def _up_to(edge: float, quick: int, slow: int) -> int:
    return quick * (edge >= QUICK) + slow * (edge >= SLOW)


def _waiting() -> Iterator[Scenario]:
    yield Scenario("all tasks wait for a twentieth of a second", _waits((60, 20, 0)), silent=(60, 290))
    burst = _waits((12, 20, 0), (2, 0, 20), (40, 20, 0))
    yield Scenario("for ten seconds all tasks wait for 8 s", burst, silent=range(60, 200, EVERY))
    some = _waits((12, 20, 0), (40, 18, 2))
    yield Scenario("for three minutes one task in ten waits for 8 s", some, fires=(240,))
    healed = _waits((60, 0, 20), (70, 20, 0))
    told = "all tasks waited for 8 s, and for five minutes none has"
    yield Scenario(told, healed, fires=(295,), silent=(600, 640))
    yield Scenario("nobody sends anything", _waits((60, 0, 0)), silent=(60, 290))


@step("TasksWait fires when tasks wait and go on waiting, and not for a burst")
def fires_on_waiting(place: Place) -> None:
    """On series that are written out."""
    _judge(place, "TasksWait", _waiting())


@step("a real Prometheus is silent while your worker is well, and fires when tasks die")
def fires(place: Place) -> None:
    """It asks each second."""
    _declare(place)
    with _worker(place) as worker, prometheus(place.folder / RULES, worker.port, place.scratch) as own:
        if not until(lambda: own.sees(worker.port), STARTS_WITHIN):
            raise CannotJudge(f"Prometheus does not get the worker's figures: {own.problem()}", "Try again.")
        _settle(place, worker, _tasks(place, SOME))
        if not until(lambda: own.value(COUNTED) == SOME, STARTS_WITHIN):
            raise CannotJudge(f"Prometheus does not get the worker's figures: {own.problem()}", "Try again.")
        told = ", ".join(one["labels"]["alertname"] for one in own.firing())
        expect(not told, "no alert while all tasks are done", told)
        _settle(place, worker, [Sent(f"{place.word}-poison-{number}", POISON) for number in range(3)])
        fired = until(lambda: own.firing("TasksDie"), FIRES_WITHIN)
    expect(
        fired, f"TasksDie fires within {FIRES_WITHIN:g} s of three tasks that die", "it is silent", hops.queue(place)
    )
    summary = fired[0]["annotations"].get("summary", "").strip()
    expect(summary, "a summary with it that says what somebody sees who sends tasks", "none")
