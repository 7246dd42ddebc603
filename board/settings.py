"""What the board is told: where the parts of the lab are, and how often it looks. Times are seconds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core import settings as lab
from core.settings import Settings
from core.topology import Topology, topology
from core.values import port, word

WORKERS = ("pyworker", "asyncworker")
TICK = 0.5
"""So often what was stored is fetched, and a snapshot is sent."""
SLOW_EVERY = 3
"""Every so many ticks each part is asked how it is, and what it has counted. One that is down is seen within that and
``PATIENCE``, which is two and a half seconds."""
PATIENCE = 1.0
"""A part that has not answered by then does not answer."""
AFTERGLOW = 3.0
"""A part that was away is shown so for that long at least, or nobody would see it."""
ARRIVALS = 20
"""So many stored tasks a tick are shown one by one; of more a sample, every ``SLOW_EVERY`` ticks."""
LETTERS = 50
"""So many dead letters are shown, the oldest."""
LETTERS_SEARCHED = 2_000
"""So many letters of a queue are looked at for the one task."""


@dataclass(frozen=True)
class Board:
    """The board's settings, and the lab's own."""

    lab: Settings
    bind_host: str
    port: int
    nginx: str
    flask: str
    asyncapp: str
    management: str
    workers: Mapping[str, str]
    """A name and a port each; behind the name there may be several."""
    workers_file: Path | None
    """Where ``./lab`` writes the addresses of the workers, where they have no name in common."""
    agent_port: int
    agent_token: str
    """Empty where no agent can answer: the lab was started without ./lab, or LAB_CONTROLS=off."""
    controls: bool
    home: Path
    """Where the student's progress is; read only."""

    @property
    def topology(self) -> Topology:
        """The queues of the lab."""
        return topology(self.lab.rabbit_queue, self.lab.queue_shards)

    def worker_addresses(self) -> dict[str, list[str]] | None:
        """What the file says; None where there is none."""
        if self.workers_file is None:
            return None
        try:
            return {str(kind): list(map(str, urls)) for kind, urls in json.loads(self.workers_file.read_text()).items()}
        except (OSError, ValueError, AttributeError):
            return {}


def read(environ: Mapping[str, str]) -> Board:
    """The settings in ``environ``; raises InvalidSetting naming the variable that cannot be used."""
    own = lab.read(environ)

    def address(name: str, usual: str) -> str:
        return f"http://{word(environ.get(name) or usual)}"

    host = own.bind_host
    return Board(
        lab=own,
        bind_host=host,
        port=port(environ.get("BOARD_PORT") or "5003"),
        nginx=address("BOARD_NGINX", "localhost:80"),
        flask=address("BOARD_FLASK", f"{own.rabbit_host}:{own.flask_port}"),
        asyncapp=address("BOARD_ASYNC", f"{own.rabbit_host}:{own.async_port}"),
        management=address("BOARD_MANAGEMENT", f"{own.rabbit_host}:15672"),
        workers={
            "pyworker": environ.get("BOARD_PYWORKER") or "pyworker:5011",
            "asyncworker": environ.get("BOARD_ASYNCWORKER") or "asyncworker:5012",
        },
        workers_file=Path(environ["BOARD_WORKERS_FILE"]) if environ.get("BOARD_WORKERS_FILE") else None,
        agent_port=port(environ.get("AGENT_PORT") or "5010"),
        agent_token=environ.get("AGENT_TOKEN", ""),
        controls=environ.get("LAB_CONTROLS", "on") != "off",
        home=Path(environ.get("BOARD_HOME") or "work"),
    )
