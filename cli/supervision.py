"""Talking to a lab's supervisord over its socket."""

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from cli.config import Lab
from cli.errors import Failed
from cli.language import _
from cli.supervisord import CONFIG, STOP_WAIT, log_path, socket_path

START_TIMEOUT = 10.0
POLL = 0.05
NOT_RUNNING = 70
ALREADY_STARTED = 60
STATES = {
    "RUNNING": "running",
    "STARTING": "starting",
    "BACKOFF": "starting",
    "STOPPING": "stopping",
    "STOPPED": "stopped",
    "EXITED": "starting",
    "FATAL": "failed",
    "UNKNOWN": "failed",
}


@contextmanager
def connect(lab: Lab) -> Iterator[Any]:
    """A client of this lab's supervisord, untyped as XML-RPC is. Nothing is sent yet."""
    from supervisor.xmlrpc import SupervisorTransport

    transport = SupervisorTransport(None, None, f"unix://{socket_path(lab)}")
    with closing(transport):
        yield ServerProxy("http://localhost", transport=transport).supervisor


def infos(lab: Lab) -> list[dict[str, Any]]:
    """What supervisord says of each program."""
    with connect(lab) as server:
        return list(server.getAllProcessInfo())


def answers(lab: Lab) -> bool:
    """Whether this lab's supervisord is there."""
    try:
        with connect(lab) as server:
            return str(server.getIdentification()) == lab.name
    except (OSError, HTTPException, Fault):
        return False


def launch(lab: Lab, environ: Mapping[str, str]) -> None:
    """Starts supervisord in the background, which starts every program; returns when it answers."""
    socket_path(lab).unlink(missing_ok=True)
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(lab.state / CONFIG)]
    done = subprocess.run(
        command, env=dict(environ), cwd=lab.root, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + START_TIMEOUT
    while not answers(lab):
        if done.returncode != 0 or time.monotonic() > deadline:
            words = (done.stderr or done.stdout).strip() or _("see {log}", log=log_path(lab, "supervisord"))
            raise Failed(_("it did not start: {words}", words=words), part="supervisord", mend="./lab doctor")
        time.sleep(POLL)


def stop_all(lab: Lab, names: Iterable[str]) -> None:
    """Stops the programs side by side and returns when all have ended; supervisord kills what takes too long."""
    wanted = set(names)
    with connect(lab) as server:
        for name in wanted:
            try:
                server.stopProcess(name, False)
            except Fault as fault:
                if fault.faultCode != NOT_RUNNING:
                    raise
        wait_until_stopped(server, wanted)


def wait_until_stopped(server: Any, names: set[str]) -> None:
    """Returns when none of the programs runs any more."""
    deadline = time.monotonic() + STOP_WAIT + START_TIMEOUT
    while any(info["name"] in names and info["pid"] for info in server.getAllProcessInfo()):
        if time.monotonic() > deadline:
            raise Failed(
                _("some programs do not end"), part="supervisord", mend=_("./lab status shows which; try again.")
            )
        time.sleep(POLL)


def start_all(lab: Lab, names: Iterable[str]) -> None:
    """Starts the programs without waiting for them."""
    with connect(lab) as server:
        for name in names:
            try:
                server.startProcess(name, False)
            except Fault as fault:
                if fault.faultCode != ALREADY_STARTED:
                    raise


def shut_down(lab: Lab) -> None:
    """Ends supervisord itself; returns when it is gone."""
    with connect(lab) as server:
        pid = int(server.getPID())
        server.shutdown()
    deadline = time.monotonic() + STOP_WAIT + START_TIMEOUT
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(POLL)


def apply_changes(lab: Lab) -> list[str]:
    """Reads the settings file again, ends programs that are gone, starts new and changed ones; returns their names."""
    with connect(lab) as server:
        [[added, changed, removed]] = server.reloadConfig()
        for name in [*changed, *removed]:
            server.stopProcessGroup(name, False)
        wait_until_stopped(server, {*changed, *removed})
        for name in [*changed, *removed]:
            server.removeProcessGroup(name)
        for name in [*added, *changed]:
            server.addProcessGroup(name)
    return sorted([*added, *changed, *removed])
