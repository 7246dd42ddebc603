"""The agent as a process of this computer: started by ``./lab up``, ended by ``./lab down``."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from cli import memory
from cli.agent import token
from cli.config import ROOT, Lab
from cli.console import say
from cli.language import _
from cli.ports import LOOPBACK

FILE = "agent.json"
PATIENCE = 20.0
POLL = 0.1
ENDS_WITHIN = 5.0


def wish(lab: Lab) -> None:
    """From now on the board is told how to reach an agent, unless LAB_CONTROLS is off."""
    known = memory.recall(lab.state)
    known.agent = not token.is_off(lab)
    memory.remember(lab.state, known)


def start(lab: Lab) -> None:
    """The agent runs afterwards, or does not where it is off. One that runs already is left as it is."""
    if token.is_off(lab):
        stop(lab)
        return
    if recorded(lab) is not None and _record(lab).get("code") == _code():
        return
    # One that runs older code would write the files of the lab as they were.
    stop(lab)
    log = lab.state / "log" / "agent.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environ = {**os.environ, **lab.given, "LAB_STATE": str(lab.state)}
    with log.open("ab") as output:
        agent = subprocess.Popen(
            [sys.executable, "-m", "cli.agent"], cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=output,
            stderr=output, start_new_session=True,
        )  # fmt: skip
    _note(lab, agent.pid)
    if not _answers(lab, agent):
        say(_("the agent did not start: the board's buttons for workers do nothing; {log} says why", log=log))


def _code() -> str:
    """What the agent is made of: every file of the command line."""
    digest = hashlib.sha256()
    for path in sorted(Path(ROOT, "cli").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _note(lab: Lab, pid: int) -> None:
    text = json.dumps({"pid": pid, "created": psutil.Process(pid).create_time(), "code": _code()})
    (lab.state / FILE).write_text(text, encoding="utf-8")


def _record(lab: Lab) -> dict[str, Any]:
    try:
        return dict(json.loads((lab.state / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def recorded(lab: Lab) -> int | None:
    """The agent's process where it lives; None where there is none."""
    try:
        known = _record(lab)
        process = psutil.Process(int(known["pid"]))
        alive = process.create_time() == known["created"] and process.status() != psutil.STATUS_ZOMBIE
    except (ValueError, TypeError, KeyError, psutil.Error):
        return None
    return process.pid if alive else None


def _answers(lab: Lab, agent: "subprocess.Popen[bytes]") -> bool:
    """Whether it is there, whatever it says to us, who are no page."""
    deadline = time.monotonic() + PATIENCE
    while agent.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"http://{LOOPBACK}:{lab.port('AGENT_PORT')}/agent", trust_env=False, timeout=1)
        except httpx.HTTPError:
            time.sleep(POLL)
        else:
            return True
    return False


def stop(lab: Lab) -> None:
    """No agent runs afterwards."""
    pid = recorded(lab)
    (lab.state / FILE).unlink(missing_ok=True)
    if pid is None:
        return
    try:
        process = psutil.Process(pid)
        process.terminate()
        process.wait(ENDS_WITHIN)
    except psutil.TimeoutExpired:
        process.kill()
    except psutil.Error:
        return
