"""What only a part of the lab needs, installed into its environment when that part is used."""

import hashlib
import subprocess
import sys
from pathlib import Path

from cli.config import ROOT
from cli.console import say
from cli.errors import Broken
from cli.language import _

REQUIREMENTS = ("tests/requirements.txt", "drills/requirements.txt")
"""What only tests and checks need; the drills need theirs when they run too."""


def install(*files: str) -> None:
    """What only a part of the lab needs, into its environment; nothing to do for a file that has been installed."""
    wanted = missing(*files)
    if not wanted:
        return
    files_named = _(" and ").join(wanted)
    say(_("installing what {files} name" if wanted[1:] else "installing what {files} names", files=files_named))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += [word for file in wanted for word in ("-r", str(ROOT / file))]
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False).returncode != 0:
        mend = _("Check the network. From a stick: ./lab up --from /media/stick installs it too.")
        raise Broken(_("pip could not install it; its own words are above"), mend=mend)
    for file in wanted:
        _mark(file).write_text(_digest(file))


def missing(*files: str) -> list[str]:
    """Those of these requirements that are not installed as they are written now."""
    return [file for file in files if (ROOT / file).is_file() and not _is_installed(file)]


def _is_installed(file: str) -> bool:
    return _mark(file).exists() and _mark(file).read_text() == _digest(file)


def _mark(file: str) -> Path:
    """Holds the digest of the requirements as they were when they were installed."""
    return Path(sys.prefix, f"tasklab-{Path(file).parent.name}-requirements")


def _digest(file: str) -> str:
    return hashlib.sha256((ROOT / file).read_bytes()).hexdigest()
