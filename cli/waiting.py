"""Waiting until everything is ready: a live table on a terminal, one line a change elsewhere."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table

from cli.console import err, say, table
from cli.errors import Failed
from cli.language import _
from cli.probe import Target
from cli.stack import Stack

POLL = 0.15
LOG_LINES = 8
LINE_LENGTH = 300
# A start from nothing pulls images and unpacks; beyond this something is wrong.
PATIENCE = 120.0
PATIENCE_WITH_ONE = 60.0

Missing = dict[str, str]


@dataclass
class Progress:
    """What is still missing, and when each service became ready (seconds since the wait began)."""

    missing: Missing
    since: dict[str, float]


def wait_until_ready(stack: Stack, targets: list[Target], patience: float = PATIENCE) -> float:
    """Returns the seconds it took; Failed, with the service, its reason and last log lines, when it takes too long."""
    begun = time.monotonic()
    progress = Progress({target.name: _("starting") for target in targets}, {})
    with _Shown(progress) as show, ThreadPoolExecutor(len(targets) + 1) as pool:
        while progress.missing:
            if time.monotonic() - begun > patience:
                raise _late(stack, progress.missing, patience)
            _ask(pool, stack, targets, progress, begun)
            show()
            if progress.missing:
                time.sleep(POLL)
    return time.monotonic() - begun


def check(targets: list[Target]) -> Missing:
    """One look: what is missing, by service. Empty when everything is ready."""
    with ThreadPoolExecutor(len(targets)) as pool:
        found = zip(targets, pool.map(lambda target: target.probe(), targets), strict=True)
        return {target.name: missing for target, missing in found if missing}


def _ask(pool: ThreadPoolExecutor, stack: Stack, targets: list[Target], progress: Progress, begun: float) -> None:
    """Asks everything that was not ready at the last look, side by side."""
    tended = pool.submit(stack.tend)
    open_targets = [target for target in targets if target.name in progress.missing]
    for target, missing in zip(open_targets, pool.map(lambda one: one.probe(), open_targets), strict=True):
        if missing:
            progress.missing[target.name] = missing
        else:
            del progress.missing[target.name]
            progress.since[target.name] = time.monotonic() - begun
    tended.result()


def _late(stack: Stack, missing: Missing, patience: float) -> Failed:
    # What others wait for comes first in the order of services: that one is the cause more often than not.
    name, reason = next(iter(missing.items()))
    others = _(" (also not ready: {names})", names=", ".join(list(missing)[1:])) if len(missing) > 1 else ""
    lines = [line[:LINE_LENGTH] for line in stack.tail(name, LOG_LINES)]
    log = "".join(f"\n  {line}" for line in lines) or _("\n  (its log is empty)")
    what = _(
        "not ready after {patience:.0f} s: {reason}{others}\nThe end of its log:{log}",
        patience=patience,
        reason=reason,
        others=others,
        log=log,
    )
    return Failed(
        what, part=name, mend=_("./lab logs {name}\n./lab doctor\nThen try ./lab up again, or ./lab down.", name=name)
    )


class _Shown:
    """Shows progress while the block lasts; calling what it yields shows the present state."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.names = list(progress.missing)
        self.told: set[str] = set()
        self.spinners = {name: Spinner("dots") for name in self.names}
        self.live: Any = Live(console=err, refresh_per_second=8, transient=False) if err.is_terminal else nullcontext()

    def __enter__(self) -> Callable[[], None]:
        self.live.__enter__()
        return self._update if err.is_terminal else self._tell

    def __exit__(self, *what: Any) -> None:
        self.live.__exit__(*what)

    def _update(self) -> None:
        self.live.update(self._table())

    def _table(self) -> Table:
        made = table("", "service", "")
        for name in self.names:
            if name in self.progress.missing:
                made.add_row(self.spinners[name], name, f"[dim]{escape(self.progress.missing[name])}[/]")
            else:
                made.add_row(
                    "[green]✓[/]", name, _("[green]ready[/] [dim]{seconds:.1f} s[/]", seconds=self.progress.since[name])
                )
        return made

    def _tell(self) -> None:
        for name in self.progress.since.keys() - self.told:
            say(_("{name}: ready ({seconds:.1f} s)", name=name, seconds=self.progress.since[name]))
            self.told.add(name)
