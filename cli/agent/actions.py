"""What the agent can do to a worker, and nothing else."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence

from cli import ways
from cli.config import Lab
from cli.errors import Failed, WrongUse
from cli.language import _
from cli.stack import WORKERS, Service, Stack

MOST = 8
"""More copies than that help nobody to see anything."""
PATIENCE = 20.0
"""Seconds that the engine has for one command."""
NAME = "NAME"
"""In a command to the engine, the container's name."""
# "docker kill" would also tell the engine not to start it again; a process that dies by itself is started. The command
# dies with what it kills, so how it ended says nothing.
KILL = ("exec", NAME, "sh", "-c", "kill -9 -1")
PAUSE = ("pause", NAME)
UNPAUSE = ("unpause", NAME)


def act(lab: Lab, worker: str, action: str, count: int) -> str:
    """Does it, and says what was done; WrongUse for a worker or an action that there is not."""
    if worker not in WORKERS or action not in ACTIONS:
        raise WrongUse(_("the agent cannot {action} {worker}", action=action, worker=worker), part="agent")
    return ACTIONS[action](ways.running(lab), worker, count)


def _stop(stack: Stack, worker: str, _count: int) -> str:
    _thaw(stack, worker, 0)  # A frozen process would not hear that it should stop.
    stack.stop(worker)
    return _("{worker} is stopped.", worker=worker)


def _start(stack: Stack, worker: str, _count: int) -> str:
    _thaw(stack, worker, 0)
    stack.start(worker)
    return _("{worker} is started.", worker=worker)


def _kill(stack: Stack, worker: str, _count: int) -> str:
    """As if the power went: no word to anybody. It is started again by itself, as every service of the lab is."""
    _signal(stack, worker, signal.SIGKILL if os.name != "nt" else signal.SIGTERM, KILL)
    return _("{worker} was killed with -9. It is started again by itself; see where its messages go.", worker=worker)


def _freeze(stack: Stack, worker: str, _count: int) -> str:
    _signal(stack, worker, getattr(signal, "SIGSTOP", signal.SIGTERM), PAUSE)
    return _("{worker} is frozen: it lives, and does nothing.", worker=worker)


def _thaw(stack: Stack, worker: str, _count: int) -> str:
    _signal(stack, worker, getattr(signal, "SIGCONT", signal.SIGTERM), UNPAUSE, must=False)
    return _("{worker} goes on.", worker=worker)


def _scale(stack: Stack, worker: str, count: int) -> str:
    if not 1 <= count <= MOST:
        raise WrongUse(
            _("there can be 1 to {most} of it here", most=MOST), part=worker, mend=f"./lab scale {worker}={count}"
        )
    return " ".join(stack.scale(worker, count)) or f"{worker}: {count}"


ACTIONS: dict[str, Callable[[Stack, str, int], str]] = {
    "stop": _stop,
    "start": _start,
    "kill": _kill,
    "freeze": _freeze,
    "thaw": _thaw,
    "scale": _scale,
}


def _signal(stack: Stack, worker: str, number: signal.Signals, command: Sequence[str], must: bool = True) -> None:
    """To every process of every copy: natively by its number, else by the engine's own command."""
    copies = [one for one in stack.services() if one.name == worker and (one.processes or one.container)]
    if must and not copies:
        raise Failed(_("it does not run"), part=worker, mend=f"./lab start {worker}")
    for copy in copies:
        if copy.container:
            _engine(copy.container, command, must)
        else:
            _processes(copy, number)


def _processes(copy: Service, number: signal.Signals) -> None:
    for process in copy.processes:
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            continue


def _engine(container: str, command: Sequence[str], must: bool) -> None:
    words = ["docker", *(container if word == NAME else word for word in command)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise Failed(
            _("{command} took too long", command=" ".join(words)), part="docker", mend="./lab doctor"
        ) from error
    sys.stderr.write(f"{' '.join(words)}: {done.returncode}\n")
    if must and done.returncode and command is not KILL:
        raise Failed(done.stderr.strip() or _("{command} failed", command=" ".join(words)), part=container)
