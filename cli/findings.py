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

    @property
    def kind(self) -> str:
        """What it is about: one row of the table in docs/teaching.md, whichever port or queue it names."""
        if self.name.endswith("_PORT"):
            return "port"
        return "queue" if self.name.startswith("queue ") else self.name
