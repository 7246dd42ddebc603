"""The doctor's probes of what others have taken: ports, and the name of our queue."""

import socket
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from cli import sweep, watching, ways
from cli.agent import process as agent
from cli.agent.token import is_off
from cli.config import PORTS, WATCH_PORTS, Lab
from cli.findings import Finding
from cli.language import _, many
from cli.packages import on_linux
from cli.ports import LOOPBACK, answers, held_by, holder, is_free
from cli.stack import Way
from core.topology import topology

PUBLISHED = ("HTTP_PORT", "RABBIT_PORT", "RABBIT_MANAGEMENT_PORT", "MONGO_PORT", "AGENT_PORT")
"""What Compose publishes, and the agent's; the other ports stay inside its network."""
TIMEOUT = 2.0
MOST_SHARDS = 256


def ports(lab: Lab, way: Way) -> Iterator[Finding]:
    """Every port the lab needs: free, or held by the lab itself."""
    ours = our_ports(lab)
    for name in needed(lab, way):
        port = lab.port(name)
        if port in ours:
            yield Finding(name, "ok", _("{port}, held by this lab", port=port))
        elif is_free(port):
            yield Finding(name, "ok", _("{port} is free", port=port))
        else:
            yield _taken(name, port)


def needed(lab: Lab, way: Way) -> list[str]:
    """The variables that name them; Grafana runs with Docker only."""
    own = PUBLISHED if way == "docker" else tuple(name for name in PORTS if name not in WATCH_PORTS)
    watched = ("PROMETHEUS_PORT", "GRAFANA_PORT") if way == "docker" else ("PROMETHEUS_PORT",)
    found = [*own, *(watched if watching.is_wished(lab) else ())]
    return [name for name in found if name != "AGENT_PORT" or not is_off(lab)]


def our_ports(lab: Lab) -> set[int]:
    """The ports that this lab's running services really hold, whatever the settings of this command say."""
    pid = agent.recorded(lab)
    return _of_services(lab) | (held_by({pid}) if pid is not None else set())


def _of_services(lab: Lab) -> set[int]:
    stack = ways.current(lab)
    services = stack.services() if stack else []
    if stack is None:
        # A lab whose supervisord was killed: ./lab up ends these processes before it starts anew.
        return held_by(sweep.remaining(lab)) if on_linux() else set()
    if stack.way == "docker":
        return {port for service in services if service.state != "stopped" for port in service.ports.values()}
    return held_by({process.pid for service in services for process in service.processes})


def _taken(name: str, port: int) -> Finding:
    who = holder(port)
    seen = _("{port} is in use", port=port) + (
        _(" by {name}", name=who.name) + (_(" (pid {pid})", pid=who.pid) if who.pid else "") if who else ""
    )
    other = port + 8000 if port < 1024 else port + 100
    return Finding(
        name,
        "fail",
        seen,
        _("Stop it, or take another port: {name}={other} in .env or before ./lab up", name=name, other=other),
    )


def low_ports(lab: Lab, way: Way) -> Iterator[Finding]:
    """On Linux a normal user may not listen below 1024; the engine may, because it is root."""
    port = lab.port("HTTP_PORT")
    if way == "docker" or sys.platform != "linux" or port in our_ports(lab):
        return
    if not may_listen(port):
        mend = _("HTTP_PORT=8080 ./lab up (or set it in .env)")
        yield Finding(_("right to listen"), "fail", _("a normal user may not listen on port {port}", port=port), mend)


def may_listen(port: int) -> bool:
    """False only where the system refuses the port to this user."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError:
            return False
        except OSError:
            return True
    return True


def queues(lab: Lab, _way: Way) -> Iterator[Finding]:
    """The queues as a running broker has them, beside core/topology.py. Nothing where no broker answers."""
    if not answers(lab.port("RABBIT_MANAGEMENT_PORT")):
        return
    name, shards = lab.settings.rabbit_queue, lab.settings.queue_shards
    for queue in topology(name, shards).queues:
        declared = _declared(lab, queue.name)
        if declared is not None:
            yield compare(queue.name, queue.arguments, declared["arguments"])
    for number in range(shards + 1, MOST_SHARDS + 1):
        beyond = _declared(lab, topology(name, number).works[-1])
        if beyond is None:
            return
        if beyond.get("messages"):
            yield left_behind(str(beyond["name"]), int(beyond["messages"]), number)


def left_behind(name: str, messages: int, shards: int) -> Finding:
    """Tasks of a shard that there was once: nobody consumes it any more."""
    mend = _("QUEUE_SHARDS={shards} ./lab up, until it is empty; then take fewer", shards=shards)
    return Finding(
        _("queue {name}", name=name),
        "fail",
        many("{number} task(s) wait there, and QUEUE_SHARDS is lower now", messages),
        mend,
    )


def _declared(lab: Lab, name: str) -> dict[str, Any] | None:
    """The queue as the broker has it; None where there is no such queue or no answer."""
    settings = lab.settings
    url = f"http://{LOOPBACK}:{lab.port('RABBIT_MANAGEMENT_PORT')}/api/queues/%2F/{quote(name, safe='')}"
    try:
        login = (settings.rabbit_user, settings.rabbit_password)
        answer = httpx.get(url, auth=login, timeout=TIMEOUT, trust_env=False)
        return dict(answer.json()) if answer.is_success else None
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def compare(name: str, wanted: Mapping[str, Any], declared: Mapping[str, Any]) -> Finding:
    """A difference in one argument is enough for RabbitMQ to refuse our declaration with 406."""
    differing = sorted(key for key in {*wanted, *declared} if wanted.get(key) != declared.get(key))
    if not differing:
        return Finding(_("queue {name}", name=name), "ok", _("declared as the lab needs it"))
    seen = _(
        "another program declared it otherwise ({differing}); RabbitMQ's own tutorial does that",
        differing=", ".join(differing),
    )
    mend = _("Delete it on RabbitMQ's page (Queues, {name}, Delete), or: ./lab down --volumes", name=name)
    return Finding(_("queue {name}", name=name), "fail", seen, mend)
