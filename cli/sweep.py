"""Ends what a killed supervisord, or the Erlang port mapper, has left behind: only processes this lab started."""

import psutil

from cli import launch
from cli.config import Lab
from cli.supervisord import socket_path

WAIT = 5.0


def sweep(lab: Lab) -> list[int]:
    """Ends every process of this lab that no supervisord looks after; returns their pids."""
    ended = []
    for record in sorted((lab.state / "run").glob("*.json")):
        ended += launch.end_group(record)
        record.unlink(missing_ok=True)
    return ended + _end(_children_of_ours(lab))


def remaining(lab: Lab) -> set[int]:
    """What ``sweep`` would end."""
    recorded = [pid for record in (lab.state / "run").glob("*.json") for pid in launch.leftovers(record)]
    return {*recorded, *(process.pid for process in _children_of_ours(lab))}


def _children_of_ours(lab: Lab) -> list[psutil.Process]:
    """Processes that left their group, such as epmd: supervisord names itself in its children's environment."""
    mark = f"unix://{socket_path(lab)}"
    return [process for process in psutil.process_iter() if _environment(process).get("SUPERVISOR_SERVER_URL") == mark]


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except (psutil.Error, OSError):
        return {}


def _end(processes: list[psutil.Process]) -> list[int]:
    for process in processes:
        process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=WAIT)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=WAIT)
    return [process.pid for process in processes]
