"""``./lab conform``: our twins keep every demand, and a service with one violation is caught, with that one named."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from conform.demand import Demand, Verdict, judge
from conform.demands import ALL
from conform.service import HTTP_TIMEOUT, Service
from lessons.kit.router import router
from lessons.kit.yours import ROUTES
from tests.conftest import NAMES
from tests.support import faulty, programs
from tests.support.api import http_client
from tests.support.place import place
from tests.support.stack import ROOT, Stack
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(600)
AT_ONCE = 3
STARTS_WITHIN = 60.0

VIOLATIONS: dict[str, tuple[set[str], set[str]]] = {
    "says-200": ({"accepted"}, set()),
    "no-location": ({"location"}, set()),
    "other-id": ({"message-id"}, {"round-trip", "key-of-another"}),
    "no-type": ({"problem-document"}, set()),
    "ignores-keys": ({"same-key", "key-of-another", "unusable-key"}, set()),
    "takes-unknown-members": ({"unknown-members"}, set()),
    "takes-large-bodies": ({"too-large"}, set()),
    "transient": ({"persistent"}, set()),
    "other-content-type": ({"content-type"}, set()),
    "before-the-confirm": ({"refused", "unroutable"}, set()),
    "not-mandatory": ({"unroutable"}, set()),
    "oldest-first": ({"newest-first"}, set()),
    "unbounded": ({"limit"}, set()),
    "no-passport": ({"passport"}, {"round-trip", "index"}),
    "upserts": ({"stored-once", "conflict"}, set()),
    "forgets-poison": ({"poison"}, set()),
    "no-reason": ({"reason", "conflict"}, set()),
}
"""What must be said of each, and what follows from it and may be said as well."""


def conform(*words: str) -> "subprocess.CompletedProcess[str]":
    """What ``./lab conform WORDS`` ends with."""
    command = [sys.executable, "lab", "conform", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def twins(stack: Stack) -> dict[str, dict[str, Any]]:
    """The verdicts on each twin, by the id of the demand, as the command tells them."""
    told = {}
    for name in NAMES:
        done = conform(f"{stack.addresses['http']}/{name}", "--json")
        assert done.stdout, done.stderr
        told[name] = {one["id"]: one for one in json.loads(done.stdout)} | {"exit code": done.returncode}
    return told


@pytest.mark.parametrize("asked", ALL, ids=lambda asked: asked.id)
def test_both_twins_keep_every_demand(asked: Demand, twins: dict[str, dict[str, Any]]) -> None:
    """The same verdict, and it is: holds."""
    found = {name: told[asked.id] for name, told in twins.items()}

    assert dict.fromkeys(NAMES, "holds") == {name: one["verdict"] for name, one in found.items()}, found


def test_who_conforms_ends_with_nought_and_nobody_with_three(stack: Stack, twins: dict[str, dict[str, Any]]) -> None:
    """Where nobody answers, nothing is said about the contract; nor where there is no such queue."""
    assert dict.fromkeys(NAMES, 0) == {name: told["exit code"] for name, told in twins.items()}
    assert 3 == conform("http://127.0.0.1:1/yours").returncode
    assert 3 == conform(f"{stack.addresses['http']}/flask", "--queue", "nobody-has-this-queue").returncode


def judged(name: str, stack: Stack, logs: Path) -> list[Verdict]:
    """Every verdict on our service with this violation in it, on a queue and a database of its own."""
    through = ("tests.support.faulty", name)
    in_the_worker = faulty.VIOLATIONS[name] in faulty.IN_THE_WORKER
    with ExitStack() as running:
        own = running.enter_context(place(stack))
        told, log = own.environ, logs / name
        api = running.enter_context(programs.api("app", told, Path(f"{log}.api"), 1, () if in_the_worker else through))
        front = running.enter_context(router(routes(name, logs), logs, {"SERVICE": urlsplit(api).netloc}))
        running.enter_context(programs.worker("app", told, Path(f"{log}.worker"), through if in_the_worker else ()))
        http = running.enter_context(http_client(f"{front.url}/yours", timeout=HTTP_TIMEOUT))
        wait_until(lambda: is_ready(http), STARTS_WITHIN, f"the service with the violation {name} is ready")
        return list(judge(Service(http, own.broker.url, own.broker.queue, own.tasks), ALL))


def routes(name: str, folder: Path) -> Path:
    """The file of the router in front of it; one that passes whatever comes, where that is what is about to be seen."""
    text = ROUTES.read_text(encoding="utf-8")
    if name == "takes-large-bodies":
        text = text.replace("client_max_body_size 64k;", "client_max_body_size 10m;")
    (folder / f"{name}.conf").write_text(text, encoding="utf-8")
    return folder / f"{name}.conf"


def is_ready(http: httpx.Client) -> bool:
    """Whether the service says so."""
    try:
        return http.get("readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def faulty_ones(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[list[Verdict]]]]:
    """The verdicts on each, some at a time: they mostly wait."""
    logs = tmp_path_factory.mktemp("faulty")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(judged, name, stack, logs) for name in VIOLATIONS}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_planted_violation_is_named_and_no_other(name: str, faulty_ones: dict[str, Future[list[Verdict]]]) -> None:
    """Each has a demand of its own, and breaks none that is not about it."""
    verdicts = faulty_ones[name].result()

    wrong = {one.demand.id: one.seen for one in verdicts if one.outcome == "does not"}
    must, may = VIOLATIONS[name]
    assert must <= wrong.keys() <= must | may, wrong


def test_every_violation_that_can_be_planted_is_judged() -> None:
    """None is left out."""
    assert set(faulty.VIOLATIONS) == set(VIOLATIONS)
