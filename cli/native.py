"""The native way: programs of this computer under one supervisord a lab, everything in the state folder."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from cli import memory, mongo, packages, rabbit, render, supervision, supervisord, sweep, tail, watching
from cli.config import PORTS, Lab
from cli.errors import Failed
from cli.language import _
from cli.ports import LOOPBACK, free_port, is_free
from cli.processes import processes
from cli.programs import Program, Tools, port_name, port_names, programs, temporary, workers_file
from cli.stack import ORDER, WORKERS, Addresses, Service

KEPT = {"cache", "tests"}
"""Downloads, and the folders of private labs, which end by themselves."""
MOST_WORKERS = 32
BACK_ENDS = ("mongo", "rabbitmq")


def _unaltered(program: Program) -> Program:
    return program


@dataclass
class NativeStack:
    """The lab as programs of this computer."""

    lab: Lab
    alter: Callable[[Program], Program] = _unaltered
    """What is run in place of each program: drills put proxies between the parts and faults inside them."""

    @property
    def way(self) -> Literal["native"]:
        return "native"

    def exists(self) -> bool:
        """Whether this lab's supervisord runs."""
        return supervision.answers(self.lab)

    def up(self) -> bool:
        """Starts what is not running; everything at once, because the services start in any order."""
        running = self.exists()
        self._write(self._tools(), running)
        if not running:
            sweep.sweep(self.lab)
            _empty(temporary(self.lab))
            supervision.launch(self.lab, self._environ())
            return True
        changed = supervision.apply_changes(self.lab)
        idle = [info["name"] for info in self._infos() if not info["pid"] and info["statename"] in {"STOPPED", "FATAL"}]
        supervision.start_all(self.lab, idle)
        return bool(changed or idle)

    def down(self, volumes: bool) -> bool:
        """Stops the services first and what they talk to after them, so that they can give back what they took."""
        running = self.exists()
        if running:
            names = [str(info["name"]) for info in self._infos()]
            supervision.stop_all(self.lab, [name for name in names if name not in BACK_ENDS])
            supervision.stop_all(self.lab, BACK_ENDS)
            supervision.shut_down(self.lab)
        swept = sweep.sweep(self.lab)
        memory.forget(self.lab.state)
        if volumes:
            self._delete()
        return running or bool(swept)

    def services(self) -> list[Service]:
        """Every program with its processes, in the order people know."""
        try:
            infos = {info["name"]: info for info in self._infos()} if self.exists() else {}
        except OSError:
            infos = {}
        found = [self._service(program, infos.get(program.name)) for program in self._programs()]
        return sorted(found, key=lambda service: (ORDER.index(service.name), service.instance))

    def addresses(self) -> Addresses:
        """Where everything is found."""
        lab, settings = self.lab, self.lab.settings
        login = f"{quote(settings.rabbit_user, safe='')}:{quote(settings.rabbit_password, safe='')}"
        return {
            "http": lab.http,
            "flask": f"http://{LOOPBACK}:{lab.port('FLASK_PORT')}",
            "async": f"http://{LOOPBACK}:{lab.port('ASYNC_PORT')}",
            "board": f"http://{LOOPBACK}:{lab.port('BOARD_PORT')}",
            "rabbitmq": f"amqp://{login}@{LOOPBACK}:{lab.port('RABBIT_PORT')}/%2F",
            "management": f"http://{LOOPBACK}:{lab.port('RABBIT_MANAGEMENT_PORT')}",
            "mongo": settings.mongo_uri,
            "db": settings.db_name,
            "queue": settings.rabbit_queue,
            **{kind: [f"http://{LOOPBACK}:{port}" for port in self._worker_ports(kind)] for kind in WORKERS},
            **({"prometheus": f"http://{LOOPBACK}:{lab.port('PROMETHEUS_PORT')}"} if watching.is_wished(lab) else {}),
        }

    def tend(self) -> None:
        """MongoDB's replica set is made as soon as mongod answers."""
        mongo.ensure_replica_set(self.lab)

    def tail(self, service: str, lines: int) -> list[str]:
        return tail.last_lines(supervisord.log_path(self.lab, service), lines)

    def logs(self, service: str | None, follow: bool, lines: int) -> Iterator[str]:
        names = [program.name for program in self._programs() if service in {None, program.name, program.service}]
        width = max(map(len, names))
        before = {name: f"{name:<{width}} | " if service is None else "" for name in names}
        for name in names:
            yield from (before[name] + line for line in self.tail(name, lines))
        if follow:
            files = {name: supervisord.log_path(self.lab, name) for name in names}
            yield from (before[name] + line for name, line in tail.follow(files))

    def stop(self, service: str) -> None:
        supervision.stop_all(self.lab, self._named(service))

    def start(self, service: str) -> None:
        supervision.start_all(self.lab, self._named(service))

    def restart(self, service: str) -> None:
        self.stop(service)
        self.start(service)

    def scale(self, service: str, count: int) -> Sequence[str]:
        """More or fewer workers; the APIs are one gunicorn each, which is told to run that many processes."""
        if service not in WORKERS:
            mend = (
                _("Set API_PROCESSES={count} in .env, then: ./lab up", count=count)
                if service in {"flask", "asyncapp"}
                else ""
            )
            what = _("it is one program natively and cannot be scaled; pyworker and asyncworker can")
            raise Failed(what, part=service, mend=mend)
        if count > MOST_WORKERS:
            raise Failed(
                _("more than {most} workers are not useful here", most=MOST_WORKERS),
                part=service,
                mend=_("Take fewer."),
            )
        known = memory.recall(self.lab.state)
        known.scale[service] = count
        memory.remember(self.lab.state, known)
        self._write(self._tools(), running=True)
        changed = supervision.apply_changes(self.lab)
        return [
            _(
                "{service}: {count} running (changed: {changed})",
                service=service,
                count=count,
                changed=", ".join(changed),
            )
            if changed
            else _("{service}: {count} running, as before", service=service, count=count)
        ]

    def _infos(self) -> list[dict[str, Any]]:
        return supervision.infos(self.lab)

    def _named(self, service: str) -> list[str]:
        """The programs meant: one by its own name, all copies by the service's."""
        exact = [str(info["name"]) for info in self._infos() if info["name"] == service]
        copies = [program.name for program in self._programs() if program.service == service]
        return copies if len(copies) > 1 else exact or copies

    def _tools(self) -> Tools:
        return Tools(packages.mongod(self.lab), packages.need(rabbit.program()), packages.need(packages.nginx()))

    def _programs(self) -> list[Program]:
        """The programs as they were last written; paths of tools do not matter to who only reads."""
        known = memory.recall(self.lab.state)
        ports = {name: known.ports.get(name, 0) for name in port_names(known.scale)}
        found = programs(self.lab, Tools("mongod", "rabbitmq-server", "nginx"), ports, known.scale, "")
        return found + (watching.programs(self.lab, ports, "") if known.watch else [])

    def _write(self, tools: Tools, running: bool) -> None:
        """Every file the programs read, and the memory of the ports chosen for them."""
        lab = self.lab
        for folder in ("log", "run"):
            (lab.state / folder).mkdir(parents=True, exist_ok=True)
        mongo.folder(lab).mkdir(parents=True, exist_ok=True)
        known = memory.recall(lab.state)
        known.way, known.root, known.given = self.way, str(lab.root), dict(lab.given)
        known.ports = self._ports(known, running)
        memory.remember(lab.state, known)
        rabbit.prepare(lab, known.ports)
        found = programs(lab, tools, known.ports, known.scale, render.write(lab, known.ports["NGINX_STATUS_PORT"]))
        workers = {kind: [f"http://{LOOPBACK}:{port}" for port in self._worker_ports(kind)] for kind in WORKERS}
        workers_file(lab).write_text(json.dumps(workers), encoding="utf-8")
        if known.watch:
            found += watching.programs(lab, known.ports, watching.write(lab, known.ports, known.scale))
        supervisord.write(lab, [self.alter(program) for program in found])

    def _ports(self, known: memory.Memory, running: bool) -> dict[str, int]:
        """The ports chosen before as long as they are ours or free, new ones for the rest; none that has a variable."""
        ports: dict[str, int] = {}
        named = [self.lab.port(name) for name in PORTS]
        for name in port_names(known.scale):
            port = known.ports.get(name)
            kept = port is not None and (running or is_free(port))
            ports[name] = port if port is not None and kept else free_port([*named, *ports.values()])
        return ports

    def _environ(self) -> dict[str, str]:
        """The process environment without what would lead the Erlang VM to another node's files."""
        return {name: value for name, value in os.environ.items() if not name.startswith((*rabbit.FOREIGN, "NOTIFY_"))}

    def _worker_ports(self, kind: str) -> list[int]:
        known = memory.recall(self.lab.state)
        names = [port_name(kind, number) for number in range(1, known.scale.get(kind, 1) + 1)]
        return [self.lab.port(name) if name in self.lab.variables else known.ports.get(name, 0) for name in names]

    def _service(self, program: Program, info: dict[str, Any] | None) -> Service:
        state = supervision.STATES.get(info["statename"], "failed") if info else "stopped"
        found = processes(int(info["pid"]), program.service) if info and info["pid"] else ()
        log = str(supervisord.log_path(self.lab, program.name))
        return Service(program.service, program.instance, state, found, dict(program.ports), log)

    def _delete(self) -> None:
        """Everything in the state folder but what others need."""
        for entry in Path(self.lab.state).iterdir() if self.lab.state.is_dir() else ():
            if entry.name in KEPT:
                continue
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
