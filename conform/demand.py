"""A demand of the contract, and the verdict on it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import httpx
from pika.exceptions import AMQPError
from pymongo.errors import PyMongoError

from conform.service import Service

Part = Literal["http", "message", "document"]
Outcome = Literal["holds", "does not", "could not be judged"]
Look = Callable[[Service], str]

PARTS: tuple[Part, ...] = ("http", "message", "document")


class Violated(Exception):
    """The service does something else than is demanded; the message is what was seen."""


class Unjudged(Exception):
    """What had to be seen first was not there; the message says what."""


@dataclass(frozen=True)
class Demand:
    """One sentence of the contract that can be true or false of a service."""

    id: str
    part: Part
    sentence: str
    look: Look
    """Returns what was seen where it holds; raises Violated or Unjudged where it does not."""


@dataclass(frozen=True)
class Verdict:
    """What became of a demand."""

    demand: Demand
    outcome: Outcome
    seen: str


KNOWN: list[Demand] = []
"""In the order in which they are looked at; ``conform.demands`` fills it."""


def demand(part: Part, name: str, sentence: str) -> Callable[[Look], Look]:
    """Makes a demand of a function that looks at a service."""

    def mark(look: Look) -> Look:
        KNOWN.append(Demand(name, part, sentence, look))
        return look

    return mark


def must(holds: object, seen: object) -> None:
    """Raises Violated, with what was seen, unless it holds."""
    if not holds:
        raise Violated(str(seen))


def judge(service: Service, demands: Iterable[Demand]) -> Iterator[Verdict]:
    """The verdict on each demand, one after the other."""
    for each in demands:
        yield Verdict(each, *_looked(each, service))


def _looked(each: Demand, service: Service) -> tuple[Outcome, str]:
    try:
        return "holds", each.look(service)
    except Violated as error:
        return "does not", str(error)
    except Unjudged as error:
        return "could not be judged", str(error)
    except httpx.HTTPError as error:
        return "does not", f"no answer over HTTP: {type(error).__name__}: {error}"
    except (AMQPError, PyMongoError, OSError) as error:
        return "could not be judged", f"the lab did not answer: {type(error).__name__}: {error}"
