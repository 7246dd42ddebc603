"""``./lab conform``: holds a service, in whatever language it is written, to the contract of ours."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, get_args

import httpx
from pika.exceptions import AMQPError
from pymongo import MongoClient
from rich.markup import escape

from cli import ways
from cli.config import Lab
from cli.console import out, say, table
from cli.course.told import told
from cli.errors import Broken, Failed, WrongUse
from cli.language import _, later, many
from conform.demand import Outcome, Verdict, judge
from conform.demands import GROUPS, OUTAGES
from conform.service import HTTP_TIMEOUT, Document, Service
from core.documents import COLLECTION

MILLISECONDS = 10_000
SHOWN = 56
SIGNS = dict(zip(get_args(Outcome), ("[green]✓[/]", "[red]✗[/]", "[yellow]?[/]"), strict=True))
COUNTED = (later("holds: {number}"), later("does not: {number}"), later("could not be judged: {number}"))
COUNTS = dict(zip(get_args(Outcome), COUNTED, strict=True))
PARTS = {"http": "http", "message": later("message"), "document": later("document"), OUTAGES: later("outages")}


@dataclass(frozen=True)
class Wish:
    """What to hold to the contract."""

    url: str
    queue: str | None = None
    """That it publishes to, and its worker consumes; the lab's own otherwise."""
    collection: str | None = None
    """DATABASE.COLLECTION in which its worker stores; the lab's own otherwise."""
    as_json: bool = False
    gently: bool = False
    """Without what takes the queue away for a moment."""


def conform(lab: Lab, wish: Wish) -> None:
    """Failed where something does not hold; Broken where it could not be judged."""
    with service(_addresses(lab), wish) as found:
        verdicts = list(_judged(found, wish))
    if wish.as_json:
        out.print_json(json.dumps([as_json(one) for one in verdicts]), indent=None)
    else:
        show(verdicts)
    _tell(verdicts)


def _addresses(lab: Lab) -> dict[str, Any]:
    stack = ways.current(lab)
    if stack is None:
        raise Broken(_("the lab is not running, so nothing can be judged"), mend="./lab up")
    return stack.addresses()


@contextmanager
def service(addresses: dict[str, Any], wish: Wish) -> Iterator[Service]:
    """The service that is meant, while the block lasts; what the judge has stored is deleted afterwards."""
    database, _dot, collection = (wish.collection or f"{addresses['db']}.{COLLECTION}").partition(".")
    if not collection:
        what = _("{name!r} is no collection", name=wish.collection)
        raise WrongUse(what, part="conform", mend=_("--collection DATABASE.COLLECTION"))
    with (
        httpx.Client(base_url=wish.url, timeout=HTTP_TIMEOUT, trust_env=False) as http,
        MongoClient[Document](addresses["mongo"], tz_aware=True, timeoutMS=MILLISECONDS) as client,
    ):
        found = Service(http, addresses["rabbitmq"], wish.queue or addresses["queue"], client[database][collection])
        _must_be_there(found, wish.url)
        try:
            yield found
        finally:
            found.forget()


def _must_be_there(found: Service, url: str) -> None:
    """Broken where nobody answers, or there is no such queue: then nothing is wrong with any demand."""
    try:
        found.ask("GET", "/healthz")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what = _("nobody answers at {url}: {error}", url=url, error=error)
        raise Broken(what, part="conform", mend=_("Is it started, and on that port?")) from error
    try:
        with found.channel() as channel:
            channel.queue_declare(found.queue, passive=True)
    except AMQPError as error:
        name, kind = found.queue, type(error).__name__
        what = _("there is no queue {name!r}, or RabbitMQ does not answer: {kind}", name=name, kind=kind)
        raise Broken(what, part="conform", mend=_("--queue NAME, of a queue that is there")) from error


def _judged(found: Service, wish: Wish) -> Iterator[Verdict]:
    """The verdicts, with a word at the beginning of each part of the contract."""
    for name, demands in GROUPS.items():
        if not (wish.gently and name == OUTAGES):
            say(many("{part}: {number} demands …", len(demands), part=_(PARTS[name])))
            yield from judge(found, demands)


def as_json(verdict: Verdict) -> dict[str, str]:
    """A verdict for programs."""
    asked = verdict.demand
    named = {"id": asked.id, "part": asked.part, "demand": asked.sentence}
    return {**named, "verdict": verdict.outcome, "seen": verdict.seen}


def show(verdicts: list[Verdict]) -> None:
    """The table."""
    shown = table("", _("demand"), _("what is asked"), _("what was seen"))
    for one in verdicts:
        seen = one.seen if len(one.seen) <= SHOWN or one.outcome != "holds" else f"{one.seen[:SHOWN]}…"
        shown.add_row(SIGNS[one.outcome], one.demand.id, escape(told(one.demand.sentence)), escape(seen))
    out.print(shown)


def _tell(verdicts: list[Verdict]) -> None:
    counts = Counter(one.outcome for one in verdicts)
    failed = [one.demand.id for one in verdicts if one.outcome == "does not"]
    unjudged = [one.demand.id for one in verdicts if one.outcome == "could not be judged"]
    say(", ".join(_(COUNTS[outcome], number=count) for outcome, count in counts.items()))
    if failed:
        what = _("does not conform: {names}").format(names=", ".join(failed))
        raise Failed(what, part="conform", mend=_("What each demand means, its function in conform/ says."))
    if unjudged:
        what = _("could not be judged: {names}").format(names=", ".join(unjudged))
        raise Broken(what, part="conform", mend="./lab status")
