"""The defects that an exhibit may have, what each is called, and what students have written down."""

from collections.abc import Mapping
from pathlib import Path

from lessons.kit.verdict import NotYet, expect

FILE = "names.txt"
EXHIBITS = tuple(f"exhibit_{number:02d}" for number in range(1, 13))
DEFECTS = (
    "acknowledged-too-early",
    "batch-acknowledged",
    "blocking-call",
    "connection-a-task",
    "connection-across-fork",
    "hidden-success",
    "injection",
    "lost-update",
    "no-backoff",
    "no-confirm",
    "no-idempotency",
    "no-prefetch",
    "not-durable",
    "poison-loop",
    "unbounded-memory",
    "wrong-order",
)
RIGHT: Mapping[str, str] = dict(
    zip(
        EXHIBITS,
        (
            "acknowledged-too-early",
            "not-durable",
            "no-idempotency",
            "no-prefetch",
            "blocking-call",
            "no-confirm",
            "connection-across-fork",
            "hidden-success",
            "poison-loop",
            "no-backoff",
            "batch-acknowledged",
            "unbounded-memory",
        ),
        strict=True,
    )
)


def read(folder: Path) -> dict[str, str]:
    """Which defect the student says an exhibit has; NotYet for a line that says nothing of the kind."""
    file = folder / FILE
    expect(file.is_file(), f"a file {FILE}", "it is not there: ./lab task 12 puts it into a new folder")
    lines = file.read_text(encoding="utf-8").splitlines()
    told = [line.partition("#")[0].strip() for line in lines]
    return dict(_pair(line) for line in told if line and not line.endswith(":"))


def _pair(line: str) -> tuple[str, str]:
    exhibit, colon, defect = (part.strip() for part in line.partition(":"))
    if not colon or exhibit not in RIGHT:
        raise NotYet(f"lines such as exhibit_01: {DEFECTS[0]} in {FILE}", repr(line))
    if defect not in DEFECTS:
        raise NotYet(f"the name of a defect from the lesson's list for {exhibit}", repr(defect))
    return exhibit, defect
