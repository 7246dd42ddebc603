"""The ledger as a table in the terminal."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from cli.console import table
from cli.course.told import told
from cli.language import REPORTS, _, later, many
from drills.entries import Account
from drills.result import DrillResult, MutantResult

COUNTED = (
    later("offered"), later("accepted"), later("refused"), later("unknown"), later("stored"), later("recovered"),
    later("dead"), later("queued"),
)  # fmt: skip
MUST_BE_ZERO = (
    later("lost"), later("duplicated"), later("phantom"), "refused_but_stored", later("changed"), "unaccounted_dead",
    later("unacknowledged"),
)  # fmt: skip
SHORT = {
    "refused_but_stored": later("refused+stored"),
    "unaccounted_dead": later("dead?"),
    "unacknowledged": later("unacked"),
}
LONG = (later("refused but stored"), later("unaccounted dead"))
"""How two of them are called where there is room."""
MOST_SHOWN = 20


def results_table(results: Sequence[DrillResult]) -> Table:
    """One row a drill and twin."""
    made = table("drill", "twin", *_heads(), "slowest", "")
    for result in results:
        made.add_row(
            result.name,
            result.twin,
            *_cells(result.account),
            _("{seconds:.1f} s", seconds=result.slowest),
            holds(result.ok),
        )
    return made


def account_table(account: Account) -> Table:
    """One ledger, a line each number."""
    made = table("", "tasks")
    for name in (*COUNTED, *MUST_BE_ZERO):
        made.add_row(_(name.replace("_", " ")), _cell(name, getattr(account, name)))
    for reason, count in account.reasons.items():
        made.add_row(f"  {_('dead: {reason}', reason=escape(reason))}", str(count))
    return made


def wrongs(account: Account) -> list[str]:
    """What is known of each task that is wrong, the first of them."""
    lines = [
        f"{_(one.kind.replace('_', ' '))}: {one.id} {told(one.known, REPORTS)}" for one in account.wrong[:MOST_SHOWN]
    ]
    more = len(account.wrong) - MOST_SHOWN
    return [*lines, many("… and {number} more", more)] if more > 0 else lines


def mutants_table(mutants: Sequence[MutantResult]) -> Table:
    """One row a planted defect."""
    made = table("planted defect", "twin", "drill", "", "how")
    for one in mutants:
        made.add_row(escape(_(one.title)), one.twin, one.drill, caught(one.caught), escape(told(one.how, REPORTS)))
    return made


def holds(ok: bool) -> str:
    """Whether a drill has found everything in order, as Rich markup."""
    return f"[green]{_('holds')}[/]" if ok else f"[bold red]{_('FAILS')}[/]"


def caught(found: bool) -> str:
    """Whether a planted defect was seen, as Rich markup."""
    return f"[green]{_('caught')}[/]" if found else f"[bold red]{_('NOT CAUGHT')}[/]"


def _heads() -> list[str]:
    return [_(SHORT.get(name, name)) for name in (*COUNTED, *MUST_BE_ZERO)]


def _cells(account: Account) -> list[str]:
    return [_cell(name, getattr(account, name)) for name in (*COUNTED, *MUST_BE_ZERO)]


def _cell(name: str, value: int) -> str:
    return f"[bold red]{value}[/]" if value and name in MUST_BE_ZERO else str(value)
