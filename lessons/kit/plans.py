"""How MongoDB would answer a query: it explains that itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.database import Database

OF_THE_SESSION = {"lsid", "$db", "$clusterTime", "$readPreference", "txnNumber"}
"""What a command carries beside what it asks for."""


def stages(database: Database[Any], command: Mapping[str, Any]) -> list[str]:
    """The stages of the plan that won for a find or aggregate command, the last one first."""
    asked = {name: value for name, value in command.items() if name not in OF_THE_SESSION}
    return list(_stages(database.command("explain", asked, verbosity="queryPlanner")))


def _stages(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        yield from [str(plan["stage"])] if "stage" in plan else []
        for name, part in plan.items():
            yield from () if name == "rejectedPlans" else _stages(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from _stages(part)
