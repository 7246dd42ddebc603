"""The doctor's probes of what computer rooms are known for: clocks, network homes, rights, strange Pythons."""

import os
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from cli.config import Lab
from cli.findings import Finding
from cli.language import _
from cli.packages import on_linux
from cli.stack import Way

NETWORKED = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "vboxsf", "drvfs", "fuse.sshfs", "fuse.vmhgfs-fuse"}
"""File systems of other computers, or of the one around a virtual machine."""
MISLEADING = ("PYTHONPATH", "PYTHONHOME")
A_DAY = 86_400


def clock(lab: Lab, _way: Way) -> Iterator[Finding]:
    """An empty battery sets a clock years back: downloads are then refused, and times in passports are wrong."""
    made = _last_commit(lab.root)
    if made:
        yield set_right(time.time(), made)


def set_right(now: float, made: float) -> Finding:
    """The clock cannot be before the last commit of this checkout; a day is for who has set it by hand."""
    seen = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now > made - A_DAY:
        return Finding(_("clock"), "ok", seen)
    day = datetime.fromtimestamp(made, UTC).strftime("%Y-%m-%d")
    mend = _("Set it (as root: timedatectl set-ntp true, or date --set …); then type the command again.")
    return Finding(_("clock"), "warn", _("{seen}, and this checkout is of {day}", seen=seen, day=day), mend)


def _last_commit(root: Path) -> float | None:
    """When it was made; without git, when the file was that an archive has brought with its date."""
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.strip()
        return float(said) if said.isdecimal() else (root / "lab").stat().st_mtime
    except (OSError, subprocess.TimeoutExpired):
        return None


def place(lab: Lab, way: Way) -> Iterator[Finding]:
    """Servers lock and flush their files; a home that lies on another computer does that slowly or not at all."""
    if way == "native":
        mounts = [(part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]
        yield on_own_disk(lab.state, mounts)


def on_own_disk(folder: Path, mounts: Iterable[tuple[str, str]]) -> Finding:
    """What the innermost mount that holds the folder is."""
    holding = [(point, kind) for point, kind in mounts if folder.is_relative_to(point)]
    point, kind = max(holding, key=lambda one: len(one[0]), default=("/", "unknown"))
    if kind not in NETWORKED:
        return Finding(_("place"), "ok", _("{folder} lies on this computer ({kind})", folder=folder, kind=kind))
    mend = _("Keep its data here: export LAB_STATE=/var/tmp/tasklab-$USER, before every ./lab")
    seen = _("{folder} lies on another computer ({kind} on {point})", folder=folder, kind=kind, point=point)
    return Finding(_("place"), "warn", seen, mend)


def owner(lab: Lab, _way: Way) -> Iterator[Finding]:
    """After one ``sudo ./lab up`` its files are root's, and everything later fails at some of them."""
    if on_linux() and os.geteuid() != 0:
        yield owned([lab.state, *_inside(lab.state), lab.root / ".venv"], os.geteuid())


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def owned(paths: Sequence[Path], user: int) -> Finding:
    """Whether all of those that there are belong to the user."""
    others = [str(path) for path in paths if path.exists() and path.stat().st_uid != user]
    if not others:
        return Finding(_("owner"), "ok", _("the lab's files are yours"))
    seen = _("{path} belongs to somebody else: was ./lab typed with sudo once?", path=others[0])
    return Finding(_("owner"), "fail", seen, f"sudo chown -R {user} .lab .venv")


def variables(_lab: Lab, _way: Way) -> Iterator[Finding]:
    """Variables that lead Python to other programs' packages, as some rooms set them for everybody."""
    yield from misled(os.environ)


def misled(environ: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for all that are set."""
    found = [name for name in MISLEADING if environ.get(name)]
    if found:
        seen = _("{names} is set, so the lab may import what is not its own", names=_(" and ").join(found))
        yield Finding(_("Python's variables"), "warn", seen, " ".join(["unset", *found]))
