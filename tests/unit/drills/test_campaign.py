"""The figures of many drills together, and what a client may conclude from an answer."""

import json
from dataclasses import replace

import pytest

from drills.campaign import figures
from drills.entries import Account
from drills.history import Outcome
from drills.load import judge
from drills.result import Figure, MutantResult, Results
from tests.unit.drills.results import a_drill


def by_name(found: list[Figure]) -> dict[str, Figure]:
    """The figures, by name."""
    return {figure.name: figure for figure in found}


def test_what_is_lost_on_any_twin_is_counted() -> None:
    """One is too many."""
    drills = [a_drill(), replace(a_drill(), twin="async", account=Account(accepted=5, lost=2))]
    lost = by_name(figures(drills, []))["lost"]
    assert (2, "0", False) == (lost.value, lost.goal, lost.ok)


def test_the_worst_of_a_measured_value_stands_for_all() -> None:
    """Not the last, not the mean."""
    quick, slow = Figure("recovery, s", 0.5, "≤ 5", True), Figure("recovery, s", 6.0, "≤ 5", False)
    drills = [replace(a_drill(), figures=[slow]), replace(a_drill(), figures=[quick])]
    assert slow == by_name(figures(drills, []))["recovery, s"]


def test_the_lowest_is_the_worst_of_a_value_that_must_be_reached() -> None:
    """As a share of a throughput."""
    good, bad = Figure("share", 0.9, "≥ 0.8", True), Figure("share", 0.7, "≥ 0.8", False)
    drills = [replace(a_drill(), figures=[good]), replace(a_drill(), figures=[bad])]
    assert bad == by_name(figures(drills, []))["share"]


def test_kinds_count_only_where_both_twins_were_drilled() -> None:
    """In a run of many."""
    drills = [replace(a_drill(), name=f"d{n}", twin=twin) for n in range(25) for twin in ("flask", "async")]
    drills.append(replace(a_drill(), name="only-one", twin="flask"))
    kinds = by_name(figures(drills, []))["kinds of fault, on both twins"]
    assert (25, False) == (kinds.value, kinds.ok)


def test_a_planted_defect_that_is_not_caught_fails_the_run() -> None:
    """The checker would not tell."""
    mutants = [MutantResult("m", "defect", "drill", twin, twin == "flask", "") for twin in ("flask", "async")]
    assert not by_name(figures([], mutants))["planted defects caught, each on each twin"].ok
    assert not Results(mutants=mutants).ok


@pytest.mark.parametrize(
    ("status", "document", "outcome"),
    [
        (202, {"id": "x"}, Outcome.OK),
        (422, {"detail": "No. Correct it; nothing was queued."}, Outcome.REFUSED),
        (503, {"detail": "Not connected. Nothing was queued: send it again."}, Outcome.REFUSED),
        (503, {"detail": "Not confirmed within 3 seconds."}, Outcome.UNKNOWN),
        (502, {"detail": "It may have been taken all the same."}, Outcome.UNKNOWN),
        (500, {}, Outcome.UNKNOWN),
    ],
)
def test_a_refusal_is_definite_only_where_its_words_say_so(
    status: int, document: dict[str, str], outcome: Outcome
) -> None:
    """Anything else may have been queued."""
    assert outcome is judge(status, json.dumps(document).encode())[0]


def test_an_answer_that_is_not_json_says_nothing() -> None:
    """As an error page of a proxy in between."""
    assert Outcome.UNKNOWN is judge(502, b"<html>")[0]
