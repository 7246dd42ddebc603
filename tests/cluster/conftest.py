"""One cluster for all tests; and in the end, the figures as a table and as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import pytest

from cli.config import ROOT
from cli.console import out, table
from drills.table import MUST_BE_ZERO
from tests.cluster.account import Loss
from tests.cluster.cluster import Cluster, running

FIGURES = ROOT / ".lab" / "cluster.json"
losses: list[Loss] = []


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Fifteen containers."""
    with running() as opened:
        yield opened


@pytest.fixture
def record(cluster: Cluster) -> list[Loss]:
    """Where a test writes its figures; the cluster is whole when it begins."""
    cluster.wait_until_whole()
    return losses


def pytest_terminal_summary() -> None:
    """What was measured, whatever failed."""
    if losses:
        show()
        FIGURES.parent.mkdir(exist_ok=True)
        FIGURES.write_text(json.dumps([as_json(loss) for loss in losses], indent=1) + "\n", encoding="utf-8")
        out.print(f"written: {FIGURES}")


def show() -> None:
    """One row a loss."""
    heads = ("lost", "which", "first 202, s", "first stored, s", "last refusal, s", "whole, s", "slowest, s")
    made = table(*heads, "accepted", "unknown", "lost", "twice", "other wrongs")
    for loss in losses:
        times = (loss.first_accepted, loss.first_stored, loss.last_refusal, loss.whole, loss.slowest)
        counts = (loss.account.accepted, loss.account.unknown, loss.account.lost, loss.account.duplicated)
        others = sum(getattr(loss.account, name) for name in MUST_BE_ZERO) - loss.account.lost - loss.account.duplicated
        made.add_row(loss.what, loss.who, *(f"{time:.2f}" for time in times), *map(str, (*counts, others)))
    out.print(made)


def as_json(loss: Loss) -> dict[str, object]:
    """The figures and the columns of the ledger."""
    figures = {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(loss).items()}
    return {**figures, "account": loss.account.columns()}
