"""The word that the agent asks for, which only the board's own page is told."""

import os
import secrets

from cli import memory
from cli.config import Lab

FILE = "agent-token"
BYTES = 32
OFF = "off"


def is_off(lab: Lab) -> bool:
    """Whether LAB_CONTROLS says that there is no agent."""
    return lab.variables.get("LAB_CONTROLS") == OFF


def token(lab: Lab) -> str:
    """The token of this lab, the same for as long as its state folder lives; empty where there is no agent."""
    if is_off(lab) or not memory.recall(lab.state).agent:
        return ""
    path = lab.state / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _write(path.parent, secrets.token_urlsafe(BYTES))
    return path.read_text(encoding="utf-8").strip()


def _write(folder: os.PathLike[str], text: str) -> None:
    """Under its name only when it is whole, and never over another one: two commands may begin at once."""
    fresh = os.path.join(folder, f"{FILE}.{os.getpid()}")  # noqa: PTH118
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    try:
        os.link(fresh, os.path.join(folder, FILE))  # noqa: PTH118
    except FileExistsError:
        pass
    finally:
        os.unlink(fresh)  # noqa: PTH108
