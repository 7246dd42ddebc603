"""What a drill is: a fault, four paragraphs that explain it, and where it can run. The catalogue is made of these."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cli.language import later
from drills.plan import Plan

if TYPE_CHECKING:
    from drills.scene import Scene

PROMPT = 5.0
"""Seconds within which every request is answered, whatever has failed."""
BOTH_WAYS = ("native", "docker")
NATIVE = ("native",)
SECTIONS = {
    later("teaches"): "Teaches",
    later("sees"): "The client sees",
    later("holds"): "Holds",
    later("injected"): "Injected",
}

Inject = Callable[["Scene"], None]


@dataclass(frozen=True, eq=False)
class Drill:
    """One kind of fault."""

    name: str
    group: str
    title: str
    texts: dict[str, str]
    inject: Inject
    plan: Plan = field(default_factory=Plan)
    ways: tuple[str, ...] = BOTH_WAYS
    ci: bool = False
    """Part of the set that continuous integration runs."""
    seconds: float = 3.0
    """How long the fault lasts where its author decides, unless the person who runs it says otherwise."""
    prompt: float = PROMPT
    settle: float = 30.0
    """Seconds within which everything is at rest afterwards."""
    clients: int = 4
    """Threads that send to each API."""
    possible: Callable[[], str] = str
    """Empty where it can run here, else why not."""


def drill(name: str, group: str, **options: object) -> Callable[[Inject], Drill]:
    """Makes a drill of a function that injects its fault; title and texts stand in the function's docstring."""

    def make(inject: Inject) -> Drill:
        title, texts = parse(inspect.getdoc(inject) or "")
        return Drill(name, group, title, texts, inject, **options)  # type: ignore[arg-type]

    return make


def parse(docstring: str) -> tuple[str, dict[str, str]]:
    """The first line, and the paragraphs after "Teaches:", "The client sees:", "Holds:" and "Injected:"."""
    title, _, rest = docstring.partition("\n")
    found = {}
    for key, word in SECTIONS.items():
        match = re.search(rf"^{word}: (.+?)(?=\n\n|\Z|\n(?:{'|'.join(SECTIONS.values())}): )", rest, re.DOTALL | re.M)
        if match is None:
            raise ValueError(f"the drill {title!r} does not say {word!r}")
        found[key] = " ".join(match[1].split())
    return title.rstrip("."), found
