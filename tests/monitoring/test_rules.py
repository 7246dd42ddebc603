"""The alert rules as they are shipped: valid, tested both ways, and of use to the person who gets one."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from cli import packages, watching
from cli.config import ROOT
from tests.monitoring.test_alerts import ALERTS, FAULTS

FOLDER = Path(ROOT, watching.FOLDER)
TESTS = yaml.safe_load((FOLDER / "rules_test.yml").read_text(encoding="utf-8"))["tests"]
ASKED = re.compile(r'ALERTS\{alertname="(\w+)"')


def promtool(*words: str) -> str:
    """What Prometheus' own tool says; AssertionError with its words where it is not content."""
    packages.ensure_program("prometheus")
    done = subprocess.run(["promtool", *words], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def test_settings_and_rules_are_valid() -> None:
    """As Prometheus reads them."""
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml")


def test_each_alert_fires_when_it_must_and_only_then() -> None:
    """On series that are written out."""
    assert "SUCCESS" in promtool("test", "rules", "rules_test.yml")


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_every_alert_is_tested_both_ways(name: str) -> None:
    """That it fires, and that it does not; and by a fault in a real lab."""
    asked = [one for test in TESTS for one in test["promql_expr_test"] if ASKED.match(one["expr"])[1] == name]
    assert {True, False} == {bool(one["exp_samples"]) for one in asked}
    assert name in FAULTS


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_every_alert_helps_who_gets_it(name: str) -> None:
    """How bad it is, what a user sees, and what to do next."""
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"].rstrip().endswith(".")
    assert "./lab " in rule["annotations"]["description"]
    assert name in (FOLDER.parent / "README.md").read_text(encoding="utf-8")
