"""The doctor's probes of the checkout itself: an old state folder, line ends of another system."""

from collections.abc import Iterator
from pathlib import Path

import psutil

from cli import memory, supervision, supervisord
from cli.config import Lab
from cli.findings import Finding
from cli.language import _
from cli.machine import is_linux
from cli.stack import Way

LF_ONLY = (
    "lab",
    ".env",
    "docker-compose.yml",
    "cli/launch.py",
    "nginx/*.template",
    "*/Dockerfile",
    "*/*.sh",
    ".ci/run",
)


def state_folder(lab: Lab, _way: Way) -> Iterator[Finding]:
    """Made by this checkout, and left by a lab that was taken down."""
    known = memory.recall(lab.state)
    if known.root and known.root != str(lab.root):
        seen = _("{state} was made by the checkout {root}", state=lab.state, root=known.root)
        yield Finding(
            _("state folder"), "warn", seen, _("Its data are used as they are. To begin anew: ./lab down --volumes")
        )
    elif is_linux():
        yield from _supervisor(lab)


def _supervisor(lab: Lab) -> Iterator[Finding]:
    pid = _recorded_pid(lab.state / "supervisord.pid")
    if pid is None or supervision.answers(lab):
        yield Finding(_("state folder"), "ok", str(lab.state))
    elif _is_supervisor(pid, lab):
        mend = _("kill {pid}, then ./lab up", pid=pid)
        yield Finding(_("state folder"), "fail", _("supervisord (pid {pid}) runs but does not answer", pid=pid), mend)
    else:
        seen = _("process {pid}, which {state} names, is gone: the lab was killed", pid=pid, state=lab.state)
        yield Finding(_("state folder"), "warn", seen, _("./lab up ends what was left behind and starts anew"))


def _recorded_pid(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _is_supervisor(pid: int, lab: Lab) -> bool:
    try:
        return str(lab.state / supervisord.CONFIG) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def line_ends(lab: Lab, _way: Way) -> Iterator[Finding]:
    """Files that shells, nginx or containers read must not have Windows' line ends."""
    found = [path for pattern in LF_ONLY for path in sorted(lab.root.glob(pattern)) if has_crlf(path)]
    if not found:
        yield Finding(_("line ends"), "ok", "LF")
        return
    names = " ".join(path.relative_to(lab.root).as_posix() for path in found)
    mend = _("git config core.autocrlf false, delete these files, then: git checkout -- {names}", names=names)
    yield Finding(_("line ends"), "fail", _("Windows' line ends (CRLF) in {names}", names=names), mend)


def has_crlf(path: Path) -> bool:
    """Whether any line ends the Windows way."""
    try:
        return b"\r\n" in path.read_bytes()
    except OSError:
        return False
