"""The stack that drills run on: a private lab whose parts can be reached, replaced and put back."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from cli import memory, packages, private, probe, rabbit, waiting
from cli.compose import ComposeStack
from cli.config import Lab
from cli.native import NativeStack
from cli.ports import LOOPBACK, free_port
from cli.stack import Service
from drills.disks import Disks
from drills.facts import Broker, Database
from drills.links import Links
from drills.plan import Changes, Plan
from drills.sides import SIDES, Side, sharded
from drills.waiting import wait_until

OVERLAY = "drills/compose.yml"
READY_WITHIN = 60.0
LOG_LINES = 50_000
REQUEST = re.compile(r'"request_id":"([^"]+)"')


def beside_the_broker(lab: Lab, stack: NativeStack | ComposeStack, words: list[str]) -> str:
    """What one of the broker's own command line tools printed; CalledProcessError where it failed."""
    if isinstance(stack, ComposeStack):
        container = next(one.container for one in stack.services() if one.name == "rabbitmq") or ""
        words, environ = ["docker", "exec", container, *words], None
    else:
        words = [str(Path(packages.need(rabbit.program())).with_name(words[0])), *words[1:]]
        environ = {**os.environ, **rabbit.environment(lab, memory.recall(lab.state).ports)}
        environ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = ""
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=True, timeout=60).stdout


@dataclass
class Stage:
    """The running stack, and what can be done to it."""

    lab: Lab
    stack: NativeStack | ComposeStack
    broker: Broker
    database: Database
    plan: Plan = field(default_factory=Plan)
    links: Links | None = None
    disks: Disks = field(default_factory=Disks)
    _hidden: dict[str, int] = field(default_factory=dict)
    _ports: dict[str, int] = field(default_factory=dict)

    @property
    def way(self) -> str:
        """native or docker."""
        return self.stack.way

    @property
    def http(self) -> str:
        """nginx's address."""
        return probe.local(self.lab)

    @property
    def sides(self) -> tuple[Side, ...]:
        """The twins, with the queues that they have here."""
        return sharded(self.lab.settings.queue_shards)

    def prepare(self, plan: Plan) -> None:
        """Everything runs as the plan says, and is ready."""
        if plan != self.plan:
            self._change(plan)
        self.wait_until_ready()

    def wait_until_ready(self, within: float = READY_WITHIN) -> None:
        """Every part says that it is ready."""
        wait_until(self._is_ready, within, "everything is ready")

    def _is_ready(self) -> bool:
        self.stack.tend()
        return not self.missing()

    def missing(self) -> dict[str, str]:
        """What is not ready, with the reason."""
        return waiting.check(probe.targets(self.lab, self.stack))

    def services(self, name: str) -> list[Service]:
        """The running copies of a service."""
        return [service for service in self.stack.services() if service.name == name]

    def pids(self, name: str, role: str = "any") -> list[int]:
        """The processes of a service with a role (main, master, worker, helper, any), as they are now."""
        found = [process for service in self.services(name) for process in service.processes if process.role != "init"]
        return [one.pid for one in found if role in {"any", one.role} and psutil.pid_exists(one.pid)]

    def clear(self) -> None:
        """No message is left of what was before, whatever it did."""
        for side in self.sides:
            for queue in side.topology.queues:
                self.broker.purge(queue.name)

    def requests_read(self) -> set[str]:
        """The ids of the requests that nginx has logged: of all that it has read, whatever became of them."""
        return set(REQUEST.findall("\n".join(self.stack.tail("nginx", LOG_LINES))))

    def rabbitmqctl(self, *words: str) -> str:
        """What the broker's own command line tool printed; CalledProcessError where it failed."""
        return self._run(["rabbitmqctl", *words])

    def enable(self, plugin: str) -> None:
        """A plugin of the broker is there afterwards."""
        self._run(["rabbitmq-plugins", "enable", plugin])

    def _run(self, words: list[str]) -> str:
        return beside_the_broker(self.lab, self.stack, words)

    def _change(self, plan: Plan) -> None:
        """Programs that are different from now on start anew, in the order that leaves each port to its new owner."""
        assert isinstance(self.stack, NativeStack), "only a native stack can be prepared otherwise"
        before, self.plan = self.plan, plan
        moved = before.links != plan.links
        for name in set(before.disks) | set(plan.disks) if before.disks != plan.disks else ():
            self.stack.stop(name)
        if moved:
            self.stack.stop("flask")
            self.stack.stop("asyncapp")
        if self.links is not None and not plan.links:
            self.links.close()
            self.links = None
        places = self.disks.mount(plan.disks, self.lab.state)
        routes = self._route() if plan.links else {}
        self.stack.alter = Changes(plan, routes, self._hidden, places)
        self.stack.up()

    def _route(self) -> dict[str, int]:
        """Proxies for every pair of parts; the ports of those that are connected to by a changed address."""
        if self.links is None:
            self.links = Links().__enter__()
            self._hidden = {"flask": free_port(()), "asyncapp": free_port(())}
            self._ports = self._open(self.links)
        return self._ports

    def _open(self, links: Links) -> dict[str, int]:
        lab = self.lab
        ports = {}
        for side in SIDES:
            for service in side.services:
                ports[f"{service}-rabbitmq"] = links.open(f"{service}-rabbitmq", LOOPBACK, lab.port("RABBIT_PORT"))
            ports[f"{side.worker}-mongo"] = links.open(f"{side.worker}-mongo", LOOPBACK, lab.port("MONGO_PORT"))
            variable = {"flask": "FLASK_PORT", "asyncapp": "ASYNC_PORT"}[side.api]
            links.open(f"nginx-{side.api}", LOOPBACK, self._hidden[side.api], lab.port(variable))
        return ports

    def close(self) -> None:
        """Nothing of the stage's own is left."""
        if self.links is not None:
            self.links.close()
        self.broker.close()
        self.disks.unmount()


@contextmanager
def stage(docker: bool = False, keep: bool = False, shards: int = 1) -> Iterator[Stage]:
    """A stage while the block lasts; each twin has that many queues."""
    lab = private.lab("drill", shards)
    stack = private.way(lab, docker)
    if isinstance(stack, NativeStack):
        stack.alter = Changes(Plan())
    else:
        stack.overlays = (OVERLAY,)
    with private.running(lab, stack, keep), around(lab, stack) as made:
        yield made


@contextmanager
def around(lab: Lab, stack: NativeStack | ComposeStack) -> Iterator[Stage]:
    """A stage around a stack that runs."""
    addresses, settings = stack.addresses(), lab.settings
    login = (settings.rabbit_user, settings.rabbit_password)
    mongo = f"mongodb://{LOOPBACK}:{lab.port('MONGO_PORT')}/?directConnection=true"
    broker = Broker(addresses["rabbitmq"], addresses["management"], login)
    made = Stage(lab, stack, broker, Database(mongo, settings.db_name))
    try:
        yield made
    finally:
        made.close()
