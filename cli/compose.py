"""The Docker way: the services of docker-compose.yml, through ``docker compose``."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from cli import memory, watching
from cli.agent.token import token
from cli.config import PROJECT, Lab
from cli.console import say
from cli.engine import engine
from cli.errors import Broken, Failed
from cli.language import _
from cli.ports import LOOPBACK
from cli.processes import processes
from cli.stack import ORDER, SERVICES, WATCHERS, WORKERS, Addresses, Service

FILE = "docker-compose.yml"
WATCH_FILE = "deploy/monitoring/compose.yml"
WATCHED = {"prometheus": "PROMETHEUS_PORT", "grafana": "GRAFANA_PORT"}
CLEAR_LINE = "\x1b[2K"
STATES = {"running": "running", "restarting": "starting", "created": "starting", "paused": "stopped"}


@dataclass
class ComposeStack:
    """The lab as containers."""

    lab: Lab
    overlays: Sequence[str] = ()
    """Further files for Compose, laid over docker-compose.yml."""

    @property
    def way(self) -> Literal["docker"]:
        return "docker"

    def exists(self) -> bool:
        """Whether there is any container of this project, be it stopped."""
        if not (self.lab.root / FILE).is_file() or shutil.which("docker") is None or engine().missing:
            return False
        return bool(self._ps())

    def up(self) -> bool:
        """Builds and starts what is not as docker-compose.yml says; Compose's own progress is shown."""
        before = self._ids()
        known = memory.recall(self.lab.state)
        known.way, known.root, known.given = self.way, str(self.lab.root), dict(self.lab.given)
        memory.remember(self.lab.state, known)
        self._show("up", "--detach", *self._whence(), "--remove-orphans", *self._kept_scale())
        return before != self._ids()

    def _whence(self) -> list[str]:
        """Where the images come from: built here, or, where a stick has brought them, as they are."""
        mark = from_a_stick(self.lab)
        if not mark.exists():
            return ["--build"]
        say(_("images: as the stick brought them (to build them here, with a network: delete {mark})", mark=mark))
        return ["--no-build", "--pull", "never"]

    def fetch(self) -> list[str]:
        """Pulls and builds what Compose would run; returns the images' names."""
        self._show("pull", "--ignore-buildable", "--policy", "missing")
        self._show("build")
        return self.images()

    def images(self) -> list[str]:
        """The names of what Compose would run."""
        return sorted(set(self._run("config", "--images").stdout.split()))

    def down(self, volumes: bool) -> bool:
        """Removes the containers, with ``volumes`` also the data."""
        found = bool(self._ids())
        if found or volumes:
            # Also the data of a Prometheus that is not part of the lab any more.
            files = [] if watching.is_wished(self.lab) or not volumes else ["--file", str(self.lab.root / WATCH_FILE)]
            self._show(*files, "down", "--remove-orphans", *(["--volumes"] if volumes else []))
        memory.forget(self.lab.state)
        return found

    def services(self) -> list[Service]:
        """Every service of the lab, also those without a container."""
        found = [self._service(one) for one in self._ps() if one["Service"] in ORDER]
        known = {service.name for service in found}
        found += [Service(name, 1, "stopped") for name in SERVICES if name not in known]
        return sorted(found, key=lambda service: (ORDER.index(service.name), service.instance))

    def addresses(self) -> Addresses:
        """Where everything is found from this computer; what is not published is reached through nginx."""
        lab, settings = self.lab, self.lab.settings
        login = f"{quote(settings.rabbit_user, safe='')}:{quote(settings.rabbit_password, safe='')}"
        published = {service.name: service.ports for service in self.services()}
        return {
            "http": lab.http,
            "flask": self._direct(published.get("flask", {}), "flask"),
            "async": self._direct(published.get("asyncapp", {}), "async"),
            "board": lab.http,
            "rabbitmq": f"amqp://{login}@{LOOPBACK}:{lab.port('RABBIT_PORT')}/%2F",
            "management": f"http://{LOOPBACK}:{lab.port('RABBIT_MANAGEMENT_PORT')}",
            "mongo": f"mongodb://{LOOPBACK}:{lab.port('MONGO_PORT')}/?directConnection=true",
            "db": settings.db_name,
            "queue": settings.rabbit_queue,
            **{kind: self._worker_urls(kind) for kind in WORKERS},
            **{name: f"http://{LOOPBACK}:{lab.port(port)}" for name, port in WATCHED.items() if name in published},
        }

    def tend(self) -> None:
        """Nothing: docker-compose.yml makes the replica set itself."""

    def tail(self, service: str, lines: int) -> list[str]:
        done = self._run("logs", "--no-color", "--no-log-prefix", "--tail", str(lines), service.partition("-")[0])
        return done.stdout.splitlines()[-lines:]

    def logs(self, service: str | None, follow: bool, lines: int) -> Iterator[str]:
        options = ["--tail", str(lines), *(["--follow"] if follow else [])]
        name = [] if service is None else ["--no-log-prefix", service]
        command = self._command("logs", *options, *name)
        with subprocess.Popen(
            command, cwd=self.lab.root, env=self._environ(), stdout=subprocess.PIPE, encoding="utf-8", errors="replace"
        ) as process:
            assert process.stdout is not None
            # Compose clears the line of its own progress first, also where it was told to send no codes.
            yield from (line.rstrip("\n").replace(CLEAR_LINE, "") for line in process.stdout)

    def stop(self, service: str) -> None:
        self._quiet(service, "stop", service)

    def start(self, service: str) -> None:
        # Not ``start``, which fails where the container was removed.
        count = memory.recall(self.lab.state).scale.get(service)
        scale = ["--scale", f"{service}={count}"] if count else []
        self._quiet(service, "up", "--detach", "--no-deps", "--no-recreate", *scale, service)

    def restart(self, service: str) -> None:
        self._quiet(service, "restart", service)

    def scale(self, service: str, count: int) -> Sequence[str]:
        """Compose starts or removes containers of the one service and leaves all others alone."""
        if service in {"mongo", "rabbitmq", "board", "nginx", *WATCHERS}:
            what = _("there can be only one of it here; flask, asyncapp, pyworker and asyncworker can be scaled")
            raise Failed(what, part=service)
        known = memory.recall(self.lab.state)
        known.scale[service] = count
        memory.remember(self.lab.state, known)
        self._quiet(service, "up", "--detach", "--no-deps", "--no-recreate", "--scale", f"{service}={count}", service)
        return [_("{service}: {count} running", service=service, count=count)]

    def _kept_scale(self) -> list[str]:
        scale = memory.recall(self.lab.state).scale
        return [word for name, count in scale.items() for word in ("--scale", f"{name}={count}")]

    def _direct(self, ports: dict[str, int], prefix: str) -> str:
        port = next(iter(ports.values()), None)
        return f"http://{LOOPBACK}:{port}" if port else f"{self.lab.http}/{prefix}"

    def _worker_urls(self, kind: str) -> list[str]:
        found = [service.ports for service in self.services() if service.name == kind]
        return [f"http://{LOOPBACK}:{port}" for ports in found for port in ports.values()]

    def _service(self, one: dict[str, Any]) -> Service:
        state = STATES.get(one["State"], "stopped")
        number = one["Name"].rpartition("-")[2]
        pid = self._pid(one["ID"]) if state == "running" else 0
        return Service(
            one["Service"],
            int(number) if number.isdecimal() else 1,
            "starting" if state == "running" and one.get("Health") == "starting" else state,
            processes(pid, one["Service"]) if pid else (),
            _published(one),
            container=one["Name"],
            health=one.get("Health") or None,
        )

    def _pid(self, container: str) -> int:
        """The first process as this computer counts; 0 where the engine runs in a machine of its own."""
        if sys.platform != "linux":
            return 0
        command = ["docker", "inspect", "--format", "{{.State.Pid}}", container]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return int(done.stdout) if done.stdout.strip().isdecimal() else 0

    def _ps(self) -> list[dict[str, Any]]:
        """What Compose says of each container. Old versions print one list, newer ones an object a line."""
        text = self._run("ps", "--all", "--format", "json").stdout.strip()
        if text.startswith("["):
            return list(json.loads(text))
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def _ids(self) -> set[str]:
        return {one["ID"] for one in self._ps() if one["State"] == "running"}

    def _command(self, *words: str) -> list[str]:
        # Without a terminal Compose would still send the codes that clear a line.
        plain = [] if sys.stdout.isatty() and sys.stderr.isatty() else ["--ansi", "never"]
        watched = [WATCH_FILE] if watching.is_wished(self.lab) else []
        files = [word for name in (FILE, *watched, *self.overlays) for word in ("--file", str(self.lab.root / name))]
        return ["docker", "compose", *plain, "--project-directory", str(self.lab.root), *files, *words]

    def remove_images(self) -> None:
        """The images that were built under this project's own name."""
        prefix = f"{self._environ().get(PROJECT, '')}-"
        names = [name for name in self._run("config", "--images").stdout.split() if name.startswith(prefix)]
        if len(prefix) > 1 and names:
            subprocess.run(["docker", "image", "rm", *names], capture_output=True, check=False)

    def _environ(self) -> dict[str, str]:
        """Another state folder is another lab, and must not share the containers of the first."""
        environ = {**os.environ, **self.lab.given, "AGENT_TOKEN": token(self.lab)}
        if environ.get("LAB_STATE") and not environ.get(PROJECT):
            environ[PROJECT] = self.lab.name
        return environ

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = self._command(*words)
        return subprocess.run(
            command, cwd=self.lab.root, env=self._environ(), capture_output=True, text=True, encoding="utf-8",
            errors="replace", check=False,
        )  # fmt: skip

    def _quiet(self, service: str, *words: str) -> None:
        """Runs it without Compose's own progress; Failed with its last words."""
        done = self._run(*words)
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or [_("it says nothing")]
            raise Failed(f"docker compose {words[0]} failed: {last[0]}", part=service, mend=f"./lab logs {service}")

    def _show(self, *words: str) -> None:
        """Runs it with Compose's own progress on the error stream."""
        done = subprocess.run(
            self._command(*words), cwd=self.lab.root, env=self._environ(), stdout=sys.stderr, check=False
        )
        if done.returncode != 0:
            mend = _("Compose's own words are above.\n./lab doctor\n./lab logs")
            raise Failed(f"docker compose {words[0]} failed", part="docker", mend=mend)


def from_a_stick(lab: Lab) -> Path:
    """The mark of a checkout whose images were loaded from a stick: they are not built there."""
    return lab.root / ".lab" / "cache" / "images-from-a-stick"


def _published(one: dict[str, Any]) -> dict[str, int]:
    """The ports of this computer that lead into the container, by the port inside."""
    found = [(entry["TargetPort"], entry["PublishedPort"]) for entry in one.get("Publishers") or []]
    return {str(inside): int(outside) for inside, outside in found if outside}


def require() -> None:
    """Broken where no engine with Compose answers."""
    found = engine()
    if found.missing:
        raise Broken(found.missing, part="docker", mend=found.mend)
