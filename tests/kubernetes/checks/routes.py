"""The way in: an Ingress or a Gateway's routes. Both must do what nginx/lab.conf.template does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.request import prefix
from tests.kubernetes.objects import Object, Objects, source_of

ANNOTATION = "traefik.ingress.kubernetes.io/router.middlewares"
WANTED = {"/flask": "flask", "/async": "asyncapp"}


@dataclass(frozen=True)
class Route:
    """A path, where it leads, and what happens on the way."""

    path: str
    services: tuple[tuple[str, str | int], ...]
    """Names and ports."""
    middlewares: tuple[str, ...]
    says: str
    """The prefix that the API is told."""
    strips: bool


def routes(objects: Objects) -> Iterator[Route]:
    """All there are."""
    for one in objects.of("Ingress"):
        yield from _of_ingress(objects, one)
    for one in objects.of("HTTPRoute"):
        yield from _of_route(one)


def _of_ingress(objects: Objects, one: Object) -> Iterator[Route]:
    named = one["metadata"].get("annotations", {}).get(ANNOTATION, "").split(",")
    space = f"{one['metadata']['namespace']}-"
    names = tuple(name.removeprefix(space).removesuffix("@kubernetescrd") for name in named if name)
    stripped = [
        path
        for name in names
        for path in (objects.named("Middleware", name) or {"spec": {}})["spec"]
        .get("stripPrefix", {})
        .get("prefixes", [])
    ]
    for rule in one["spec"]["rules"]:
        for each in rule["http"]["paths"]:
            service = each["backend"]["service"]
            port = service["port"].get("name") or service["port"].get("number")
            strips = each["path"] in stripped
            yield Route(each["path"], ((service["name"], port),), names, each["path"] if strips else "", strips)


def _of_route(one: Object) -> Iterator[Route]:
    for rule in one["spec"]["rules"]:
        filters = rule.get("filters", [])
        names = tuple(each["extensionRef"]["name"] for each in filters if each["type"] == "ExtensionRef")
        headers = {
            header["name"]: header["value"]
            for each in filters
            for header in each.get("requestHeaderModifier", {}).get("set", [])
        }
        rewrites = [each["urlRewrite"] for each in filters if each["type"] == "URLRewrite"]
        strips = [{"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}] == rewrites
        services = tuple((each["name"], each.get("port", 0)) for each in rule["backendRefs"])
        for match in rule["matches"]:
            yield Route(match["path"]["value"], services, names, headers.get("X-Forwarded-Prefix", ""), strips)


def backends(objects: Objects) -> list[str]:
    """Both paths lead to a port of the right Service, and that to an open port; once each."""
    found = []
    given = {each.path: each for each in routes(objects)}
    if sorted(WANTED) != sorted(each.path for each in routes(objects)):
        found.append(f"the ways in are {sorted(given)}")
    for each in given.values():
        for name, port in each.services:
            if name.removesuffix("-canary") != WANTED.get(each.path):
                found.append(f"{each.path} leads to {name}")
            found += [f"{each.path}: {what}" for what in _unreachable(objects, name, port)]
    for one in objects.of("HTTPRoute"):
        for parent in one["spec"]["parentRefs"]:
            gateway = objects.named("Gateway", parent["name"]) or {"spec": {"listeners": []}}
            if parent.get("sectionName") not in [each["name"] for each in gateway["spec"]["listeners"]]:
                found.append(f"{one['metadata']['name']}: there is no Gateway {parent}")
    return found


def _unreachable(objects: Objects, name: str, port: str | int) -> Iterator[str]:
    service = objects.named("Service", name)
    if service is None:
        yield f"there is no Service {name}"
        return
    chosen = [each for each in service["spec"]["ports"] if port in (each["name"], each["port"])]
    if 1 != len(chosen):
        yield f"the Service {name} has no port {port}"
    for one in objects.selected(service["spec"]["selector"]):
        for each in chosen:
            if each["targetPort"] not in one.ports:
                yield f"{one.name} opens no port {each['targetPort']}"


def prefixes(objects: Objects) -> list[str]:
    """The API sees the path without its prefix, and is told the prefix, in a form that core/request.py takes."""
    found = []
    for each in routes(objects):
        if not each.strips:
            found.append(f"{each.path}: the API would see it, and knows only paths such as /tasks")
        if prefix({"X-Forwarded-Prefix": each.says}) != each.path:
            found.append(f"{each.path}: the API would write its links with {each.says!r}")
    return found


def limits(objects: Objects) -> list[str]:
    """Each way in has a limit of requests, and of a body's size: the one that nginx has."""
    found = []
    (size,) = re.findall(r"^    client_max_body_size (\d+);", source_of("nginx/lab.conf.template"), re.MULTILINE)
    for each in routes(objects):
        there = {name: objects.named("Middleware", name) for name in each.middlewares}
        found += [f"{each.path}: there is no Middleware {name}" for name, one in there.items() if one is None]
        specs = [one["spec"] for one in there.values() if one]
        if not any(spec.get("rateLimit", {}).get("average", 0) > 0 for spec in specs):
            found.append(f"{each.path}: requests are not limited")
        if [int(size)] != [spec["buffering"].get("maxRequestBodyBytes") for spec in specs if "buffering" in spec]:
            found.append(f"{each.path}: bodies are not limited to {size} bytes")
    return found
