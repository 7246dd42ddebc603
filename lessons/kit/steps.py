"""The steps of a check: functions in the order in which they stand, each with a sentence that says what it looks at."""

import importlib.util
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

import httpx
from pika.exceptions import AMQPError
from pymongo.errors import PyMongoError

from lessons.kit.place import Place
from lessons.kit.verdict import CannotJudge, NotYet

Look = Callable[[Place], None]
State = Literal["passed", "not yet", "not reached"]
MARK = "_sentence"
OUTAGES = (httpx.HTTPError, AMQPError, PyMongoError, ConnectionError)
"""What the check's own questions to the lab end with where a part of it does not answer."""


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


def stage(file: Path, name: str, place: Place) -> bool:
    """Makes the queues and data of a lesson's ``begin`` or ``end``, where its check has a function called so."""
    make: Look | None = getattr(_module(file), name, None)
    if make is not None:
        _look(make, place, f"{name} of {file.parent.name}")
    return make is not None


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
            _look(look, place, sentence)
        except NotYet as missing:
            failed = True
            yield Finding(sentence, "not yet", missing.expected, missing.seen, missing.hop)
        else:
            yield Finding(sentence, "passed")


def _look(look: Look, place: Place, sentence: str) -> None:
    """CannotJudge where the lab did not answer, or the check itself is at fault: neither is a wrong answer."""
    try:
        look(place)
    except (NotYet, CannotJudge):
        raise
    except OUTAGES as error:
        raise CannotJudge(f"the lab did not answer: {type(error).__name__}: {error}", "./lab status") from error
    except Exception as error:
        *_, frame = traceback.extract_tb(error.__traceback__)
        where = f"{Path(frame.filename).name}, line {frame.lineno}"
        what = f"the check does not know what to say at “{sentence}”: {type(error).__name__}: {error} ({where})"
        raise CannotJudge(what, "Tell whoever wrote the lesson, and show your files.") from error
