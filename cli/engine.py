"""Is there a Docker engine with Compose, and if not, what is missing?"""

import functools
import shutil
import subprocess
from dataclasses import dataclass

from cli.language import _

TIMEOUT = 15.0
DESKTOP = "https://docs.docker.com/get-started/get-docker/"


@dataclass(frozen=True)
class Engine:
    """What was found. ``missing`` is empty where everything is there."""

    version: str = ""
    missing: str = ""
    mend: str = ""


@functools.cache
def engine() -> Engine:
    """Asks once a command: the engine may be on another host, or start slowly."""
    if shutil.which("docker") is None:
        return Engine(
            missing=_("there is no docker command"),
            mend=_("Install Docker Desktop or Docker Engine: {address}", address=DESKTOP),
        )
    version, words = _ask(["docker", "info", "--format", "{{.ServerVersion}}"])
    if not version:
        return Engine(missing=_("the Docker engine does not answer ({words})", words=words), mend=_how_to_start(words))
    compose, _said = _ask(["docker", "compose", "version", "--short"])
    if not compose:
        mend = _(
            "Install the package docker-compose-v2 (Ubuntu), docker-compose-plugin (Docker's own), or Docker Desktop."
        )
        return Engine(version, _("the Docker engine has no Compose (docker compose version fails)"), mend)
    return Engine(_("{version}, Compose {compose}", version=version, compose=compose))


def _how_to_start(words: str) -> str:
    if "permission denied" in words.lower():
        return _("Add yourself to the group docker (sudo usermod -aG docker $USER) and log in anew.")
    return _("Start Docker Desktop, or: sudo systemctl start docker")


def _ask(command: list[str]) -> tuple[str, str]:
    """Standard output where the command succeeds, else nothing and the last line of what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return (done.stdout.strip() if done.returncode == 0 else ""), (said[-1] if said else _("it says nothing"))
