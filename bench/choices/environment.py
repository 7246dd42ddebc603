"""The environment of variants that need what the lab does not have: the peers', and a little more."""

import subprocess
from pathlib import Path

from bench.parts import peers
from cli.console import say
from cli.errors import Failed

REQUIREMENTS = "bench/choices/requirements.txt"


def interpreter(root: Path) -> str:
    """The interpreter of that environment, which is made at the first time; Failed where it cannot be."""
    found = peers.install(root)
    wanted = (root / REQUIREMENTS).read_text(encoding="utf-8")
    # In its folder: it goes with the environment when that is made anew.
    installed = Path(found).parents[1] / "choices.txt"
    if not installed.is_file() or installed.read_text(encoding="utf-8") != wanted:
        say(f"installing {REQUIREMENTS} into {installed.parent}")
        _install([found, "-m", "pip", "install", "--quiet", "-r", str(root / REQUIREMENTS)])
        installed.write_text(wanted, encoding="utf-8")
    return found


def _install(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip()[-500:]
        raise Failed(f"{' '.join(command)} failed: {words}", part="bench", mend="Check the network, and try again.")
