"""The judge of the contract: what becomes of a demand, and of a service.toml that cannot be used."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo.errors import PyMongoError

from cli import conforming
from cli.errors import Broken, Failed
from conform.demand import Demand, Unjudged, Verdict, Violated, judge, must
from conform.demands import ALL, GROUPS
from conform.service import Service
from lessons.kit import node
from lessons.kit.verdict import NotYet
from lessons.kit.yours import commands

NOBODY: Any = None


def demand(error: Exception | None = None) -> Demand:
    """One that ends so."""

    def look(_: Service) -> str:
        if error:
            raise error
        return "what was seen"

    return Demand("an-id", "http", "A sentence", look)


def verdict(error: Exception | None = None) -> Verdict:
    """What is said of it."""
    return next(iter(judge(NOBODY, [demand(error)])))


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "holds"),
        (Violated("no"), "does not"),
        (httpx.ReadTimeout("slow"), "does not"),
        (Unjudged("nothing there"), "could not be judged"),
        (PyMongoError("away"), "could not be judged"),
    ],
)
def test_an_outage_of_the_lab_is_no_violation_and_a_silent_service_is(error: Exception | None, outcome: str) -> None:
    """The service must answer; broker and database are the lab's."""
    assert outcome == verdict(error).outcome


def test_what_is_not_so_is_said_with_what_was_seen() -> None:
    """In the verdict."""
    with pytest.raises(Violated, match="200"):
        must(False, 200)
    assert "200" == verdict(Violated("200")).seen


def test_what_was_looked_at_once_is_remembered_its_error_too() -> None:
    """Several demands are about one thing, and one time-out is enough."""
    service = Service(NOBODY, "", "", NOBODY)
    asked = []

    def look() -> str:
        asked.append(1)
        raise Violated("nothing came")

    for _ in range(2):
        with pytest.raises(Violated):
            service.once("thing", look)
    assert 1 == len(asked)


def test_a_violation_ends_with_one_and_what_could_not_be_judged_with_three() -> None:
    """A violation counts more."""
    conforming._tell([verdict()])
    with pytest.raises(Failed, match="an-id"):
        conforming._tell([verdict(Unjudged("?")), verdict(Violated("no"))])
    with pytest.raises(Broken, match="an-id"):
        conforming._tell([verdict(), verdict(Unjudged("?"))])


def test_a_verdict_is_told_to_programs_with_all_it_has() -> None:
    """As JSON."""
    told = json.loads(json.dumps(conforming.as_json(verdict(Violated("seen so")))))
    assert {"id", "part", "demand", "verdict", "seen"} == told.keys()
    assert ("does not", "seen so") == (told["verdict"], told["seen"])


def test_every_demand_has_a_name_of_its_own_and_is_looked_at_once() -> None:
    """And says something that a person can read."""
    assert len(ALL) == len({each.id for each in ALL}) == len({each.sentence for each in ALL})
    assert len(ALL) == sum(map(len, GROUPS.values()))
    assert [] == [each.id for each in ALL if not each.sentence[0].isupper() and " " not in each.sentence]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (None, "FileNotFoundError"),
        ("producer = ", "TOMLDecodeError"),
        ('producer = ["node", "producer.js"]', "worker = None"),
        ('producer = "node producer.js"\nworker = ["node"]', "producer = 'node"),
        ("producer = []\nworker = [1]", "producer = \\[\\]"),
    ],
)
def test_a_service_that_cannot_be_started_is_told_why(tmp_path: Path, text: str | None, seen: str) -> None:
    """What was expected of the file, and what stands in it."""
    if text is not None:
        (tmp_path / "service.toml").write_text(text, encoding="utf-8")
    with pytest.raises(NotYet, match=seen):
        commands(tmp_path)


def test_commands_are_taken_as_they_stand(tmp_path: Path) -> None:
    """In any language."""
    (tmp_path / "service.toml").write_text('producer = ["./yours", "http"]\nworker = ["./yours", "work"]\n')
    assert {"producer": ["./yours", "http"], "worker": ["./yours", "work"]} == commands(tmp_path)


def test_nothing_is_installed_for_a_service_that_is_not_of_node(tmp_path: Path) -> None:
    """Another language brings its own."""
    assert {} == node.environ(tmp_path)
