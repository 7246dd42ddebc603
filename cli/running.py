"""Commands for a lab that runs: looking at it, and handling one service."""

import difflib
import json

from rich.markup import escape

from cli import probe, waiting, ways
from cli import status as shown
from cli.config import Lab
from cli.console import out, say, table
from cli.course import course, reading
from cli.errors import WrongUse
from cli.stack import SERVICES, WATCHERS, Stack

COMMANDS = {
    "up": "start everything",
    "up --watch": "with Prometheus, which says how it is",
    "status": "what runs, and where",
    "send 10": "send ten tasks",
    "trace ID": "follow one task",
    "logs -f": "watch the services talk",
    "stop pyworker": "break something (start pyworker mends it)",
    "scale pyworker=3": "more workers",
    "doctor": "what is wrong with this computer",
    "test": "prove the whole thing with real servers",
    "down": "stop everything",
}

BACK_ENDS = {"mongo", "rabbitmq"}
NEEDS = {
    **dict.fromkeys(("flask", "asyncapp", "pyworker", "asyncworker"), BACK_ENDS),
    "exporter": {"nginx"},
    "board": set(),
    "nginx": {"flask", "asyncapp", *BACK_ENDS},
}
"""What a service cannot be ready without."""


def overview(lab: Lab) -> None:
    """The commands most needed, and whether a lab runs."""
    made = table("type", "to")
    for command, purpose in COMMANDS.items():
        made.add_row(f"./lab {command}", purpose)
    out.print(made)
    stack = ways.current(lab)
    state = f"[green]running[/] ({stack.way} way): {escape(lab.http)}/" if stack else "not running: ./lab up starts it"
    out.print(f"\nThe lab is {state}\nMore: ./lab --help", soft_wrap=True)
    known = course.load(lab)
    out.print(f"\nThe course: {escape(reading.where(known))}. All lessons: ./lab progress", soft_wrap=True)
    out.print(f"Next: {escape(reading.next_step(known))}", soft_wrap=True)


def status(lab: Lab, as_json: bool) -> None:
    """Every service, as a table or as JSON."""
    stack = ways.current(lab)
    if as_json:
        out.out(json.dumps(shown.as_json(lab, stack), indent=1), highlight=False)
    elif stack is None:
        out.print("The lab is not running: ./lab up starts it")
    else:
        services = stack.services()
        shown.show(lab, stack, services, waiting.check(probe.targets(lab, stack)))


def logs(lab: Lab, service: str | None, follow: bool, lines: int) -> None:
    """The log lines, as they stand in the files."""
    stack = ways.current(lab) or ways.last(lab)
    if service is not None:
        known_service(stack, service)
    for line in stack.logs(service, follow, lines):
        # Not through Rich, which would read brackets in a log line as markup, and is slow.
        print(line, flush=follow)


def stop(lab: Lab, service: str) -> None:
    """Stops one service."""
    stack = ways.running(lab)
    known_service(stack, service)
    say(f"stopping {service}")
    stack.stop(service)
    out.print(f"{service} is stopped. Mend it with: ./lab start {service}")


def start(lab: Lab, service: str) -> None:
    """Starts one service and waits for it."""
    stack = ways.running(lab)
    known_service(stack, service)
    stack.start(service)
    _wait_for(lab, stack, service)


def restart(lab: Lab, service: str) -> None:
    """Stops and starts one service and waits for it."""
    stack = ways.running(lab)
    known_service(stack, service)
    say(f"restarting {service}")
    stack.restart(service)
    _wait_for(lab, stack, service)


def scale(lab: Lab, wish: str) -> None:
    """Runs as many copies as wished and waits for them."""
    service, _, number = wish.partition("=")
    if not number.isdecimal() or int(number) < 1:
        raise WrongUse(f"{wish!r} is not SERVICE=N", part="scale", mend="For example: ./lab scale pyworker=3")
    stack = ways.running(lab)
    known_service(stack, service)
    for line in stack.scale(service, int(number)):
        out.print(escape(line))
    _wait_for(lab, stack, service)


def known_service(stack: Stack, name: str) -> None:
    """WrongUse, with the nearest name, where the lab has no service called so."""
    there = stack.services()
    known = [*SERVICES, *(name for name in WATCHERS if name in {service.name for service in there})]
    names = [*known, *(service.label for service in there)]
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        mend = (f"Did you mean {near[0]}?\n" if near else "") + f"Services: {', '.join(known)}"
        raise WrongUse(f"there is no service called {name!r}", mend=mend)


def _wait_for(lab: Lab, stack: Stack, service: str) -> None:
    """Waits for everything, as what needs the service must find it again; where a part is stopped on purpose, only for
    the service itself, and not at all where it needs that part."""
    targets = probe.targets(lab, stack)
    stopped = {one.name for one in stack.services() if one.state == "stopped"}
    lacking = stopped & NEEDS.get(service.partition("-")[0], set())
    if lacking:
        out.print(f"{service} is started, but cannot be ready without {', '.join(sorted(lacking))}, which is stopped.")
        return
    if stopped:
        targets = [one for one in targets if one.name == service or one.name.startswith(f"{service}-")]
    waiting.wait_until_ready(stack, targets, waiting.PATIENCE_WITH_ONE)
    out.print(f"{service} is ready.")
