"""``./lab up`` and ``./lab down``."""

import sys
from pathlib import Path

from rich.markup import escape

from cli import doctor, packages, probe, waiting, watching, ways
from cli.agent import process as agent
from cli.config import Lab
from cli.console import out, say
from cli.errors import Broken
from cli.language import _
from cli.native import NativeStack
from cli.pack import unpacking
from cli.stack import WATCHERS, Stack, Way


def up(lab: Lab, wish: Way | None, watch: bool | None = None, folder: Path | None = None) -> None:
    """The lab is up and every part of it ready afterwards; a lab that is up already is left as it is.

    ``watch``: whether Prometheus is part of it; None: as it was. ``folder``: the stick that everything comes from.
    """
    stick = unpacking.opened(folder) if folder else None
    stack, reason = ways.choose(lab, unpacking.way(stick, wish) if stick else wish)
    watching.wish(lab, _as_it_is(stack) if watch is None else watch)
    examine(lab, stack)
    say(_("[bold]{way} way[/]: {reason}", way=stack.way, reason=escape(reason)))
    if stick:
        unpacking.bring(lab, stack.way, stick)
    elif isinstance(stack, NativeStack):
        packages.ensure(lab)
    agent.wish(lab)
    changed = stack.up()
    targets = probe.targets(lab, stack)
    if not changed and not waiting.check(targets):
        out.print(_("The lab is up already; nothing was changed."))
    else:
        seconds = waiting.wait_until_ready(stack, targets)
        out.print(_("[green]The lab is up[/] (ready after {seconds:.1f} s).", seconds=seconds))
    agent.start(lab)
    show_addresses(lab, stack)


def _as_it_is(stack: Stack) -> bool | None:
    """True where somebody has laid the file over by hand; else nothing is known that is not remembered."""
    return any(service.name in WATCHERS for service in stack.services()) or None


def examine(lab: Lab, stack: Stack) -> None:
    """Broken where the doctor sees something that cannot work, each with its mend."""
    fatal = [finding for finding in doctor.examine(lab, stack.way) if finding.verdict == "fail"]
    if fatal:
        what = "\n".join(f"{finding.name}: {finding.seen}" for finding in fatal)
        raise Broken(what, part="doctor", mend="\n".join(finding.mend for finding in fatal))


def down(lab: Lab, volumes: bool) -> None:
    """Nothing of the lab runs afterwards; with ``volumes`` its data are gone too."""
    stack = ways.current(lab)
    if stack is None:
        stack = ways.last(lab)
    say(_("stopping the {way} lab and deleting its data" if volumes else "stopping the {way} lab", way=stack.way))
    agent.stop(lab)
    stopped = stack.down(volumes)
    out.print(_("The lab is down.") if stopped else _("The lab was not running."))
    if volumes:
        out.print(_("Its data are deleted."))


def show_addresses(lab: Lab, stack: Stack) -> None:
    """Where to look, and the first two things to type."""
    http, addresses = lab.http, stack.addresses()
    rows = {
        _("the board"): f"{http}/",
        _("Flask API"): f"{http}/flask/tasks",
        _("Quart API"): f"{http}/async/tasks",
        "RabbitMQ": _("{address}/rabbitmq/ (user {user})", address=http, user=lab.settings.rabbit_user),
        **{name.title(): f"{addresses[name]}/" for name in WATCHERS if name in addresses},
    }
    for name, url in rows.items():
        out.print(f"  {name:<11} {escape(url)}", soft_wrap=True)
    out.print(_("\nSend a task, then read what is stored:\n"), soft_wrap=True)
    for line in first_commands(http):
        out.print(f"  {escape(line)}", soft_wrap=True)


def first_commands(http: str) -> list[str]:
    """Two commands that work as they stand in the shell of this system."""
    body = '{"title": "Test task from Flask"}'
    quoted = '"' + body.replace('"', '\\"') + '"' if sys.platform == "win32" else f"'{body}'"
    header = '"Content-Type: application/json"' if sys.platform == "win32" else "'Content-Type: application/json'"
    curl = "curl.exe" if sys.platform == "win32" else "curl"
    return [f"{curl} -X POST {http}/flask/tasks -H {header} -d {quoted}", f"{curl} {http}/flask/tasks"]
