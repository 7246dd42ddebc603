"""A copy of what Prometheus reads, on a clock that runs faster: every duration is divided, and nothing else differs.

A rule says 20 s, since a worker may take as long to start again. A test that waits so long for each alert to come and
to go would take minutes, and one with other rules would prove other rules. So everything shrinks alike.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from cli.programs import Program

FASTER = 5
MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
DURATION = re.compile(r"(\d+)(ms|s|m|h)")
# In an expression: a window in brackets, or an offset. Elsewhere 5m might be part of a name.
IN_EXPRESSION = re.compile(rf"(?<=\[){DURATION.pattern}(?=\])|(?<=\boffset ){DURATION.pattern}")
WHOLE = {"for", "scrape_interval", "scrape_timeout", "evaluation_interval", "refresh_interval"}


def shorter(duration: str) -> str:
    """One duration, divided."""
    number, unit = DURATION.fullmatch(duration).groups()  # type: ignore[union-attr]
    return f"{int(number) * MILLISECONDS[unit] // FASTER}ms"


def faster(document: Any, name: str = "") -> Any:
    """The same settings or rules with every duration divided."""
    if isinstance(document, Mapping):
        return {key: faster(value, key) for key, value in document.items()}
    if isinstance(document, list):
        return [faster(value) for value in document]
    if name in WHOLE:
        return shorter(document)
    if name == "expr":
        return IN_EXPRESSION.sub(lambda found: shorter(found[0]), document)
    return document


def on_a_faster_clock(program: Program) -> Program:
    """Prometheus with such a copy of its settings and its rules, which is written beside them; others as they are."""
    if program.service != "prometheus":
        return program
    option = next(word for word in program.command if word.startswith("--config.file="))
    shipped = Path(option.partition("=")[2])
    settings = faster(yaml.safe_load(shipped.read_text(encoding="utf-8")))
    rules = shipped.with_name("faster-rules.yml")
    rules.write_text(yaml.safe_dump(faster(_rules(settings)), sort_keys=False), encoding="utf-8")
    copy = shipped.with_name(f"faster-{shipped.name}")
    copy.write_text(yaml.safe_dump({**settings, "rule_files": [str(rules)]}, sort_keys=False), encoding="utf-8")
    return replace(program, command=[f"--config.file={copy}" if word == option else word for word in program.command])


def _rules(settings: Mapping[str, Any]) -> Any:
    (path,) = settings["rule_files"]
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
