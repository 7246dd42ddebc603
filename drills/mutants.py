"""Negative controls: small defects planted in the services. A checker that has never been seen to fail proves nothing.

What each defect changes stands in ``drills.inside``, never in the services.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cli.language import later
from drills.catalogue import everything as every_drill
from drills.entries import KINDS
from drills.record import Tell, nobody
from drills.result import DrillResult, MutantResult
from drills.run import run
from drills.sides import Side
from drills.stage import Stage

MOST_WORDS = 160


@dataclass(frozen=True)
class Mutant:
    """A defect, and the drill that must catch it."""

    name: str
    title: str
    part: str
    """api or worker."""
    drill: str


MUTANTS = (
    Mutant("auto-ack", later("automatic acknowledgement"), "worker", "kill-worker-without-store"),
    Mutant("ack-first", later("acknowledged before the insert"), "worker", "kill-worker-without-store"),
    Mutant("weak-writes", later("w=1, j=false instead of majority and journal"), "worker", "kill-mongod"),
    Mutant("non-idempotent", later("each insert makes an id of its own"), "worker", "duplicates"),
    Mutant("whole-batch", later("the whole batch is acknowledged although some of it failed"), "worker", "poison"),
    Mutant("requeue", later("another attempt at once, counted by the broker"), "worker", "mongo-document-refused"),
    Mutant("no-confirms", later("published is taken for confirmed"), "api", "kill-frozen-rabbitmq"),
    Mutant(
        "retry-unconfirmed", later("a retry is acknowledged before its own confirm"), "worker", "delete-retry-queue"
    ),
    Mutant("swallowed-nack", later("the broker's nack is taken for a confirm"), "api", "queue-full"),
    Mutant("not-mandatory", later("a message without a queue is confirmed and lost"), "api", "queue-deleted"),
    Mutant("too-early", later("202 before the publish, whose error is dropped"), "api", "kill-rabbitmq"),
)


def everything() -> Sequence[Mutant]:
    """The planted defects."""
    return MUTANTS


def impossible(ready: Stage) -> str:
    """Why no defect can be planted here; empty where one can."""
    return "" if ready.way == "native" else "only in native services: those in containers run as they were built"


def hunt(ready: Stage, mutant: Mutant, sides: Sequence[Side], seed: int, tell: Tell = nobody) -> list[MutantResult]:
    """Whether the ledger of the drill convicts the defect, on each twin."""
    one = every_drill()[mutant.drill]
    services = tuple(side.api if mutant.part == "api" else side.worker for side in sides)
    plan = one.plan.also(services, f"mutant:{mutant.name}")
    return [_verdict(mutant, result) for result in run(ready, replace(one, plan=plan), seed, None, sides, tell)]


def _verdict(mutant: Mutant, result: DrillResult) -> MutantResult:
    """Only the ledger convicts: a slow answer or a late recovery may have other causes."""
    found = result.account
    counted = [f"{getattr(found, kind)} {kind.replace('_', ' ')}" for kind in KINDS if getattr(found, kind)]
    first = f"; {found.wrong[0].known}" if found.wrong else ""
    how = f"{', '.join(counted) or 'the ledger says nothing'}{first}"[:MOST_WORDS]
    return MutantResult(mutant.name, mutant.title, mutant.drill, result.twin, bool(found.wrong), how)
