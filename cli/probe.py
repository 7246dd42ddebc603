"""Is a service doing its job? Each probe returns an empty string, or what is missing in words for people."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from cli import mongo
from cli.config import Lab
from cli.language import _
from cli.ports import LOOPBACK
from cli.stack import ORDER, WORKERS, Addresses, Stack

TIMEOUT = 2.0
UNAUTHORIZED = 401
WATCHERS = {"prometheus": "/-/ready", "grafana": "/api/health"}
"""Where those who watch say that they are ready, for those that the lab has."""

Probe = Callable[[], str]


@dataclass(frozen=True)
class Target:
    """One thing that must be ready, and how it is asked."""

    name: str
    probe: Probe


def targets(lab: Lab, stack: Stack) -> list[Target]:
    """What must be ready before the lab counts as up."""
    addresses = stack.addresses()
    found = [
        Target("mongo", lambda: mongo.is_primary(lab)),
        Target("rabbitmq", lambda: management(lab, addresses)),
        *_readiness(stack, addresses),
        Target("nginx", lambda: nginx(lab)),
        *(
            Target(name, partial(_asked, addresses[name] + path))
            for name, path in WATCHERS.items()
            if name in addresses
        ),
    ]
    return sorted(found, key=lambda target: ORDER.index(target.name.partition("-")[0]))


def _readiness(stack: Stack, addresses: Addresses) -> list[Target]:
    """The services that answer /readyz themselves; what cannot be reached is judged by its health check."""
    urls = {"flask": addresses["flask"], "asyncapp": addresses["async"]}
    if stack.way == "native":
        urls["board"] = addresses["board"]
    for service in stack.services():
        if service.name == "board":
            urls.setdefault(service.label, "")
        if service.name in WORKERS:
            urls[service.label] = next((url for url in addresses[service.name] if _ends_with(url, service.ports)), "")
    return [Target(name, partial(ready, url) if url else partial(healthy, stack, name)) for name, url in urls.items()]


def _ends_with(url: str, ports: dict[str, int]) -> bool:
    return any(url.endswith(f":{port}") for port in ports.values())


def healthy(stack: Stack, label: str) -> str:
    """What the engine's health check says of a container."""
    found = next((service for service in stack.services() if service.label == label), None)
    if found is None or found.state == "stopped":
        return _("its container does not run")
    return (
        ""
        if found.health in {"healthy", None} and found.state == "running"
        else _("its container is {health}", health=found.health)
    )


def ready(base: str) -> str:
    """What ``/readyz`` says is missing."""
    return _asked(f"{base}/readyz")


def nginx(lab: Lab) -> str:
    """nginx is ready when both APIs answer through it."""
    base = local(lab)
    for name in ("flask", "async"):
        missing = _asked(f"{base}/{name}/readyz")
        if missing:
            return f"/{name}/readyz: {missing}"
    return ""


def local(lab: Lab) -> str:
    """nginx's address for programs: IPv4, because ``localhost`` may mean ::1 first."""
    return lab.http.replace("//localhost", f"//{LOOPBACK}")


def management(lab: Lab, addresses: Addresses) -> str:
    """The management page answers to the lab's user."""
    settings = lab.settings
    try:
        answer = httpx.get(
            f"{addresses['management']}/api/overview",
            auth=(settings.rabbit_user, settings.rabbit_password),
            timeout=TIMEOUT,
            trust_env=False,
        )
    except httpx.HTTPError:
        return _("the management page does not answer yet")
    if answer.status_code == UNAUTHORIZED:
        user = settings.rabbit_user
        return _("it refuses user {user}: its data were made with another RABBIT_USER or RABBIT_PASSWORD", user=user)
    return "" if answer.is_success else _("the management page answers {status}", status=answer.status_code)


def _asked(url: str) -> str:
    try:
        # trust_env=False: a proxy of the environment has no business between us and this computer.
        answer = httpx.get(url, timeout=TIMEOUT, trust_env=False)
    except httpx.HTTPError as error:
        return (
            _("does not answer yet")
            if isinstance(error, httpx.ConnectError)
            else _("no answer: {kind}", kind=type(error).__name__)
        )
    return "" if answer.is_success else _said(answer)


def _said(answer: httpx.Response) -> str:
    """The words of a problem document, else the status."""
    try:
        document: Any = answer.json()
        return str(document.get("detail") or document.get("title") or answer.status_code)
    except (ValueError, AttributeError):
        return _("answers {status}", status=answer.status_code)
