"""The steps of a check: functions in the order in which they stand, each with a sentence that says what it looks at."""

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

from lessons.kit.place import Place
from lessons.kit.verdict import CannotJudge, NotYet

Look = Callable[[Place], None]
State = Literal["passed", "not yet", "not reached"]
MARK = "_sentence"


@dataclass(frozen=True)
class Finding:
    """What became of one step."""

    sentence: str
    state: State
    expected: str = ""
    seen: str = ""
    hop: str = ""
    """Where the chain breaks first, read from the lab as it is now."""


def step(sentence: str) -> Callable[[Look], Look]:
    """Makes a step of a function that raises NotYet where something is not as it should be."""

    def mark(look: Look) -> Look:
        setattr(look, MARK, sentence)
        return look

    return mark


def load(file: Path) -> list[Look]:
    """The steps of a check, in their order; CannotJudge where the file has none."""
    found = [look for look in vars(_module(file)).values() if hasattr(look, MARK)]
    if not found:
        raise CannotJudge(f"{file} has no step", "Mark its functions with @step(…).")
    return found


def _module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"check_{file.parent.name.replace('-', '_')}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(looks: list[Look], place: Place) -> Iterator[Finding]:
    """What each step finds, one after the other. After the first that is not yet right, the others are not reached."""
    failed = False
    for look in looks:
        sentence = str(getattr(look, MARK))
        if failed:
            yield Finding(sentence, "not reached")
            continue
        try:
            look(place)
        except NotYet as missing:
            failed = True
            yield Finding(sentence, "not yet", missing.expected, missing.seen, missing.hop)
        else:
            yield Finding(sentence, "passed")
