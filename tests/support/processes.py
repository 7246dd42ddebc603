"""Signals to the processes of the stack under test, and to no others."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from drills.processes import ENDED_WITHIN, frozen, is_gone, kill
from tests.support.stack import Stack
from tests.support.waiting import wait_until

__all__ = ["Ending", "frozen", "kill", "terminate"]


@dataclass(frozen=True)
class Ending:
    """How a service ended."""

    seconds: float
    exit_status: int


def terminate(stack: Stack, service: str) -> Ending:
    """SIGTERM to a service's main process: how long it took to end, and its exit status. It is started again."""
    if stack.native:
        return _terminate_process(stack, service, stack.pids(service, "main")[0])
    started = time.monotonic()
    stack.lab("stop", service)
    ending = Ending(time.monotonic() - started, _exit_status_of_container(stack, service))
    stack.lab("start", service)
    return ending


def _terminate_process(stack: Stack, service: str, pid: int) -> Ending:
    log = Path(stack.status["state_dir"], "log", "supervisord.log")
    before = log.stat().st_size
    started = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: is_gone(pid), ENDED_WITHIN, f"{service} ends")
    seconds = time.monotonic() - started
    told = f"exited: {service} (exit status "
    wait_until(lambda: told in log.read_text()[before:], ENDED_WITHIN, f"supervisord tells how {service} ended")
    return Ending(seconds, int(log.read_text()[before:].partition(told)[2].partition(";")[0]))


def _exit_status_of_container(stack: Stack, service: str) -> int:
    stack.refresh()
    command = ["docker", "inspect", "--format", "{{.State.ExitCode}}", stack.service(service)["container"]]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
