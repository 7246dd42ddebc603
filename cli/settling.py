"""``./lab dead requeue`` and ``./lab dead purge``: a new start for dead letters, or their end."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli import letters
from cli.config import Lab
from cli.console import err, out
from cli.dead import PART, Place, named, place
from cli.errors import Failed, WrongUse
from cli.language import _, many
from cli.letters import BrokerFailed, Channel, Connection, Letter
from core.errors import DecodeError
from core.message import decode

LONG = 100
"""So many letters take long enough to show how far it is."""

Act = Callable[[Channel, Letter], None]
Told = Callable[[int], str]
Take = Callable[[Connection, str, int], Iterable[Letter]]


@dataclass(frozen=True)
class Wish:
    """Which letters are meant, and whether there is nothing to ask."""

    names: tuple[str, ...]
    everything: bool = False
    yes: bool = False

    def __post_init__(self) -> None:
        if bool(self.names) == self.everything:
            raise WrongUse(_("give either ids or --all"), part=PART, mend=_("./lab dead list shows the ids."))

    def take(self, connection: Connection, queue: str, total: int) -> list[Letter]:
        """The letters that are named, among the first ``total``."""
        return named(self.names, letters.look(connection, queue, total))


def requeue(lab: Lab, work: str | None, wish: Wish) -> None:
    """Puts the letters back into the work queue; those that die again while it works stay dead."""
    here = place(lab, work)
    total = _count(here)
    if _nothing(here, wish, total):
        return
    if wish.everything and not wish.yes and sys.stdin.isatty():
        _ask(many("Put {number} dead letter(s) back into {work}?", total, work=here.work))
    take = _all_by_hands if wish.everything else wish.take

    def put_back(channel: Channel, letter: Letter) -> None:
        letters.requeue(channel, letter, here.work, here.exchange)

    done = _settle(here, wish, total, take, _requeued, put_back)
    out.print(many("{number} dead letter(s) requeued to {work}", len(done), work=escape(here.work)), soft_wrap=True)
    traceable = next(filter(None, reversed(done)), "")
    err.print(
        _("See what becomes of it: ./lab trace {id}", id=traceable) if traceable else "./lab dead list",
        soft_wrap=True,
    )


def purge(lab: Lab, work: str | None, wish: Wish) -> None:
    """Deletes the letters."""
    if not wish.yes and not sys.stdin.isatty():
        raise WrongUse(_("without a terminal nobody can be asked whether to delete"), part=PART, mend=_("Add --yes."))
    here = place(lab, work)
    total = _count(here)
    if _nothing(here, wish, total):
        return
    if not wish.yes:
        _ask(_to_delete(wish, total))
    if wish.everything:
        done = _settle(here, wish, total, letters.drop, _purged, lambda _channel, _one: None)
    else:
        done = _settle(here, wish, total, wish.take, _purged, lambda _channel, one: letters.erase(one))
    out.print(many("{number} dead letter(s) purged from {dead}", len(done), dead=escape(here.dead)), soft_wrap=True)


def _requeued(number: int) -> str:
    return many("{number} dead letter(s) were requeued before that", number)


def _purged(number: int) -> str:
    return many("{number} dead letter(s) were purged before that", number)


def _to_delete(wish: Wish, total: int) -> str:
    if wish.everything:
        return many("Delete {number} dead letter(s) for good?", total)
    return _("Delete {names} for good?", names=", ".join(wish.names))


def _count(here: Place) -> int:
    # A connection of its own: while a person thinks about the question, nobody would answer the broker's heartbeats.
    with letters.opened(here.url) as connection:
        return letters.count(connection, here.dead)


def _nothing(here: Place, wish: Wish, total: int) -> bool:
    """Whether all of nothing was asked for, which is no failure."""
    if wish.everything and not total:
        out.print(_("There are no dead letters in {dead}.", dead=escape(here.dead)), soft_wrap=True)
    return wish.everything and not total


def _ask(question: str) -> None:
    try:
        said = typer.confirm(question, err=True)
    except typer.Abort:
        said = False
    if not said:
        raise Failed(_("nothing was done"), part=PART)


def _all_by_hands(connection: Connection, queue: str, total: int) -> Iterable[Letter]:
    # No more than were there at first: one that dies again comes behind them.
    return chain.from_iterable(letters.hands(connection, queue, total))


def _settle(here: Place, wish: Wish, total: int, take: Take, before: Told, act: Act) -> list[str]:
    """Does it to each letter; the ids of their tasks, empty for those that are none."""
    done: list[str] = []
    try:
        with letters.opened(here.url) as connection, _progress(len(wish.names) or total) as advance:
            channel = letters.confirming(connection)
            for letter in take(connection, here.dead, total):
                act(channel, letter)
                done.append(task_id(letter))
                advance()
    except BrokerFailed as error:
        what = f"{error}. {before(len(done))}; {_('the others are dead letters still')}"
        raise Failed(what, part=error.part, mend=error.mend) from error
    return done


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, where it is long; what is given is to be called after each letter."""
    columns = (TextColumn(_("letters")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=total < LONG or not err.is_terminal, transient=True) as progress:
        bar = progress.add_task("letters", total=total)
        yield lambda: progress.advance(bar)


def task_id(letter: Letter) -> str:
    """The id that ``./lab trace`` takes; empty where the letter is no task."""
    try:
        return decode(letter.body).id
    except DecodeError:
        return ""
