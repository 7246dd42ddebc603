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
from cli.language import _, later
from cli.stack import SERVICES, WATCHERS, Stack

COMMANDS = {
    "up": later("start everything"),
    "up --watch": later("with Prometheus, which says how it is"),
    "status": later("what runs, and where"),
    "send 10": later("send ten tasks"),
    "trace ID": later("follow one task"),
    "logs -f": later("watch the services talk"),
    "stop pyworker": later("break something (start pyworker mends it)"),
    "scale pyworker=3": later("more workers"),
    "doctor": later("what is wrong with this computer"),
    "test": later("prove the whole thing with real servers"),
    "down": later("stop everything"),
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
        made.add_row(f"./lab {command}", _(purpose))
    out.print(made)
    stack = ways.current(lab)
    state = (
        _("[green]running[/] ({way} way): {http}/", way=stack.way, http=escape(lab.http))
        if stack
        else _("not running: ./lab up starts it")
    )
    out.print(_("\nThe lab is {state}\nMore: ./lab --help", state=state), soft_wrap=True)
    known = course.load(lab)
    out.print(
        _("\nThe course: {where}. All lessons: ./lab progress", where=escape(reading.where(known))), soft_wrap=True
    )
    out.print(_("Next: {step}", step=escape(reading.next_step(known))), soft_wrap=True)


def status(lab: Lab, as_json: bool) -> None:
    """Every service, as a table or as JSON."""
    stack = ways.current(lab)
    if as_json:
        out.out(json.dumps(shown.as_json(lab, stack), indent=1), highlight=False)
    elif stack is None:
        out.print(_("The lab is not running: ./lab up starts it"))
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
    say(_("stopping {service}", service=service))
    stack.stop(service)
    out.print(_("{service} is stopped. Mend it with: ./lab start {service}", service=service))


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
    say(_("restarting {service}", service=service))
    stack.restart(service)
    _wait_for(lab, stack, service)


def scale(lab: Lab, wish: str) -> None:
    """Runs as many copies as wished and waits for them."""
    service, _equals, number = wish.partition("=")
    if not number.isdecimal() or int(number) < 1:
        raise WrongUse(
            _("{wish!r} is not SERVICE=N", wish=wish), part="scale", mend=_("For example: ./lab scale pyworker=3")
        )
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
        mend = (_("Did you mean {near}?\n", near=near[0]) if near else "") + _(
            "Services: {known}", known=", ".join(known)
        )
        raise WrongUse(_("there is no service called {name!r}", name=name), mend=mend)


def _wait_for(lab: Lab, stack: Stack, service: str) -> None:
    """Waits for everything, as what needs the service must find it again; where a part is stopped on purpose, only for
    the service itself, and not at all where it needs that part."""
    targets = probe.targets(lab, stack)
    stopped = {one.name for one in stack.services() if one.state == "stopped"}
    lacking = stopped & NEEDS.get(service.partition("-")[0], set())
    if lacking:
        out.print(
            _(
                "{service} is started, but cannot be ready without {lacking}, which is stopped.",
                service=service,
                lacking=", ".join(sorted(lacking)),
            )
        )
        return
    if stopped:
        targets = [one for one in targets if one.name == service or one.name.startswith(f"{service}-")]
    waiting.wait_until_ready(stack, targets, waiting.PATIENCE_WITH_ONE)
    out.print(_("{service} is ready.", service=service))
