"""Prometheus, as whoever looks at it asks."""

import math
from dataclasses import dataclass
from typing import Any

import httpx

TIMEOUT = 10.0


@dataclass(frozen=True)
class Sample:
    """One series of an answer, and its value now."""

    labels: dict[str, str]
    value: float


@dataclass(frozen=True)
class Prometheus:
    """The one at this address."""

    address: str

    def ask(self, path: str, **parameters: str) -> Any:
        """What its API answers; AssertionError with its words where it refuses the question."""
        answer = httpx.get(f"{self.address}/api/v1/{path}", params=parameters, timeout=TIMEOUT, trust_env=False)
        document = answer.json()
        assert document["status"] == "success", document
        return document["data"]

    def query(self, expression: str) -> list[Sample]:
        """The series that an expression gives now, without those that have no number."""
        result = self.ask("query", query=expression)["result"]
        found = [Sample(one["metric"], float(one["value"][1])) for one in result]
        return [sample for sample in found if not math.isnan(sample.value)]

    def firing(self, name: str) -> list[dict[str, Any]]:
        """The alerts of that name that fire now."""
        alerts = self.ask("alerts")["alerts"]
        return [one for one in alerts if one["labels"]["alertname"] == name and one["state"] == "firing"]

    def targets(self) -> dict[str, list[str]]:
        """The health of each target, by job: up, down or unknown."""
        found: dict[str, list[str]] = {}
        for target in self.ask("targets", state="active")["activeTargets"]:
            found.setdefault(target["labels"]["job"], []).append(target["health"])
        return found

    def missing(self, jobs: set[str]) -> dict[str, list[str]]:
        """What is not as it should be: jobs without a target that is up, or with one that is not."""
        found = self.targets()
        return {job: found.get(job, []) for job in jobs if set(found.get(job, [])) != {"up"}}
