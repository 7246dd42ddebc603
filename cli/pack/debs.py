"""The distribution's packages of a stick, with everything they need, for computers of this one's distribution."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cli import packages
from cli.console import say
from cli.errors import Broken
from cli.language import _, later, many
from cli.pack import stick

WANTED = ("rabbitmq-server", "nginx", "libcurl4", "curl", *packages.WATCHERS, "git", "python3", "python3-venv")
"""What the native way runs, what lesson 13 watches it with, and what the first commands are typed with."""
NETWORK = later("Check the network and apt's sources (apt-get update), then type it again.")


def gather(cache: Path) -> Path | None:
    """The folder in ``cache`` with the packages and their index; None where this computer has no apt."""
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        say(_("packages: none, since this computer has no apt-get (the native way needs Debian or Ubuntu)"))
        return None
    tag = stick.distribution_tag()
    apt, folder = packages.made(cache / "apt"), packages.made(cache / tag)
    say(many("packages: asking for {number} of {tag} and all that they need (110 MB at first)", len(WANTED), tag=tag))
    _download(apt)
    _take(apt / "archives", folder)
    (folder / "Packages").write_text(index(folder), encoding="utf-8")
    return folder


def _download(apt: Path) -> None:
    """As on a computer where nothing is installed, so that nothing is left out because this one has it."""
    status = apt / "status"
    status.write_text("")
    for name in ("lists", "archives"):
        packages.made(apt / name / "partial")
    command = [*stick.apt_get(apt), "-o", f"Dir::State::Status={status}"]
    _run([*command, "-qq", "update"])
    # Files of versions that are no longer offered.
    _run([*command, "-qq", "autoclean"])
    _run([*command, "-y", "--no-install-recommends", "--download-only", "install", *WANTED])


def _run(command: list[str]) -> None:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    seen = sys.stderr.isatty() and "--download-only" in command
    done = subprocess.run(
        command, env=environ, stdout=sys.stderr if seen else subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        words = next((line for line in done.stderr.splitlines() if line.startswith("E:")), done.stderr.strip())
        raise Broken(_("apt-get could not get the packages: {words}", words=words), part="pack", mend=_(NETWORK))


def _take(archives: Path, folder: Path) -> None:
    """Each package under a name that every file system takes: apt's own have an escaped colon."""
    there = {name_on_stick(path.name): path for path in archives.glob("*.deb")}
    for old in [path for path in folder.glob("*.deb") if path.name not in there]:
        old.unlink()
    for name, path in there.items():
        target = folder / name
        if not target.exists():
            shutil.copy(path, target)


def name_on_stick(name: str) -> str:
    """Without the epoch: ``curl_1%3a7.88_amd64.deb`` is ``curl_7.88_amd64.deb``."""
    package, version, rest = name.split("_", 2)
    return f"{package}_{version.rpartition('%3a')[2]}_{rest}"


def index(folder: Path) -> str:
    """The text by which apt knows what lies in the folder."""
    return "\n".join(_entry(path) for path in sorted(folder.glob("*.deb")))


def _entry(path: Path) -> str:
    done = subprocess.run(["dpkg-deb", "--field", str(path)], capture_output=True, text=True, check=True)
    fields = {"Filename": f"./{path.name}", "Size": path.stat().st_size, "SHA256": stick.digest(path)}
    return "\n".join([done.stdout.rstrip(), *(f"{name}: {value}" for name, value in fields.items()), ""])
