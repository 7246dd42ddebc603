"""``./lab doctor``: what breaks such labs, and the mend for each."""

import json
from collections.abc import Callable, Iterable

from rich.markup import escape

from cli import machine, occupied, remains, rooms, ways
from cli.config import Lab
from cli.console import out, state, table
from cli.errors import CliError
from cli.findings import Finding
from cli.language import _, many
from cli.stack import Way

ENVIRONMENT_BROKEN = 3

Probe = Callable[[Lab, Way], Iterable[Finding]]

PROBES: tuple[Probe, ...] = (
    machine.python,
    machine.docker,
    machine.system,
    machine.programs,
    machine.processor,
    machine.memory,
    machine.disk,
    machine.names,
    machine.proxies,
    rooms.clock,
    rooms.place,
    rooms.owner,
    rooms.variables,
    occupied.ports,
    occupied.low_ports,
    occupied.queues,
    remains.state_folder,
    remains.line_ends,
)


def examine(lab: Lab, way: Way) -> list[Finding]:
    """Every probe's findings, judged by whether they matter to ``way``."""
    return [finding for probe in PROBES for finding in probe(lab, way)]


def show(lab: Lab, as_json: bool) -> int:
    """Prints what was found; returns the exit code."""
    way = likely_way(lab)
    findings = examine(lab, way)
    if as_json:
        out.out(
            json.dumps({"way": way, "findings": [vars(finding) for finding in findings]}, indent=1), highlight=False
        )
    else:
        _print(way, findings)
    return ENVIRONMENT_BROKEN if any(finding.verdict == "fail" for finding in findings) else 0


def likely_way(lab: Lab) -> Way:
    """The way ``./lab up`` would take; native where neither works, because its probes say why."""
    try:
        return ways.choose(lab, None)[0].way
    except CliError:
        return "native" if machine.is_linux() else "docker"


def _print(way: Way, findings: list[Finding]) -> None:
    made = table("", "looked at", "seen", "what to do")
    for finding in findings:
        made.add_row(state(finding.verdict), finding.name, escape(finding.seen), escape(finding.mend))
    out.print(made)
    fatal = sum(finding.verdict == "fail" for finding in findings)
    words = (
        many("[red]{number} of these must be mended first[/]", fatal) if fatal else _("[green]the lab can run here[/]")
    )
    out.print(_("\nFor the {way} way: {words}.", way=way, words=words), soft_wrap=True)
