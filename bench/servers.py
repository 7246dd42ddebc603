"""Programs that are measured beside the lab's own: started, waited for, and stopped again."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from cli import packages, render
from cli.config import Lab
from cli.errors import Failed
from cli.language import _
from cli.ports import LOOPBACK, free_port, is_free
from drills.waiting import wait_until

READY_WITHIN = 30.0
ENDS_WITHIN = 15.0
FINISHES_WITHIN = 600.0


@contextmanager
def running(command: Sequence[str], environ: Mapping[str, str], log: Path) -> Iterator[psutil.Process]:
    """A program with a log of its own, while the block lasts; it and its children are gone afterwards."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=out, stderr=out)
    try:
        yield psutil.Process(process.pid)
    finally:
        _end(process)


@dataclass
class Workers:
    """Programs of one kind: more can be started, and all of them are stopped together."""

    _running: ExitStack = field(default_factory=ExitStack)
    _parents: list[int] = field(default_factory=list)

    def start(self, command: Sequence[str], environ: Mapping[str, str], log: Path) -> psutil.Process:
        """One more runs."""
        process = self._running.enter_context(running(command, environ, log))
        self._parents.append(process.pid)
        return process

    def stop(self) -> None:
        """None runs afterwards."""
        self._running.close()
        self._parents.clear()

    def pids(self) -> list[int]:
        """They and their children."""
        return [pid for parent in self._parents for pid in family(parent)]


def finish(command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
    """Run a program to its end; Failed where that is none of success, or does not come."""
    with running(command, environ, log) as process:
        try:
            status = process.wait(FINISHES_WITHIN)
        except psutil.TimeoutExpired:
            status = None
    if status != 0:
        late = _("did not end within {seconds:g} s", seconds=FINISHES_WITHIN)
        how = late if status is None else _("ended with {status}", status=status)
        mend = _("Its own words are in log/{name} of the stack's state folder.", name=log.name)
        raise Failed(f"{command[2]} {how}", part="bench", mend=mend)


def _end(process: "subprocess.Popen[bytes]") -> None:
    children = family(process.pid)
    process.terminate()
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in children:
        if psutil.pid_exists(pid):
            psutil.Process(pid).kill()


def family(pid: int) -> list[int]:
    """A process and its descendants; none where it has ended."""
    try:
        parent = psutil.Process(pid)
        return [pid, *(child.pid for child in parent.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


@dataclass(frozen=True)
class Router:
    """An nginx that runs."""

    address: str
    pids: list[int]


@contextmanager
def routed(lab: Lab, ports: Mapping[str, int]) -> Iterator[Router]:
    """An nginx of its own with the lab's settings, in front of other APIs, while the block lasts.

    ``ports``: those of the APIs, by FLASK_PORT and ASYNC_PORT.
    """
    port = free_port(())
    variables = {**lab.variables, **{name: str(number) for name, number in ports.items()}, "HTTP_PORT": str(port)}
    state = lab.state / f"nginx-{port}"
    state.mkdir(parents=True)
    render.write(replace(lab, state=state, variables=variables), free_port((port,)))
    command = [packages.need(packages.nginx()), "-p", str(state), "-c", str(state / "nginx.conf"), "-e", "stderr"]
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, state, ignore_errors=True)
        nginx = stack.enter_context(running(command, {}, lab.state / "log" / f"nginx-{port}.log"))
        wait_until_listening(port, "nginx")
        yield Router(f"http://{LOOPBACK}:{port}", family(nginx.pid))


def wait_until_listening(port: int, name: str) -> None:
    """Returns when something listens on that port of this computer; TooLate where nothing does in time."""
    wait_until(lambda: not is_free(port), READY_WITHIN, f"{name} listens on port {port}")


def python(module: Sequence[str], interpreter: str = sys.executable) -> list[str]:
    """The command that runs a module of the checkout."""
    return [interpreter, "-m", *module]
