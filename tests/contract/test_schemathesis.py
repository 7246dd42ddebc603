"""Requests made up from ``core/openapi.yaml``, good ones and bad ones: the services keep what the contract says.

The same requests each time; SCHEMATHESIS_SEED and SCHEMATHESIS_EXAMPLES change which, and how many.
"""

import os
import re
from typing import Any

import hypothesis
import pytest
import schemathesis

from tests.support.api import Api, unique
from tests.support.stack import ROOT

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "50"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "1"))
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES // 2, stateful_step_count=5, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)  # fmt: skip
BLAND = 3
"""Milliseconds of simulated work."""

CONFIG = schemathesis.Config.from_dict(
    {
        "seed": SEED,
        "generation": {"mode": "all", "max-examples": EXAMPLES, "deterministic": "SCHEMATHESIS_SEED" not in os.environ},
    }
)
Case = schemathesis.Case[Any]

contract = schemathesis.openapi.from_path(ROOT / "core" / "openapi.yaml", config=CONFIG)


def make_bland(case: Case) -> None:
    """Keep a good request good and a bad one bad, but let nobody wait, and keep to what no schema can say.

    Allowed work and waits become short, since made-up ones would take hours. A usable Idempotency-Key becomes a new
    one, because the services rightly refuse one that comes twice for two tasks. Whole numbers are written without a
    fraction: to a schema 1.0 is an integer, to the services it is not.
    """
    work: Any = case.body.get("work") if isinstance(case.body, dict) else None
    for name, most in (("io_ms", 5_000), ("cpu_ms", 1_000)):
        if isinstance(work, dict) and _is_whole(work.get(name)) and 0 <= work[name] <= most:
            work[name] = int(work[name]) % BLAND
    key, prefer = (str(case.headers.get(name, "")) for name in ("Idempotency-Key", "Prefer"))
    if re.fullmatch(r"[!-~]{1,200}", key):
        case.headers["Idempotency-Key"] = key[:150] + unique()
    if re.fullmatch(r"wait=[0-9]+", prefer):
        case.headers["Prefer"] = "wait=0"


def _is_whole(value: Any) -> bool:
    return type(value) is int or (isinstance(value, float) and value.is_integer())


def address(api: Api) -> str:
    """Where schemathesis finds the API."""
    return f"{str(api.http.base_url).rstrip('/')}{api.prefix}"


@contract.parametrize()
@pytest.mark.parametrize("name", ["flask", "async"])
def test_every_operation_keeps_the_contract(case: Case, name: str, apis: dict[str, Api]) -> None:
    """All checks, on good and bad requests to each operation."""
    api = apis[name]
    make_bland(case)
    case.call_and_validate(base_url=address(api))


def test_every_made_up_task_is_found_where_its_link_leads(api: Api) -> None:
    """Sequences of requests along the contract's links, with all checks: what was accepted is there once stored."""
    machine: Any = contract.as_state_machine()

    class Workflow(machine):  # type: ignore[misc]
        """A client that follows links; it waits for the worker before it follows the one to the stored task."""

        def before_call(self, case: Case) -> None:
            make_bland(case)

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"base_url": address(api)}

        def after_call(self, response: schemathesis.Response, case: Case) -> None:
            if response.status_code == 202:
                api.stored(response.json()["id"])

    Workflow.run(settings=SETTINGS)
