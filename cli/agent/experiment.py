"""The experiment that a button starts: ``./lab bench work`` in a private lab of its own, one at a time."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from cli.config import PORTS, PROJECT, ROOT, Lab
from cli.errors import Failed
from cli.language import _

COMMAND = ("bench", "work", "--rounds", "1", "--size", "0.2")
CASE, MEASURE = "io_ms", "tasks/s"
LINE = 200


class Experiment:
    """One run, and what it has found."""

    def __init__(self, lab: Lab) -> None:
        self._log = lab.state / "log" / "experiment.log"
        self._result = lab.state / "experiment.json"
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start it; Failed where it runs already."""
        if self._process is not None and self._process.poll() is None:
            raise Failed(_("it runs already"), part="bench")
        self._result.unlink(missing_ok=True)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        # The private lab chooses its own ports and folder; what this lab was given must not lead it here.
        environ = {name: text for name, text in os.environ.items() if name not in {*PORTS, PROJECT, "LAB_STATE"}}
        command = [sys.executable, str(ROOT / "lab"), *COMMAND, "--json", str(self._result)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def end(self) -> None:
        """Whoever takes the lab down does not wait for the rest."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def told(self) -> dict[str, Any]:
        """How far it is, and its points when it is done."""
        if self._process is None:
            return {"state": "none", "line": ""}
        code, line = self._process.poll(), _last_line(self._log)
        if code is None:
            return {"state": "running", "line": line}
        if code != 0 and not self._result.exists():
            return {"state": "failed", "line": line}
        return {"state": "done", "line": line, "points": points(json.loads(self._result.read_text(encoding="utf-8")))}


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:LINE] if lines else ""


def points(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Throughput of each twin by how long a task waits."""
    return [
        {"side": one["candidate"], "at": one["at"], "rate": median(one["values"])}
        for one in document["series"]
        if one["case"] == CASE and one["measure"] == MEASURE
    ]
