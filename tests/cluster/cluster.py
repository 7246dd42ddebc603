"""The lab as a cluster of containers: who leads, who is who, and how one of them is lost."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from cli import private, probe, waiting
from cli.compose import ComposeStack, require
from cli.config import Lab
from cli.ports import LOOPBACK
from core.topology import topology
from drills.facts import Broker, Database
from drills.waiting import wait_until

OVERLAY = "deploy/cluster/compose.yml"
MEMBERS = 3
UP_WITHIN = 300.0
"""Fifteen containers start at once, on a class's computer."""
PATIENCE = 120.0
STOP_SECONDS = "30"


@dataclass
class Cluster:
    """The containers that run, and what they say of themselves."""

    lab: Lab
    stack: ComposeStack
    broker: Broker
    database: Database

    @property
    def http(self) -> str:
        """nginx's address."""
        return probe.local(self.lab)

    @property
    def queue(self) -> str:
        """The work queue."""
        return topology(self.lab.settings.rabbit_queue).name

    def container(self, service: str, number: int = 1) -> str:
        """The name of one of a service's containers."""
        return f"{self.project}-{service}-{number}"

    @property
    def project(self) -> str:
        """What Compose calls all of it."""
        return self.lab.given["COMPOSE_PROJECT_NAME"]

    def api(self, path: str) -> Any:
        """What the management page's API says, on whichever node nginx finds."""
        login = (self.lab.settings.rabbit_user, self.lab.settings.rabbit_password)
        answer = httpx.get(f"{self.http}/rabbitmq/api{path}", auth=login, timeout=10, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def leader(self) -> str:
        """The broker's node that leads the work queue, as the service it is."""
        return _service(self.api(f"/queues/%2F/{self.queue}")["leader"])

    def follower(self) -> str:
        """The other node that has the most clients, as the service it is."""
        leader = self.leader()
        clients = [_service(connection["node"]) for connection in self.api("/connections")]
        others = {_service(node["name"]) for node in self.api("/nodes")} - {leader}
        return max(sorted(others), key=clients.count)

    def primary(self) -> str:
        """The member of the database that takes writes, as the service it is."""
        with self.database.client() as client:
            return str(client.admin.command("hello")["primary"]).partition(":")[0]

    def lose(self, container: str) -> float:
        """SIGKILL to all that runs in it; nobody starts it again. When it ended, in seconds since 1970."""
        docker("kill", "--signal", "KILL", container)
        return self._ended(container)

    def stop(self, container: str) -> float:
        """Stop it as for maintenance; when it ended, in seconds since 1970."""
        docker("stop", "--time", STOP_SECONDS, container)
        return self._ended(container)

    def _ended(self, container: str) -> float:
        """By the engine's own record."""
        at = docker("inspect", "--format", "{{.State.FinishedAt}}", container).strip()
        return datetime.fromisoformat(at).timestamp()

    def bring_back(self, container: str) -> None:
        """Start it again, with its data."""
        docker("start", container)

    def missing(self) -> dict[str, str]:
        """What is not as it should be: a container that is not well, a part that is not ready, a queue too thin."""
        found = {one["Name"]: f"{one['State']}, {one['Health']}" for one in self._containers() if not _is_well(one)}
        return found or waiting.check(probe.targets(self.lab, self.stack)) or self._thin_queues()

    def wait_until_whole(self, within: float = PATIENCE) -> None:
        """Returns when every container is well and every queue has all its members again."""
        wait_until(lambda: not self.missing(), within, f"the cluster is whole: {self.missing()}", poll=0.5)

    def _thin_queues(self) -> dict[str, str]:
        try:
            queues = self.api("/queues/%2F")
        except httpx.HTTPError as error:
            return {"management": str(error)}
        return {one["name"]: str(one.get("online")) for one in queues if len(one.get("online") or ()) < MEMBERS}

    def _containers(self) -> list[dict[str, Any]]:
        filters = ("--filter", f"label=com.docker.compose.project={self.project}")
        names = docker("ps", "--all", "--quiet", *filters).split()
        states = [(one["Name"], one["State"]) for one in json.loads(docker("inspect", *names))]
        return [
            {"Name": name, "State": state["Status"], "Health": state.get("Health", {}).get("Status", "")}
            for name, state in states
        ]


def docker(*words: str) -> str:
    """What the engine's command printed; raises CalledProcessError."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True, timeout=120).stdout


def _service(node: str) -> str:
    """``rabbit@rabbitmq-2`` runs in the service of its host's name."""
    return node.partition("@")[2]


def _is_well(container: dict[str, Any]) -> bool:
    return container["State"] == "running" and container["Health"] in {"", "healthy"}


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster of its own while the block lasts, on free ports."""
    require()
    lab = private.lab("cluster")
    stack = ComposeStack(lab, overlays=(OVERLAY,))
    with private.running(lab, stack, patience=UP_WITHIN):
        addresses, settings = stack.addresses(), lab.settings
        broker = Broker(
            addresses["rabbitmq"], addresses["management"], (settings.rabbit_user, settings.rabbit_password)
        )
        mongo = f"mongodb://{LOOPBACK}:{lab.port('MONGO_PORT')}/?directConnection=true"
        cluster = Cluster(lab, stack, broker, Database(mongo, settings.db_name))
        cluster.wait_until_whole(UP_WITHIN)
        try:
            yield cluster
        finally:
            broker.close()
