"""The environments of what the lab itself does not need: that of the peers, and a little more for the choices."""

import subprocess
import sys
from pathlib import Path

from cli.console import say
from cli.errors import Failed
from cli.language import _

FOLDER = Path(".lab", "cache", "peers")
PEERS = "bench/peers/requirements.txt"
CHOICES = "bench/choices/requirements.txt"


def of_peers(root: Path) -> str:
    """The interpreter of an environment with what the peers need, made at the first time; Failed where it cannot be."""
    folder = root / FOLDER
    interpreter = folder / "bin" / "python"
    if not _is_installed(root, PEERS, folder / "installed.txt"):
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _install(root, PEERS, interpreter, folder / "installed.txt")
    return str(interpreter)


def of_choices(root: Path) -> str:
    """The interpreter of the same environment, with what the variants need besides."""
    interpreter = of_peers(root)
    # In its folder: it goes with the environment when that is made anew.
    installed = root / FOLDER / "choices.txt"
    if not _is_installed(root, CHOICES, installed):
        _install(root, CHOICES, Path(interpreter), installed)
    return interpreter


def _is_installed(root: Path, requirements: str, installed: Path) -> bool:
    return installed.is_file() and installed.read_text(encoding="utf-8") == (root / requirements).read_text("utf-8")


def _install(root: Path, requirements: str, interpreter: Path, installed: Path) -> None:
    say(_("installing {file} into {folder}", file=requirements, folder=installed.parent))
    _run([str(interpreter), "-m", "pip", "install", "--quiet", "-r", str(root / requirements)])
    installed.write_text((root / requirements).read_text(encoding="utf-8"), encoding="utf-8")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip()[-500:]
        raise Failed(
            _("{command} failed: {words}", command=" ".join(command), words=words),
            part="bench",
            mend=_("Check the network, and try again."),
        )
