"""A student's alert rules, tried by Prometheus' own promtool: what they say of series that somebody has written out."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lessons.kit.verdict import CannotJudge, NotYet

INSTALL = (
    "sudo apt-get install prometheus && sudo systemctl disable --now prometheus (Debian, Ubuntu); "
    "brew install prometheus (macOS)"
)
PLACES = os.pathsep.join(("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"))
EVERY = 5
"""Seconds between two samples, as the lab's own Prometheus asks."""
WITHIN = 60.0
LAST_LINES = 4
SOME = "count({}) > bool 0"
FAILED_AT = re.compile(r"time: (\S+),")


@dataclass(frozen=True)
class Scenario:
    """Some minutes in the life of a worker, and what an alert must say of them."""

    told: str
    """What happens, in words."""
    series: Mapping[str, str]
    """A sample every five seconds, as promtool writes them."""
    silent: Sequence[int] = ()
    """Seconds at which it must not fire."""
    fires: Sequence[int] = ()
    """Seconds at which it must."""


def program(name: str) -> str:
    """The path of a program of Prometheus; CannotJudge where it is not installed."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), PLACES)))
    if found is None:
        raise CannotJudge(f"your alerts need {name}, and there is no such program on this computer", INSTALL)
    return found


def must_be_rules(rules: Path) -> None:
    """NotYet, with promtool's words, where Prometheus would not take the file."""
    if not rules.is_file():
        raise NotYet(f"{rules.name} among your files", "there is none")
    said = _promtool("check", "rules", str(rules))
    if said:
        raise NotYet(f"rules that Prometheus takes: promtool check rules {rules.name}", said)


def judge(rules: Path, alert: str, scenario: Scenario, scratch: Path) -> None:
    """NotYet where the alert fires and must not, or does not and must."""
    state = f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
    some: list[dict[str, object]] = [{"labels": "{}", "value": 1}]
    asked: list[dict[str, object]] = [
        {"eval_time": f"{at}s", "expr": state, "exp_samples": []} for at in scenario.silent
    ]
    asked += [{"eval_time": f"{at}s", "expr": SOME.format(state), "exp_samples": some} for at in scenario.fires]
    test = {
        "rule_files": [str(rules)],
        "evaluation_interval": f"{EVERY}s",
        "tests": [
            {
                "interval": f"{EVERY}s",
                "input_series": [{"series": name, "values": values} for name, values in scenario.series.items()],
                "promql_expr_test": asked,
            }
        ],
    }
    file = scratch / "scenario.json"  # JSON is YAML as well.
    file.write_text(json.dumps(test), encoding="utf-8")
    said = _promtool("test", "rules", str(file))
    if said:
        _tell(alert, scenario, said)


def _tell(alert: str, scenario: Scenario, said: str) -> None:
    """NotYet in any case; what fails at no time fails altogether."""
    failed = FAILED_AT.search(said)
    if failed is None:
        raise NotYet(f"rules that promtool can try with {alert}", said)
    at = _seconds(failed[1])
    if at in scenario.fires:
        raise NotYet(f"{alert} fires: {scenario.told}", f"it is silent {failed[1]} after the beginning")
    raise NotYet(f"{alert} is silent: {scenario.told}", f"it fires {failed[1]} after the beginning")


def _seconds(text: str) -> int:
    """Of a duration as Prometheus writes it: 1h2m3s."""
    found = {unit: int(number) for number, unit in re.findall(r"(\d+)([hms])", text)}
    return found.get("h", 0) * 3600 + found.get("m", 0) * 60 + found.get("s", 0)


def _promtool(*words: str) -> str:
    """What it says where it is not content; empty where it is."""
    command = [program("promtool"), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, check=False)
    except subprocess.TimeoutExpired as error:
        raise CannotJudge(f"promtool has not ended within {WITHIN:g} s", "Try again.") from error
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip() and "FAILED" not in line]
    return "\n".join(lines[:LAST_LINES]) or "it says nothing"
