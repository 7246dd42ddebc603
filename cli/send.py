"""``./lab send``: tasks through nginx, and what became of each request."""

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli import probe, ways
from cli.config import Lab
from cli.console import err, out, table
from cli.errors import Failed
from cli.language import _, many
from drills.history import History, Request, hash_of
from drills.history import Outcome as Known

Outcome = Literal["accepted", "refused", "unknown"]

TIMEOUT = 10.0
SHOWN_IDS = 10
HISTORY = "history.jsonl"
"""In the state folder, for ./lab ledger."""
ACCEPTED = 202
CLIENT_ERRORS = range(400, 500)
NOTHING_QUEUED = "othing was queued"
"""Stands in the words of every definite refusal."""


@dataclass(frozen=True)
class Order:
    """What is to be sent."""

    count: int
    to: tuple[str, ...]
    connections: int
    io_ms: int = 0
    cpu_ms: int = 0


@dataclass(frozen=True)
class Answer:
    """What became of one request. Unknown: the task may have been taken or not."""

    outcome: Outcome
    seconds: float
    task_id: str = ""
    words: str = ""


def send(lab: Lab, order: Order, all_ids: bool, history: Path | None = None) -> None:
    """Sends the tasks, writes the history of it and shows a summary; Failed where not every one was accepted."""
    ways.running(lab)
    begun = time.monotonic()
    written = History(f"./lab send, {secrets.token_hex(8)}")
    answers = _post_all(probe.local(lab), order, written)
    seconds = time.monotonic() - begun
    written.write(history or lab.state / HISTORY)
    _show(answers, seconds, all_ids)
    failed = [answer for answer in answers if answer.outcome != "accepted"]
    if failed:
        said = failed[0].words
        what = many(
            "{number} of {all} tasks were not accepted; the first: {said}", len(failed), all=len(answers), said=said
        )
        raise Failed(what, part="send", mend="./lab status")


def _post_all(base: str, order: Order, history: History) -> list[Answer]:
    bodies = list(_bodies(order, history.mark))
    limits = httpx.Limits(max_connections=order.connections, max_keepalive_connections=order.connections)
    with (
        httpx.Client(base_url=base, timeout=TIMEOUT, limits=limits, trust_env=False) as client,
        ThreadPoolExecutor(order.connections) as pool,
        _progress(order.count) as progress,
    ):
        bar = progress.add_task("sending", total=order.count)
        answers = []
        for answer in pool.map(lambda one: _post(client, history, *one), bodies):
            answers.append(answer)
            progress.advance(bar)
    return answers


def _bodies(order: Order, mark: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The API and the body of each request, the APIs taking turns. The mark's end makes each title the only one."""
    work = {"work": {"io_ms": order.io_ms, "cpu_ms": order.cpu_ms}} if order.io_ms or order.cpu_ms else {}
    for number, api in zip(range(1, order.count + 1), cycle(order.to), strict=False):
        yield api, {"title": f"Task {number} of {order.count} from ./lab send {mark[-6:]}", "notes": mark, **work}


def _post(client: httpx.Client, history: History, api: str, body: dict[str, Any]) -> Answer:
    """Sends one task and writes down what became of it."""
    start = time.time()
    answer = post(client, f"/{api}/tasks", body)
    work = body.get("work", {})
    offered = hash_of(body["title"], body["notes"], work.get("io_ms", 0), work.get("cpu_ms", 0))
    status = int(answer.words.partition(" ")[0]) if answer.words[:3].isdecimal() else ACCEPTED * bool(answer.task_id)
    outcome = {"accepted": Known.OK, "refused": Known.REFUSED, "unknown": Known.UNKNOWN}[answer.outcome]
    told = Request(body["title"], offered, api, start, time.time(), outcome, status, answer.task_id, answer.words)
    history.add(told)
    return answer


def _progress(count: int) -> Progress:
    columns = (TextColumn(_("sending")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, disable=count == 1 or not err.is_terminal, transient=True)


def post(client: httpx.Client, path: str, body: dict[str, Any]) -> Answer:
    """Sends one task."""
    begun = time.monotonic()
    try:
        answer = client.post(path, json=body)
    except httpx.HTTPError as error:
        return Answer("unknown", time.monotonic() - begun, words=f"{type(error).__name__}: {error}")
    return judged(answer.status_code, answer.text, _member(answer, "id"), time.monotonic() - begun)


def judged(status: int, text: str, task_id: str, seconds: float) -> Answer:
    """202 was confirmed by the broker, 4xx refused; after anything else nobody knows."""
    if status == ACCEPTED:
        return Answer("accepted", seconds, task_id)
    definite = status in CLIENT_ERRORS or NOTHING_QUEUED in text
    outcome: Outcome = "refused" if definite else "unknown"
    return Answer(outcome, seconds, words=f"{status} {text.strip()[:300]}")


def _member(answer: httpx.Response, name: str) -> str:
    try:
        return str(answer.json().get(name, ""))
    except (ValueError, AttributeError):
        return ""


def percentile(values: list[float], share: float) -> float:
    """The smallest value that ``share`` of all values do not exceed; 0 where there are none."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else 0.0


def _show(answers: list[Answer], seconds: float, all_ids: bool) -> None:
    ids = [answer.task_id for answer in answers if answer.task_id]
    if all_ids or len(answers) <= SHOWN_IDS:
        for task_id in ids:
            out.print(task_id)
    if len(answers) > 1:
        _show_summary(answers, seconds)
    if ids:
        err.print(_("\nFollow one: ./lab trace {id}", id=ids[-1]), soft_wrap=True)


def _show_summary(answers: list[Answer], seconds: float) -> None:
    counts = Counter(answer.outcome for answer in answers)
    times = [answer.seconds for answer in answers]
    made = table("accepted", "refused", "unknown", "seconds", "per second", "p50", "p95")
    made.add_row(
        *(str(counts[outcome]) for outcome in ("accepted", "refused", "unknown")),
        f"{seconds:.2f}",
        f"{len(answers) / seconds:.0f}",
        _("{waited:.0f} ms", waited=percentile(times, 0.5) * 1000),
        _("{waited:.0f} ms", waited=percentile(times, 0.95) * 1000),
    )
    out.print(made)
