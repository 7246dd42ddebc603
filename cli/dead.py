"""``./lab dead list`` and ``./lab dead show``: what could never be stored, and why. Looking changes nothing."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape

from cli import legible, letters, ways
from cli.config import Lab
from cli.console import err, out, table
from cli.errors import Failed
from cli.language import _, many
from cli.legible import plain
from cli.letters import Letter
from core.errors import DecodeError
from core.letters import why
from core.message import decode
from core.topology import topology

PART = "dead"
SHORTEST_BEGINNING = 4
"""So that the number of a letter is not taken for the beginning of an id."""
WIDTHS = {"id": 64, "title": 40, "reason": 100}


@dataclass(frozen=True)
class Place:
    """Where the broker is, and the queues in question."""

    url: str
    work: str
    dead: str
    exchange: str = ""
    """Through it a letter gets into the work queue."""


def place(lab: Lab, work: str | None) -> Place:
    """The dead letters of the work queue ``work``, by default the lab's own."""
    settings = lab.settings
    names = topology(work) if work else topology(settings.rabbit_queue, settings.queue_shards)
    url = ways.running(lab).addresses()["rabbitmq"]
    return Place(url, names.name, names.dead.name, names.exchange_to(names.name))


def show_list(here: Place, most: int, as_json: bool) -> None:
    """A table of the oldest ``most`` dead letters, or one JSON document."""
    with letters.opened(here.url) as connection:
        total = letters.count(connection, here.dead)
        # Row by row: bodies can be large, and no more than a title of them is shown.
        rows = [row(letter, datetime.now(UTC)) for letter in letters.look(connection, here.dead, min(most, total))]
    if as_json:
        print(json.dumps({"queue": here.dead, "total": total, "letters": rows}, indent=2))
    else:
        _show_table(here, rows, total)


def row(letter: Letter, now: datetime) -> dict[str, Any]:
    """What the list says of one letter."""
    told = why(letter.headers)
    return {
        "number": letter.number,
        "id": letter.id or None,
        "title": legible.title(letter.body),
        "reason": told.reason,
        "attempts": told.attempts,
        "died": told.when or None,
        "age_seconds": legible.seconds_since(told.when, now),
        "bytes": len(letter.body),
        "begins": plain(letter.body[: WIDTHS["title"]].decode(errors="backslashreplace"), WIDTHS["title"]),
    }


def _show_table(here: Place, rows: Sequence[dict[str, Any]], total: int) -> None:
    if not rows:
        out.print(_("There are no dead letters in {dead}.", dead=escape(here.dead)), soft_wrap=True)
        return
    made = table("number", "id", "title", "reason", "attempts", "died (UTC)", "age")
    # On a narrow terminal everything but the id may be folded: it is to be copied.
    made.columns[1].no_wrap = True
    for one in rows:
        made.add_row(*_cells(one))
    out.print(made)
    more = (
        _(", the oldest {count} of them above; all: ./lab dead list -n {total}", count=len(rows), total=total)
        if total > len(rows)
        else ""
    )
    out.print(
        many("\n{number} dead letter(s) in {dead}{more}", total, dead=escape(here.dead), more=more), soft_wrap=True
    )
    err.print(_("Look at one: ./lab dead show ID (or its number)"), soft_wrap=True)


def _cells(one: dict[str, Any]) -> Iterator[str]:
    moment = legible.instant(one["died"] or "")
    yield str(one["number"])
    yield escape(plain(one["id"] or "–", WIDTHS["id"]))
    body = f"[dim]{escape(one['begins'] or _('an empty body'))}[/]"
    yield body if one["title"] is None else escape(plain(one["title"], WIDTHS["title"]))
    yield escape(plain(one["reason"], WIDTHS["reason"]))
    yield str(one["attempts"])
    yield moment.strftime("%Y-%m-%d %H:%M:%S") if moment else "–"
    yield legible.age(one["died"] or "", datetime.now(UTC))


def show_one(here: Place, name: str) -> None:
    """The whole letter, and what would happen to it in the work queue."""
    with letters.opened(here.url) as connection:
        [letter] = named([name], letters.look(connection, here.dead, letters.count(connection, here.dead)))
    for label, value in (*_facts(letter, here), *_properties(letter)):
        out.print(f"[bold]{escape(plain(label)):<16}[/]  {escape(plain(value))}", soft_wrap=True)
    out.print()
    for line in legible.lines(letter.body):
        out.print(escape(line), soft_wrap=True)


def _facts(letter: Letter, here: Place) -> Iterator[tuple[str, Any]]:
    told = why(letter.headers)
    yield _("number"), _("{number} in {queue}", number=letter.number, queue=here.dead)
    yield _("reason"), told.reason
    yield _("attempts"), told.attempts
    yield (
        _("died"),
        _("{when}, {age} ago", when=told.when, age=legible.age(told.when, datetime.now(UTC)))
        if told.when
        else _("nobody noted when"),
    )
    yield _("requeued"), fate(letter.body, here.work)
    yield _("body"), legible.measures(letter.body)


def _properties(letter: Letter) -> Iterator[tuple[str, Any]]:
    for name, value in sorted(vars(letter.properties).items()):
        if value not in (None, "") and name != "headers":
            yield name, value
    for name, value in sorted(letter.headers.items()):
        yield _("header {name}", name=name), value


def fate(body: bytes, work: str) -> str:
    """What would happen to a message with this body in the work queue."""
    try:
        decode(body)
    except DecodeError as error:
        return _("it would die again: {error}", error=error)
    return _(
        "its body is a task: it would start anew in {work}, and is stored unless the same fault meets it again",
        work=work,
    )


def named(names: Sequence[str], found: Iterable[Letter]) -> list[Letter]:
    """The letters that are meant, in their order; Failed where a name fits none of them, or more than one."""
    # Others are let go at once: there can be many, and their bodies can be large.
    candidates = [letter for letter in found if any(_fits(name, letter) for name in names)]
    meant = {letter.number: letter for letter in (_only(name, candidates) for name in names)}
    return [meant[number] for number in sorted(meant)]


def _fits(name: str, letter: Letter) -> bool:
    begins = len(name) >= SHORTEST_BEGINNING and letter.id.startswith(name)
    return begins or name in {letter.id, str(letter.number)}


def _only(name: str, candidates: Sequence[Letter]) -> Letter:
    fitting = [letter for letter in candidates if _fits(name, letter)]
    fitting = [letter for letter in fitting if letter.id == name] or fitting
    if not fitting:
        raise Failed(_("there is no dead letter {name!r}", name=name), part=PART, mend="./lab dead list")
    if len(fitting) > 1:
        numbers = ", ".join(str(letter.number) for letter in fitting[:10])
        what = _(
            "{name!r} may be any of {count} dead letters: the numbers {numbers}{more}",
            name=name,
            count=len(fitting),
            numbers=numbers,
            more=" …" * (len(fitting) > 10),
        )
        raise Failed(what, part=PART, mend=_("Give more of the id, or the number."))
    return fitting[0]
