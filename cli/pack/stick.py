"""What lies on a stick that ``./lab pack`` has made, and whether it is whole.

Standard library only: ``lab`` reads this before anything is installed.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

SUMS, FACTS, README = "SHA256SUMS", "pack.json", "README.txt"
BUNDLE, ARCHIVE = "tasklab.bundle", "tasklab.tar.gz"
WHEELS, PACKAGES, IMAGES = "wheels", "packages", "images"
NODE = "node"
NPM = f"{NODE}/npm"
"""What the lessons' services in Node.js take from npm, installed: it is the same for every computer."""
SAVED = f"{IMAGES}/images.tar"
OPTION = "--from"
CHUNK = 1024 * 1024
BEING_WRITTEN = ".part"


class NotWhole(Exception):
    """The folder is no stick, a damaged one, or one for other computers; ``mend`` says what to do."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


@dataclass(frozen=True)
class Stick:
    """A stick that can be read."""

    folder: Path
    sums: dict[str, str]
    """The SHA-256 sum of each file, by its path on the stick."""
    facts: dict[str, Any]

    def holds(self, place: str) -> bool:
        """Whether there is this file, or anything in this folder."""
        return any(True for _ in self._files(place))

    def check(self, place: str, tell: Callable[[str], None]) -> None:
        """NotWhole where a file there is not as it was packed, is missing, or was put there since."""
        named = list(self._files(place))
        size = sum(path.stat().st_size for name in named if (path := self.folder / name).is_file())
        tell(f"checking {place} on the stick ({len(named)} files, {megabytes(size)})")
        for name in named:
            if digest(self.folder / name) != self.sums[name]:
                raise NotWhole(f"{name} on the stick is not as it was packed", self._anew())
        for stranger in self._strangers(place):
            raise NotWhole(f"{stranger} on the stick was not put there by ./lab pack", f"Delete it, or: {self._anew()}")

    def wheels(self) -> str:
        """The folder of this Python's wheels; NotWhole where it has none."""
        place = f"{WHEELS}/{python_tag()}"
        if not self.holds(place):
            raise NotWhole(self._others(WHEELS, "wheels", python_tag()), self._with("this Python"))
        return place

    def packages(self) -> str:
        """The folder of this distribution's packages; NotWhole where it has none."""
        place = f"{PACKAGES}/{distribution_tag()}"
        if not self.holds(place):
            raise NotWhole(self._others(PACKAGES, "packages", distribution_tag()), self._with("this distribution"))
        return place

    def pip(self) -> dict[str, str]:
        """The environment in which pip takes everything from the stick, and asks no network."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        # As an address, because pip cuts the variable at spaces.
        links = (self.folder / self.wheels()).as_uri()
        return {**own, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": links}

    def apt(self, folder: Path) -> list[str]:
        """apt-get, with the stick as its only source. It keeps its lists in ``folder``, not in the system's."""
        for name in ("lists", "archives"):
            (folder / name / "partial").mkdir(parents=True, exist_ok=True)
        sources = folder / "sources.list"
        # Trusted, because the sums of the stick are checked before.
        sources.write_text(f"deb [trusted=yes] file:{quote(str(self.folder / self.packages()))} ./\n", encoding="utf-8")
        return apt_get(folder, SourceList=str(sources), SourceParts="-")

    def _files(self, place: str) -> Iterator[str]:
        return (name for name in self.sums if name == place or name.startswith(f"{place}/"))

    def _strangers(self, place: str) -> Iterator[str]:
        """Systems leave hidden files of their own on sticks; what is installed from is never hidden."""
        top = self.folder / place
        for path in sorted(top.rglob("*")) if top.is_dir() else []:
            name = path.relative_to(self.folder).as_posix()
            if path.suffix in {".whl", ".deb"} and not path.name.startswith(".") and name not in self.sums:
                yield name

    def _others(self, place: str, what: str, wanted: str) -> str:
        there = ", ".join(sorted({name.split("/")[1] for name in self._files(place)})) or "none"
        return f"the stick has no {what} for {wanted} (it has: {there})"

    def _with(self, what: str) -> str:
        return f"On a computer with {what} and a network, into the same folder: ./lab pack {self.folder}"

    def _anew(self) -> str:
        return f"Pack it anew on a computer with a network (./lab pack {self.folder}), or copy it from another stick."


def opened(folder: Path) -> Stick:
    """The stick; NotWhole where there is none, or not a finished one."""
    folder = folder.expanduser().resolve()
    mend = f"Give the folder that ./lab pack has written: ./lab up {OPTION} /media/stick"
    if not (folder / SUMS).is_file():
        raise NotWhole(f"{folder} is no folder that ./lab pack has finished: it has no {SUMS}", mend)
    try:
        sums = _sums((folder / SUMS).read_text("utf-8"))
        facts = dict(json.loads((folder / FACTS).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise NotWhole(f"{folder}: {SUMS} or {FACTS} cannot be read ({error})", mend) from error
    return Stick(folder, sums, facts)


def _sums(text: str) -> dict[str, str]:
    """The sum of each file, as sha256sum writes and reads them."""
    pairs = [line.split("  ", 1) for line in text.splitlines()]
    return {name: value for value, name in pairs}


def given(arguments: Sequence[str]) -> Path | None:
    """The folder behind ``--from`` of ``./lab up``; None where none stands there."""
    if "up" not in arguments:
        return None
    for place, word in enumerate(arguments):
        if word.startswith(f"{OPTION}="):
            return Path(word.partition("=")[2])
        if word == OPTION and place + 1 < len(arguments):
            return Path(arguments[place + 1])
    return None


def apt_get(folder: Path, **sources: str) -> list[str]:
    """apt-get with its lists and downloads in ``folder``, so that none of the system's is touched."""
    options = {"Dir::State::Lists": f"{folder}/lists", "Dir::Cache": str(folder), "Acquire::Languages": "none"}
    options |= {f"Dir::Etc::{name}": value for name, value in sources.items()}
    # Debian's own download user may not read a stick, nor write into a home.
    options["APT::Sandbox::User"] = "root"
    return ["apt-get", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]


def digest(path: Path) -> str:
    """The file's SHA-256 sum; empty where it cannot be read."""
    made = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                made.update(chunk)
    except OSError:
        return ""
    return made.hexdigest()


def python_tag() -> str:
    """For which computers this Python's wheels are: ``python3.11-linux-x86_64``."""
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-{sys.platform}-{platform.machine().lower()}"


def distribution_tag() -> str:
    """For which computers this distribution's packages are: ``debian-12-amd64``."""
    try:
        system = platform.freedesktop_os_release()
        processor = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return f"{sys.platform}-without-dpkg"
    return f"{system['ID']}-{system.get('VERSION_ID', 'testing')}-{processor.strip()}"


def megabytes(size: int) -> str:
    """As people read it."""
    return f"{size / 1_000_000:.0f} MB"
