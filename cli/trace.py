"""``./lab trace``: the passport of one task as a table, or where the task is stuck."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rich.markup import escape

from cli import evidence, ways
from cli.config import Lab
from cli.console import out, table
from cli.errors import Failed, WrongUse
from cli.evidence import Queues
from cli.language import _, later, many

AMONG = later("It may be among the {ready} that wait in {queue} or the {held} that workers hold")
HOPS = ("nginx", "accepted", "received", "stored")


@dataclass(frozen=True)
class Hop:
    """One station of a task."""

    name: str
    time: datetime | None
    after_ms: int | None
    """Milliseconds since the hop before; None for the first, and where a time is missing."""
    what: str


def trace(lab: Lab, task_id: str) -> None:
    """Shows the task's way; Failed, saying where it is stuck, where it is not stored."""
    task_id = checked(task_id)
    found = evidence.gather(lab, ways.running(lab), task_id)
    if found.task is not None:
        _show(found.task)
        return
    stuck, mend = where_stuck(found.queues, lab.settings.rabbit_queue)
    made = evidence.accepted_at(task_id)
    if made:
        out.print(_("The id was made at {made:%Y-%m-%d %H:%M:%S} UTC.", made=made))
    raise Failed(_("task {task_id} is not stored. {stuck}", task_id=task_id, stuck=stuck), part="trace", mend=mend)


def checked(task_id: str) -> str:
    """The id as the lab writes it; WrongUse where it cannot be one."""
    try:
        return str(UUID(task_id.strip()))
    except ValueError as error:
        mend = _("It is the id in the answer to POST, for example from: ./lab send")
        raise WrongUse(_("{task_id!r} is not the id of a task", task_id=task_id), part="trace", mend=mend) from error


def _show(task: dict[str, Any]) -> None:
    out.print(f"[bold]{escape(str(task.get('title', '')))}[/]  [dim]{task.get('id')}[/]\n", soft_wrap=True)
    made = table("hop", "time (UTC)", "waited", "what happened")
    for hop in hops(task):
        time = hop.time.strftime("%H:%M:%S.%f")[:-3] if hop.time else "–"
        made.add_row(
            hop.name, time, "" if hop.after_ms is None else _("{waited:.0f} ms", waited=hop.after_ms), escape(hop.what)
        )
    out.print(made)


def hops(task: dict[str, Any]) -> list[Hop]:
    """The stations of a stored task, in the order it passed them."""
    passport = task.get("passport", {})
    times = {name: moment(passport.get("times", {}).get(name)) for name in HOPS}
    found: list[Hop] = []
    before: datetime | None = None
    for name in HOPS:
        time = times[name]
        after = max(0, round((time - before).total_seconds() * 1000)) if time and before else None
        found.append(Hop(name, time, after, _what(name, task, passport)))
        before = time or before
    return found


def moment(value: Any) -> datetime | None:
    """A time of a passport, as JSON or as the database gives it."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _what(hop: str, task: dict[str, Any], passport: dict[str, Any]) -> str:
    producer, worker = passport.get("producer", {}), passport.get("worker", {})
    work = task.get("work") or {}
    texts = {
        "nginx": _("request {request_id} came in", request_id=passport.get("request_id", "?")),
        "accepted": _(
            "{name} on {host} took it and handed it to RabbitMQ",
            name=producer.get("name", "?"),
            host=producer.get("host", "?"),
        ),
        "received": _(
            "{name} on {host} received it, {attempt}",
            name=worker.get("name", "?"),
            host=worker.get("host", "?"),
            attempt=_attempt(passport),
        ),
        "stored": _("written to MongoDB{work}", work=_work(work)),
    }
    if hop == "nginx" and not passport.get("times", {}).get("nginx"):
        return _("did not pass nginx")
    return texts[hop]


def _attempt(passport: dict[str, Any]) -> str:
    again = _(", delivered once before") if passport.get("redelivered") else ""
    return _("attempt {attempt}{again}", attempt=passport.get("attempt", "?"), again=again)


def _work(work: dict[str, Any]) -> str:
    if not any(work.values()):
        return ""
    return _(
        ", after work of {io_ms} ms waiting and {cpu_ms} ms computing",
        io_ms=work.get("io_ms", 0),
        cpu_ms=work.get("cpu_ms", 0),
    )


def where_stuck(queues: Queues, work_queue: str) -> tuple[str, str]:
    """Where a task that is not stored most likely is, and what to do."""
    if queues.missing:
        return _("Where it is cannot be said: {missing}.", missing=queues.missing), "./lab start rabbitmq"
    if queues.dead_letter:
        letter = queues.dead_letter
        when = _(" at {when}", when=letter.when) if letter.when else ""
        what = many(
            "It is a dead letter{when}, after {number} attempt(s): {reason}",
            letter.attempts,
            when=when,
            reason=letter.reason,
        )
        return what, _("It lies in {queue}.dead, which RabbitMQ's page shows.", queue=work_queue)
    if queues.no_database:
        what = _(
            "Nothing can be stored now: {missing}. It waits in {queue} or in a worker's hands.",
            missing=queues.no_database,
            queue=work_queue,
        )
        return what, _("./lab start mongo, then trace it again.")
    if queues.retry_queue:
        what = _("It failed and waits in {queue} for another attempt.", queue=queues.retry_queue)
        return what, _("Wait, then trace it again.")
    return _in_work_queue(queues, work_queue)


def _in_work_queue(queues: Queues, work_queue: str) -> tuple[str, str]:
    work = next((state for state in queues.states if state.name == work_queue), None)
    if work is None:
        return _("There is no queue {queue}.", queue=work_queue), "./lab status\n./lab doctor"
    held = queues.unacknowledged or 0
    if work.ready and not work.consumers:
        what = many("{number} message(s) wait in {queue} and nobody consumes it.", work.ready, queue=work_queue)
        return what, _("./lab start pyworker (or asyncworker)")
    if work.ready or held:
        what = _(AMONG, ready=work.ready, queue=work_queue, held=held)
        consumers = many("({number} consumer(s)).", work.consumers)
        return f"{what} {consumers}", _("Wait, then trace it again.\n./lab logs pyworker")
    return _("No queue holds it: it was never accepted, or its data were deleted."), _("Look at the id again.")
