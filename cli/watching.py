"""Watching the native lab: Prometheus and nginx's exporter beside the other programs, and the files they read.

What is scraped, how it is labelled and when it is an alert stands in deploy/monitoring/prometheus, as for Compose. Only
where everything listens is another matter here, so that alone is filled in.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cli import memory, packages
from cli.config import Lab, check
from cli.errors import Broken
from cli.language import _
from cli.ports import LOOPBACK
from cli.programs import Program, port_name
from cli.stack import WORKERS

FOLDER = Path("deploy", "monitoring", "prometheus")
SETTINGS = "prometheus.yml"
RULES = "rules.yml"
DISCOVERIES = ("dns_sd_configs", "static_configs")
"""How a job finds its targets with Compose."""
RETENTION = ("--storage.tsdb.retention.time=7d", "--storage.tsdb.retention.size=512MB")


def wish(lab: Lab, watch: bool | None) -> None:
    """Remember whether the lab is to be watched; None leaves that as it is. Broken where its ports are taken twice."""
    known = memory.recall(lab.state)
    if watch is not None and watch != known.watch:
        known.watch = watch
        memory.remember(lab.state, known)
        check(lab)


def is_wished(lab: Lab) -> bool:
    """Whether this lab is watched, or will be when it is up."""
    return memory.recall(lab.state).watch


def folder(lab: Lab) -> Path:
    """Where Prometheus' settings and its data live."""
    return lab.state / "prometheus"


def programs(lab: Lab, ports: Mapping[str, int], settings: str) -> list[Program]:
    """The exporter and Prometheus. ``settings``: the text of what Prometheus reads when it starts."""
    return [_exporter(lab, ports), _prometheus(lab, settings)]


def _exporter(lab: Lab, ports: Mapping[str, int]) -> Program:
    port = ports["EXPORTER_PORT"]
    command = [
        packages.path("prometheus-nginx-exporter"),
        f"--web.listen-address={LOOPBACK}:{port}",
        f"--nginx.scrape-uri=http://{LOOPBACK}:{ports['NGINX_STATUS_PORT']}/stub_status",
    ]
    return Program("exporter", 1, command, {}, {"metrics": port})


def _prometheus(lab: Lab, settings: str) -> Program:
    port = lab.port("PROMETHEUS_PORT")
    command = [
        packages.path("prometheus"),
        f"--config.file={folder(lab) / SETTINGS}",
        f"--storage.tsdb.path={folder(lab) / 'data'}",
        *RETENTION,
        f"--web.listen-address={LOOPBACK}:{port}",
    ]
    return Program("prometheus", 1, command, {}, {"http": port}, settings=settings)


def write(lab: Lab, ports: Mapping[str, int], scale: Mapping[str, int]) -> str:
    """Everything Prometheus reads; returns the text that it reads only when it starts. Targets it sees at once."""
    targets = folder(lab) / "targets"
    targets.mkdir(parents=True, exist_ok=True)
    found = addresses(lab, ports, scale)
    for job, where in found.items():
        fresh = targets / f"{job}.new"
        fresh.write_text(json.dumps([{"targets": where}]), encoding="utf-8")
        fresh.replace(targets / f"{job}.json")
    text = yaml.safe_dump(settings(lab, found), sort_keys=False)
    (folder(lab) / SETTINGS).write_text(text, encoding="utf-8")
    return text + _read(lab, RULES)


def addresses(lab: Lab, ports: Mapping[str, int], scale: Mapping[str, int]) -> dict[str, list[str]]:
    """Where the targets of each job listen."""
    broker = ports["RABBIT_PROMETHEUS_PORT"]
    found = {
        "flask": [lab.port("FLASK_PORT")],
        "asyncapp": [lab.port("ASYNC_PORT")],
        **{kind: [_worker(lab, ports, kind, n) for n in range(1, scale.get(kind, 1) + 1)] for kind in WORKERS},
        "rabbitmq": [broker],
        "rabbitmq-queues": [broker],
        "nginx": [ports["EXPORTER_PORT"]],
    }
    return {job: [f"{LOOPBACK}:{port}" for port in numbers] for job, numbers in found.items()}


def _worker(lab: Lab, ports: Mapping[str, int], kind: str, number: int) -> int:
    name = port_name(kind, number)
    return lab.port(name) if number == 1 else ports[name]


def settings(lab: Lab, found: Mapping[str, list[str]]) -> dict[str, Any]:
    """The shipped settings, with the rules and the targets where they are here; Broken where a job has no targets."""
    shipped: dict[str, Any] = yaml.safe_load(_read(lab, SETTINGS))
    shipped["rule_files"] = [str(lab.root / FOLDER / RULES)]
    unknown = [job["job_name"] for job in shipped["scrape_configs"] if job["job_name"] not in found]
    if unknown:
        mend = _("Name its targets in cli/watching.py, or take it out of deploy/monitoring/prometheus/prometheus.yml.")
        raise Broken(
            _("nobody knows where {unknown} listens", unknown=", ".join(unknown)), part="prometheus", mend=mend
        )
    for job in shipped["scrape_configs"]:
        files = [str(folder(lab) / "targets" / f"{job['job_name']}.json")]
        for discovery in DISCOVERIES:
            job.pop(discovery, None)
        job["file_sd_configs"] = [{"files": files, "refresh_interval": "5s"}]
    return shipped


def _read(lab: Lab, name: str) -> str:
    source = lab.root / FOLDER / name
    if not source.is_file():
        raise Broken(
            _("{source} is missing", source=source), part="prometheus", mend=_("The checkout is not whole: git status")
        )
    return source.read_text(encoding="utf-8")
