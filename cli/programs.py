"""The programs of the native lab: what is run, with which environment, and how it is stopped."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli import mongo, rabbit
from cli.agent.token import token as agent_token
from cli.config import Lab
from cli.ports import LOOPBACK
from cli.stack import WORKERS

GUNICORN = {"flask": "app", "asyncapp": "asyncapp"}
WORKER_MODULES = {"pyworker": "app.worker", "asyncworker": "asyncapp.worker"}
WATCH_PORTS = ("NGINX_STATUS_PORT", "EXPORTER_PORT")
"""Where nginx tells what it counts, and where its exporter tells Prometheus."""
WORKER_PORTS = {"pyworker": "PYWORKER_PORT", "asyncworker": "ASYNCWORKER_PORT"}


@dataclass(frozen=True)
class Tools:
    """The programs found on this computer."""

    mongod: str
    rabbitmq: str
    nginx: str


@dataclass(frozen=True)
class Program:
    """One program under supervisord."""

    service: str
    instance: int
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    stop_signal: str = "TERM"
    settings: str = ""
    """The text of its settings files: a change starts it anew."""

    @property
    def name(self) -> str:
        """What supervisord calls it."""
        return self.service if self.instance == 1 else f"{self.service}-{self.instance}"


def programs(lab: Lab, tools: Tools, ports: Mapping[str, int], scale: Mapping[str, int], nginx: str) -> list[Program]:
    """Every program of this lab. ``nginx`` is the text of its settings: a change of it starts nginx anew."""
    return [
        Program("mongo", 1, mongo.command(lab, tools.mongod), {"LC_ALL": "C"}, {"mongo": lab.port("MONGO_PORT")}),
        _broker(lab, tools, ports),
        _api(lab, "flask", "FLASK_PORT"),
        _api(lab, "asyncapp", "ASYNC_PORT"),
        *(_worker(lab, kind, number, ports) for kind in WORKERS for number in range(1, scale.get(kind, 1) + 1)),
        _board(lab),
        _nginx(lab, tools, nginx),
    ]


def port_names(scale: Mapping[str, int]) -> list[str]:
    """What needs a free port because no variable in .env names one."""
    copies = [port_name(kind, n) for kind in WORKERS for n in range(2, scale.get(kind, 1) + 1)]
    return [*rabbit.PORTS, *WATCH_PORTS, *copies]


def port_name(worker: str, instance: int) -> str:
    """The name under which the port of a worker's instance is known: a variable's for the first."""
    return WORKER_PORTS[worker] if instance == 1 else f"{WORKER_PORTS[worker]}_{instance}"


def temporary(lab: Lab) -> Path:
    """Where the services put temporary files."""
    return lab.state / "tmp"


def _services_environment(lab: Lab) -> dict[str, str]:
    # TMPDIR: what a killed process leaves behind stays in the state folder, where the next start removes it.
    return {**lab.variables, "BIND_HOST": LOOPBACK, "PYTHONUNBUFFERED": "1", "TMPDIR": str(temporary(lab))}


def _api(lab: Lab, service: str, port: str) -> Program:
    package = GUNICORN[service]
    configuration = f"{package}/gunicorn.conf.py"
    command = [sys.executable, "-m", "gunicorn", "-c", configuration, f"{package}.app:create_app()"]
    return Program(service, 1, command, _services_environment(lab), {"http": lab.port(port)})


def _worker(lab: Lab, service: str, instance: int, ports: Mapping[str, int]) -> Program:
    name = port_name(service, instance)
    port = lab.port(name) if instance == 1 else ports[name]
    environment = {**_services_environment(lab), "WORKER_PORT": str(port)}
    return Program(service, instance, [sys.executable, "-m", WORKER_MODULES[service]], environment, {"health": port})


def _board(lab: Lab) -> Program:
    """The page at /. It looks at the lab from outside, as everybody does."""
    environment = {
        **_services_environment(lab),
        "BOARD_NGINX": f"{LOOPBACK}:{lab.port('HTTP_PORT')}",
        "BOARD_FLASK": f"{LOOPBACK}:{lab.port('FLASK_PORT')}",
        "BOARD_ASYNC": f"{LOOPBACK}:{lab.port('ASYNC_PORT')}",
        "BOARD_MANAGEMENT": f"{LOOPBACK}:{lab.port('RABBIT_MANAGEMENT_PORT')}",
        "BOARD_WORKERS_FILE": str(workers_file(lab)),
        "AGENT_TOKEN": agent_token(lab),
    }
    return Program("board", 1, [sys.executable, "-m", "board"], environment, {"http": lab.port("BOARD_PORT")})


def workers_file(lab: Lab) -> Path:
    """Where the board finds the addresses of the workers: they change while it runs."""
    return lab.state / "workers.json"


def _broker(lab: Lab, tools: Tools, ports: Mapping[str, int]) -> Program:
    environment, settings = rabbit.environment(lab, ports), rabbit.config(lab, ports) + rabbit.plugins(lab)
    return Program("rabbitmq", 1, [tools.rabbitmq], environment, _rabbit_ports(lab, ports), settings=settings)


def _rabbit_ports(lab: Lab, ports: Mapping[str, int]) -> dict[str, int]:
    return {
        "amqp": lab.port("RABBIT_PORT"),
        "management": lab.port("RABBIT_MANAGEMENT_PORT"),
        "prometheus": ports["RABBIT_PROMETHEUS_PORT"],
    }


def _nginx(lab: Lab, tools: Tools, text: str) -> Program:
    command = [tools.nginx, "-p", str(lab.state), "-c", str(Path(lab.state, "nginx.conf")), "-e", "stderr"]
    # QUIT lets running requests finish; TERM would cut them off.
    return Program("nginx", 1, command, {}, {"http": lab.port("HTTP_PORT")}, stop_signal="QUIT", settings=text)
