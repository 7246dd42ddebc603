"""Programs that are traced: an API and a worker of a test's own, which send to a collector of its own."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support import programs
from tests.support.accounting import Tasks
from tests.support.api import Api, http_client
from tests.support.place import Place
from tests.support.programs import Process
from tests.support.waiting import wait_until

SERVES_WITHIN = 40.0


@dataclass(frozen=True)
class Side:
    """The names of a twin's two services."""

    package: str
    name: str
    api: str
    worker: str


SIDES = (Side("app", "flask", "flask", "pyworker"), Side("asyncapp", "async", "asyncapp", "asyncworker"))


@dataclass(frozen=True)
class Traced:
    """A twin whose tasks are traced."""

    side: Side
    api: Api
    place: Place
    worker: Process
    log: Path
    """A folder with a file for each of the two."""

    @property
    def queue(self) -> str:
        """Its work queue."""
        return self.place.broker.queue

    @property
    def tasks(self) -> Tasks:
        """What it has stored."""
        return self.place.tasks

    def lines(self, word: str) -> list[dict[str, Any]]:
        """What both of its programs have logged that holds the word."""
        found = [line for name in ("api", "worker") for line in lines(self.log / name)]
        return [json.loads(line) for line in found if word in line]


def lines(log: Path) -> list[str]:
    """What a program has logged."""
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


@contextmanager
def api(side: Side, environ: Mapping[str, str], log: Path, processes: int = 1) -> Iterator[Api]:
    """The API while the block lasts, serving; asked without nginx."""
    with programs.api(side.package, environ, log, processes) as address, http_client(address, timeout=40) as http:
        made = _Direct(side.name, http, address)
        wait_until(lambda: _is_ready(made), SERVES_WITHIN, f"{side.api} is ready")
        yield made


@contextmanager
def running(side: Side, place: Place, collector: str, log: Path, processes: int = 1) -> Iterator[Traced]:
    """Both programs while the block lasts; every task is traced."""
    log.mkdir(parents=True, exist_ok=True)
    environ = {**place.environ, **tracing(collector)}
    with ExitStack() as stack:
        worker = stack.enter_context(programs.worker(side.package, environ, log / "worker"))
        served = stack.enter_context(api(side, environ, log / "api", processes))
        yield Traced(side, served, place, worker, log)


def tracing(collector: str, share: float = 1.0) -> dict[str, str]:
    """The settings that trace."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_TRACES_SAMPLER_ARG": str(share)}


class _Direct(Api):
    """Without nginx there is no prefix."""

    @property
    def prefix(self) -> str:
        """None."""
        return ""


def _is_ready(api: Api) -> bool:
    try:
        return api.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def traceparent(trace_id: str, flags: str = "01") -> dict[str, str]:
    """The header of a client that is in that trace; the client's own span has the id CLIENT."""
    return {"traceparent": f"00-{trace_id}-{CLIENT}-{flags}"}


CLIENT = "00f067aa0ba902b7"


def new_trace() -> str:
    """The id of a trace that nobody has."""
    return secrets.token_hex(16)
