"""What a probe of the doctor has found."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at: fail is what the lab cannot work with, warn is what may trouble it."""

    name: str
    verdict: Verdict
    seen: str
    mend: str = ""
