"""The processes of a service, from the one that supervisord started down to the last child."""

from dataclasses import replace

import psutil

from cli.stack import Process

FORKING = {"flask", "asyncapp", "nginx"}
"""Services whose first process is a master and whose others do the work."""

INIT = {"docker-init", "tini"}
"""What a container's first process is called where it only looks after the second."""


def processes(pid: int, service: str) -> tuple[Process, ...]:
    """The whole tree under ``pid``, the root first; empty if it has just ended."""
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return ()
    named = [_process(one) for one in tree]
    first = 1 if len(named) > 1 and named[0].name in INIT else 0
    return tuple(replace(one, role=_role(number - first, service)) for number, one in enumerate(named))


def _role(number: int, service: str) -> str:
    """The role of a process by its place in the tree, the service's own first process being number 0."""
    if number < 0:
        return "init"
    if service in FORKING:
        return "master" if number == 0 else "worker"
    return "main" if number == 0 else "helper"


def _process(process: psutil.Process) -> Process:
    try:
        return Process(process.pid, "", str(process.name()))
    except psutil.Error:
        return Process(process.pid, "", "")
