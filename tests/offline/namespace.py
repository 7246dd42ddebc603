"""A network namespace that has loopback and nothing else. Who asks for another network is refused, and counted."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

UNSHARE, ENTER = ("unshare", "--net"), ("nsenter", "--net")
HOLD = "ip link set lo up && echo ready && exec cat"
"""The namespace lasts as long as somebody is in it: until its standard input ends."""
KIB = 1024


@dataclass(frozen=True)
class Namespace:
    """The namespace, known by the process that holds it."""

    holder: int

    def start(self, command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> subprocess.Popen[str]:
        """A program in it."""
        return subprocess.Popen(
            [*ENTER, "--target", str(self.holder), "--", *command], cwd=cwd, env=dict(environ), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def attempts(self) -> int:
        """How often something in it has asked for an address beyond loopback, name servers included."""
        folder = Path("/proc", str(self.holder), "net")
        return _of_ipv4((folder / "snmp").read_text()) + _of_ipv6((folder / "snmp6").read_text())

    def processes(self) -> Iterator[psutil.Process]:
        """Everything that runs in it, but who holds it."""
        own = _of(self.holder)
        for process in psutil.process_iter():
            try:
                if process.pid != self.holder and _of(process.pid) == own:
                    yield process
            except OSError:  # It has ended since.
                continue

    def memory(self) -> int:
        """The bytes that all of them take; what several share is counted once."""
        return sum(_share(process.pid) for process in self.processes())


def _of(pid: int) -> Path:
    """What names a process's network namespace."""
    return Path("/proc", str(pid), "ns", "net").readlink()


def _share(pid: int) -> int:
    """A process's proportional set size, in bytes; nothing for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * KIB for line in lines if line.startswith("Pss:")), 0)


def _of_ipv4(text: str) -> int:
    names, values = (line.split() for line in text.splitlines() if line.startswith("Ip:"))
    return int(values[names.index("OutNoRoutes")])


def _of_ipv6(text: str) -> int:
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Ip6OutNoRoutes")), 0)


@contextmanager
def namespace() -> Iterator[Namespace]:
    """The namespace, while the block lasts."""
    command = [*UNSHARE, "sh", "-c", HOLD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin
        assert holder.stdout
        assert "ready\n" == holder.stdout.readline(), "no network namespace can be made here: that needs root, and ip"
        yield Namespace(holder.pid)
        holder.stdin.close()


def python() -> str:
    """The Python that this environment was made with: a student has no other."""
    return str(Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}"))
