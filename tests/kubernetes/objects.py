"""What an overlay renders to, and how to find one's way in it."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cli.config import ROOT
from cli.manifests import kustomize

HOME = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("classroom", "production", "sharded", "canary")
NAMESPACE = "tasklab"

Object = dict[str, Any]


@cache
def rendered(overlay: str) -> str:
    """An overlay as the text that would be applied."""
    return run([*kustomize(), str(HOME / "overlays" / overlay)])


def run(command: list[str]) -> str:
    """What a program prints; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout


@cache
def _as_json(overlay: str) -> str:
    # The C loader, if there is one: the other takes a second.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return json.dumps([each for each in yaml.load_all(rendered(overlay), loader) if each])


def objects_of(overlay: str) -> list[Object]:
    """The objects of an overlay; each call makes new ones, and no two share a part."""
    found: list[Object] = json.loads(_as_json(overlay))
    return found


def called(one: Object) -> str:
    """How people name an object."""
    return f"{one['kind']}/{one['metadata']['name']}"


def is_subset(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether labels have all that a selector wants."""
    return wanted.items() <= labels.items()


@dataclass(frozen=True)
class Workload:
    """Something that runs as pods: a Deployment of ours, or what an operator makes of its resource."""

    name: str
    labels: Mapping[str, str]
    """Of its pods."""
    ports: Mapping[str, int]


class Objects:
    """The objects of one overlay."""

    def __init__(self, objects: list[Object]) -> None:
        self.all = objects

    def of(self, kind: str) -> list[Object]:
        """All of a kind."""
        return [one for one in self.all if one["kind"] == kind]

    def named(self, kind: str, name: str) -> Object | None:
        """The one of that kind and name, or None."""
        return next((one for one in self.of(kind) if one["metadata"]["name"] == name), None)

    def the(self, kind: str, name: str) -> Object:
        """The one of that kind and name, which must be there."""
        found = self.named(kind, name)
        assert found is not None, f"there is no {kind}/{name}"
        return found

    def deployments(self, component: str = "") -> list[Object]:
        """Our own, or those of one component: api or worker."""
        found = self.of("Deployment")
        return [one for one in found if component in ("", labels_of(one).get("app.kubernetes.io/component"))]

    def workloads(self) -> Iterator[Workload]:
        """Everything that runs as pods. What the operators call and label theirs stands in their documentation."""
        for one in self.deployments():
            ports = {port["name"]: port["containerPort"] for port in container_of(one).get("ports", [])}
            yield Workload(called(one), labels_of(one), ports)
        for one in self.of("RabbitmqCluster"):
            ports = {"amqp": 5672, "management": 15672, "prometheus": 15692}
            yield Workload(called(one), {"app.kubernetes.io/name": one["metadata"]["name"]}, ports)
        for one in self.of("MongoDBCommunity"):
            yield Workload(called(one), {"app": f"{one['metadata']['name']}-svc"}, {"mongodb": 27017})

    def selected(self, selector: Mapping[str, str]) -> list[Workload]:
        """The workloads whose pods a selector finds."""
        return [one for one in self.workloads() if is_subset(selector, one.labels)]


def pod_of(deployment: Object) -> Object:
    """The pod that a Deployment makes."""
    pod: Object = deployment["spec"]["template"]["spec"]
    return pod


def container_of(deployment: Object) -> Object:
    """Its first container."""
    container: Object = pod_of(deployment)["containers"][0]
    return container


def labels_of(deployment: Object) -> dict[str, str]:
    """The labels of its pods."""
    labels: dict[str, str] = deployment["spec"]["template"]["metadata"]["labels"]
    return labels


def source_of(path: str) -> str:
    """A file of the repository."""
    return Path(ROOT, path).read_text(encoding="utf-8")
