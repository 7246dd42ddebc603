"""What the lab remembers between two commands: one small JSON file in the state folder."""

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

FILE = "lab.json"


@dataclass
class Memory:
    """How the lab was last brought up."""

    way: str | None = None
    root: str = ""
    """The checkout that made the state folder; another one must not mistake it for its own."""
    scale: dict[str, int] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    """Variables that the environment of that command set: they hold until the lab is taken down, so that after
    ``HTTP_PORT=8080 ./lab up`` the other commands find the lab without being told again."""
    watch: bool = False
    """Whether Prometheus is part of it; like all of this, until the lab is taken down."""
    agent: bool = False
    """Whether ``./lab up`` has started the agent that the board's buttons ask."""
    ports: dict[str, int] = field(default_factory=dict)
    """Free ports that were chosen for what has no variable in .env, so that a restart finds them again."""


KNOWN = {field.name for field in fields(Memory)}
"""Another version of the lab may have written more."""


def recall(state: Path) -> Memory:
    """What is remembered in ``state``; an empty memory where there is none or it cannot be read."""
    try:
        told = json.loads((state / FILE).read_text(encoding="utf-8"))
        return Memory(**{name: value for name, value in told.items() if name in KNOWN})
    except (OSError, ValueError, TypeError, AttributeError):
        return Memory()


def remember(state: Path, memory: Memory) -> None:
    """Writes the memory so that a reader sees either the old or the new one, never a half."""
    state.mkdir(parents=True, exist_ok=True)
    fresh = state / f"{FILE}.{os.getpid()}"
    fresh.touch(mode=0o600)  # a password can be among what was given
    fresh.write_text(json.dumps(asdict(memory), indent=1) + "\n", encoding="utf-8")
    fresh.replace(state / FILE)


def forget(state: Path) -> None:
    """Nothing but the way is remembered any more, which logs of an ended lab are found by."""
    known = recall(state)
    if known.way:
        remember(state, Memory(way=known.way, root=known.root))
