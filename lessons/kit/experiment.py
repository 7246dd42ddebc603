"""An experiment: a prediction that is there before the measurement, and a seal that shows whether its file was changed.

The seal shows carelessness, and no ill will: how it is made stands here.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from lessons.kit.verdict import NotYet, expect

PREDICTION, RUN, EXPLANATION = "prediction.toml", "run.json", "explanation.toml"
SEAL = "seal"
WORDS = 3
"""With fewer nobody has said why."""
Document = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What each task of a measurement does."""

    io_ms: int
    """So long it waits."""
    cpu_ms: int
    """So long it computes."""


CASES = {"wait": Case(20, 0), "compute": Case(0, 5), "both": Case(20, 5)}


def read(folder: Path, name: str) -> Document:
    """A TOML or JSON file of the student's; NotYet where it is not there or not written so."""
    path = folder / name
    what = f"{name} among your files"
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError as error:
        raise NotYet(what, "there is none") from error
    except ValueError as error:
        raise NotYet(what, f"it cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise NotYet(what, "it is not written as one")
    return found


def predicted(document: Mapping[str, Any]) -> dict[str, float]:
    """The figure for each case; NotYet where one is missing, or nobody has said why."""
    for name in CASES:
        figure = document.get(name)
        given = isinstance(figure, int | float) and not isinstance(figure, bool) and figure > 0
        expect(given, f"a figure for {name} in {PREDICTION}, greater than 0", repr(figure))
    said = str(document.get("because", ""))
    expect(len(said.split()) >= WORDS, f"because = … in {PREDICTION}: why you think so, in a sentence", repr(said))
    return {name: float(document[name]) for name in CASES}


def as_json() -> dict[str, dict[str, int]]:
    """The cases, for whoever reads a run."""
    return {name: asdict(case) for name, case in CASES.items()}


def sealed(document: Document) -> Document:
    """The same with a seal over all of it."""
    return {**document, SEAL: _seal(document)}


def is_whole(document: Document) -> bool:
    """Whether it is as it was when it was sealed."""
    return bool(document.get(SEAL) == _seal({name: value for name, value in document.items() if name != SEAL}))


def _seal(document: Document) -> str:
    return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]
