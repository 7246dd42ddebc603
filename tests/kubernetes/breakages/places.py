"""Where in the objects of an overlay something can be broken."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.kubernetes.objects import Object, Objects, container_of, pod_of

Change = Callable[[Objects], Any]


@dataclass(frozen=True)
class Breakage:
    """One thing that is wrong, and the check that must say so."""

    check: str
    title: str
    change: Change
    overlay: str = "production"


def deployment(objects: Objects, name: str = "flask") -> Object:
    """A Deployment."""
    return objects.the("Deployment", name)


def container(objects: Objects, name: str = "flask") -> Object:
    """Its container."""
    return container_of(deployment(objects, name))


def pod(objects: Objects, name: str = "flask") -> Object:
    """Its pod."""
    return pod_of(deployment(objects, name))


def spec(objects: Objects, kind: str, name: str) -> Object:
    """What is wanted of an object."""
    found: Object = objects.the(kind, name)["spec"]
    return found


def variable(objects: Objects, variable: str, name: str = "flask") -> Object:
    """A variable of a container, as it is set there."""
    return next(each for each in container(objects, name)["env"] if each["name"] == variable)


def setting(objects: Objects) -> Object:
    """The variables that all have."""
    found: Object = objects.of("ConfigMap")[0]["data"]
    return found


def remove(objects: Objects, kind: str, name: str) -> None:
    """Without that object."""
    objects.all.remove(objects.the(kind, name))


def rule(objects: Objects, name: str = "flask") -> Object:
    """The one rule of an HTTPRoute."""
    found: Object = spec(objects, "HTTPRoute", name)["rules"][0]
    return found


def drop_filter(objects: Objects, kind: str) -> None:
    """An HTTPRoute without the filters of one type."""
    rule(objects)["filters"] = [each for each in rule(objects)["filters"] if each["type"] != kind]


def rename(objects: Objects, kind: str, name: str, other: str) -> None:
    """The same object under another name."""
    objects.the(kind, name)["metadata"]["name"] = other


def trigger(objects: Objects) -> Object:
    """What a worker's number goes by."""
    found: Object = spec(objects, "ScaledObject", "pyworker")["triggers"][0]
    return found


def paths(objects: Objects) -> list[Object]:
    """The paths of the Ingress."""
    found: list[Object] = spec(objects, "Ingress", "tasklab")["rules"][0]["http"]["paths"]
    return found


def annotations(objects: Objects) -> Object:
    """Those of the Ingress."""
    found: Object = objects.the("Ingress", "tasklab")["metadata"]["annotations"]
    return found


def without_a_middleware(objects: Objects, name: str) -> None:
    """The Ingress, past one of the Middlewares."""
    for key, value in annotations(objects).items():
        annotations(objects)[key] = re.sub(rf"tasklab-{name}@kubernetescrd,?", "", value).rstrip(",")


def policy(objects: Objects, name: str) -> Object:
    """What a NetworkPolicy says."""
    return spec(objects, "NetworkPolicy", name)
