"""The load generator: wrk, with a script of ``bench/lua``. It is no Python, so that it is not what is measured."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import packages
from cli.errors import Broken, Failed
from cli.language import _

LUA = Path(__file__).resolve().parent / "lua"
MOST_FAILED = 0.1
"""Share of requests without an answer of success up to which a run counts; fewer are noted."""
TIMEOUT_S = 20
"""An answer that takes longer has failed."""


@dataclass(frozen=True)
class Load:
    """What became of the requests of one run. Latencies are milliseconds."""

    requests: int
    seconds: float
    failed: int
    """Answered with 400 or more, or not at all."""
    p50: float
    p95: float
    p99: float
    cpu: float
    """Seconds of a processor that the generator itself took."""
    more: Mapping[str, Any]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def ensure() -> None:
    """The load generator is there afterwards; Broken where it cannot be."""
    packages.ensure_program("wrk")


def run(url: str, script: str, connections: int, seconds: int, settings: Mapping[str, str], threads: int = 1) -> Load:
    """Load on ``url`` for that long; Failed where hardly anything was answered."""
    words = ["--threads", threads, "--connections", connections, "--duration", f"{seconds}s"]
    command = [_program(), *map(str, words), "--timeout", f"{TIMEOUT_S}s", "--script", str(LUA / f"{script}.lua"), url]
    environ = {**os.environ, **settings, "BENCH_LUA": str(LUA)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return read(said, url, usage.ru_utime + usage.ru_stime)


def post(url: str, connections: int, seconds: int, body: str) -> Load:
    """POST of the same body again and again, over that many connections, each waiting for its answer."""
    return run(url, "closed", connections, seconds, {"BENCH_METHOD": "POST", "BENCH_BODY": body})


def get(url: str, connections: int, seconds: int) -> Load:
    """GET again and again, over that many connections, each waiting for its answer."""
    return run(url, "closed", connections, seconds, {"BENCH_METHOD": "GET"})


def _program() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise Broken(_("the load generator wrk is missing"), part="bench", mend="apt-get install wrk")
    return found


def read(said: str, url: str, cpu: float) -> Load:
    """What the generator has said, of which the last line is a script's; Failed where that is no measurement."""
    line = next((line for line in reversed(said.splitlines()) if line.startswith("{")), None)
    if line is None:
        raise Failed(
            _("wrk could not load {url}: {said}", url=url, said=said.strip()[-300:]),
            part="bench",
            mend="./lab status",
        )
    told = json.loads(line)
    known = {name: told.pop(name) for name in ("requests", "seconds", "failed", "p50", "p95", "p99")}
    if known["failed"] > known["requests"] * MOST_FAILED:
        what = _(
            "{failed} of {all} requests to {url} failed",
            failed=known["failed"],
            all=known["requests"],
            url=url,
        )
        raise Failed(what, part="bench", mend=_("What is measured must work: look into the logs that were kept."))
    return Load(**known, cpu=cpu, more=told)
