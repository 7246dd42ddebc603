"""The stack under test: where its parts are, which processes they have, and ``./lab`` acting on it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "LAB_TEST_STATUS"
INIT = {"docker-init", "tini"}
"""What a container's first process is called where it only looks after the second."""
LAB_TIMEOUT = 150

MISSING = f"{VARIABLE} is not set: these tests need a stack of their own. Run them with ./lab test"


@dataclass
class Stack:
    """What ``./lab status --json`` said, asked anew with ``refresh``."""

    status: dict[str, Any]
    addresses: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        # IPv4, because "localhost" may mean ::1 first, where nobody listens.
        self.addresses = {**self.status["addresses"]}
        self.addresses["http"] = self.addresses["http"].replace("//localhost", "//127.0.0.1")

    @property
    def native(self) -> bool:
        """Whether the services are processes of this computer, and not containers."""
        return bool(self.status["way"] == "native")

    def lab(self, *words: str) -> str:
        """What ``./lab WORDS`` printed; AssertionError with its words where it failed."""
        command = [sys.executable, "lab", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LAB_TIMEOUT, check=False)
        assert done.returncode == 0, f"./lab {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def lab_at_once(self, word: str, services: list[str]) -> None:
        """``./lab WORD SERVICE`` for several services side by side."""
        started = [
            subprocess.Popen([sys.executable, "lab", word, service], cwd=ROOT, stdout=subprocess.DEVNULL)
            for service in services
        ]
        assert [0] * len(started) == [one.wait(LAB_TIMEOUT) for one in started]

    def refresh(self) -> None:
        """Ask again: processes change with every restart."""
        self.status = json.loads(self.lab("status", "--json"))

    def service(self, name: str) -> dict[str, Any]:
        """The first copy of a service, as the status has it."""
        return next(dict(one) for one in self.status["services"] if one["name"] == name)

    def pids(self, name: str, role: str) -> list[int]:
        """The processes of a service with that role (main, master, worker, any), as they are now; at least one."""
        return wait_until(lambda: self._pids(name, role), 10, f"{name} has a process with the role {role}")

    def _pids(self, name: str, role: str) -> list[int]:
        self.refresh()
        processes = [one for one in self.service(name)["processes"] if one["name"] not in INIT]
        wanted = {"any": processes, "worker": processes[1:]}.get(role, processes[:1])
        return [one["pid"] for one in wanted if psutil.pid_exists(one["pid"])]

    def grep(self, name: str, word: str, lines: int = 3000) -> list[str]:
        """The latest lines of a service's log that hold the word."""
        return [line for line in self.lab("logs", name, "-n", str(lines)).splitlines() if word in line]


def from_environment() -> Stack:
    """The stack that the environment names; RuntimeError with the mend where it names none."""
    path = os.environ.get(VARIABLE)
    if not path:
        raise RuntimeError(MISSING)
    return Stack(json.loads(Path(path).read_text(encoding="utf-8")))
