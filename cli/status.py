"""What runs, where: as JSON for scripts, as a table for people."""

from typing import Any

from rich.markup import escape

from cli.config import Lab
from cli.console import out, state, table
from cli.language import _, later
from cli.stack import ORDER, Service, Stack

NOTE_LENGTH = 100


def as_json(lab: Lab, stack: Stack | None) -> dict[str, Any]:
    """Everything a script needs to find its way. Without a lab that runs, way is null and the lists are empty."""
    return {
        "way": stack.way if stack else None,
        "state_dir": str(lab.state),
        "services": [service_json(service) for service in stack.services()] if stack else [],
        "addresses": stack.addresses() if stack else {},
    }


def service_json(service: Service) -> dict[str, Any]:
    """One copy of a service."""
    return {
        "name": service.name,
        "instance": service.instance,
        "state": service.state,
        "health": service.health,
        "pids": [process.pid for process in service.processes],
        "processes": [{"pid": one.pid, "role": one.role, "name": one.name} for one in service.processes],
        "ports": service.ports,
        "log": service.log,
        "container": service.container,
    }


def show(lab: Lab, stack: Stack, services: list[Service], missing: dict[str, str]) -> None:
    """The table for people, with what each service says is missing."""
    made = table("service", "state", "pids", "ports", "")
    for service in sorted(services, key=lambda one: (ORDER.index(one.name), one.instance)):
        made.add_row(
            service.label, state(seen(service, missing)), pids(service), ports(service), note(service, missing)
        )
    out.print(made)
    out.print(_("\n[dim]{way} way, state in {folder}[/]", way=stack.way, folder=lab.state), soft_wrap=True)


def seen(service: Service, missing: dict[str, str]) -> str:
    """The state in one word: ready is more than running."""
    if service.state != "running":
        return service.state
    return later("not ready") if missing.get(service.label) else later("ready")


def note(service: Service, missing: dict[str, str]) -> str:
    """Why a running service is not ready."""
    words = missing.get(service.label, "") if service.state == "running" else ""
    return f"[dim]{escape(words[:NOTE_LENGTH])}[/]" if words else ""


def pids(service: Service) -> str:
    """The first process, and how many more there are."""
    if not service.processes:
        return ""
    more = len(service.processes) - 1
    return f"{service.processes[0].pid}" + (f" +{more}" if more else "")


def ports(service: Service) -> str:
    """``5672 (amqp)``, one after the other."""
    return ", ".join(f"{port} ({use})" for use, port in service.ports.items())
