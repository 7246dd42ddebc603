"""The ledger as a table in the terminal."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from cli.console import table
from drills.entries import Account
from drills.result import DrillResult, MutantResult

COUNTED = ("offered", "accepted", "refused", "unknown", "stored", "recovered", "dead", "queued")
MUST_BE_ZERO = ("lost", "duplicated", "phantom", "refused_but_stored", "changed", "unaccounted_dead", "unacknowledged")
SHORT = {"refused_but_stored": "refused+stored", "unaccounted_dead": "dead?", "unacknowledged": "unacked"}
MOST_SHOWN = 20


def results_table(results: Sequence[DrillResult]) -> Table:
    """One row a drill and twin."""
    made = table("drill", "twin", *_heads(), "slowest", "")
    for result in results:
        verdict = "[green]holds[/]" if result.ok else "[bold red]FAILS[/]"
        made.add_row(result.name, result.twin, *_cells(result.account), f"{result.slowest:.1f} s", verdict)
    return made


def account_table(account: Account) -> Table:
    """One ledger, a line each number."""
    made = table("", "tasks")
    for name in (*COUNTED, *MUST_BE_ZERO):
        made.add_row(name.replace("_", " "), _cell(name, getattr(account, name)))
    for reason, count in account.reasons.items():
        made.add_row(f"  dead: {escape(reason)}", str(count))
    return made


def wrongs(account: Account) -> list[str]:
    """What is known of each task that is wrong, the first of them."""
    lines = [f"{one.kind.replace('_', ' ')}: {one.id} {one.known}" for one in account.wrong[:MOST_SHOWN]]
    more = len(account.wrong) - MOST_SHOWN
    return [*lines, f"… and {more} more"] if more > 0 else lines


def mutants_table(mutants: Sequence[MutantResult]) -> Table:
    """One row a planted defect."""
    made = table("planted defect", "twin", "drill", "", "how")
    for one in mutants:
        verdict = "[green]caught[/]" if one.caught else "[bold red]NOT CAUGHT[/]"
        made.add_row(escape(one.title), one.twin, one.drill, verdict, escape(one.how))
    return made


def _heads() -> list[str]:
    return [SHORT.get(name, name) for name in (*COUNTED, *MUST_BE_ZERO)]


def _cells(account: Account) -> list[str]:
    return [_cell(name, getattr(account, name)) for name in (*COUNTED, *MUST_BE_ZERO)]


def _cell(name: str, value: int) -> str:
    return f"[bold red]{value}[/]" if value and name in MUST_BE_ZERO else str(value)
