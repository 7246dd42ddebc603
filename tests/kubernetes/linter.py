"""checkov, a policy linter, on what the overlays render to. Its rules are its own; ours stand in ``checks``."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cli.manifests import program


@dataclass(frozen=True)
class Finding:
    """A rule that an object breaks."""

    rule: str
    resource: str
    says: str


@dataclass(frozen=True)
class Report:
    """What it made of one file."""

    passed: int
    findings: tuple[Finding, ...]


def lint(folder: Path, texts: dict[str, str]) -> dict[str, Report]:
    """One report for each text, all from one run: starting it takes longer than the checking."""
    return {name: _report(done) for name, done in _run(folder, texts).items()}


def _run(folder: Path, texts: dict[str, str]) -> dict[str, dict[str, list[dict[str, str]]]]:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    command = [str(program("checkov")), "--directory", str(folder), "--framework", "kubernetes", "--output", "json"]
    # Nothing is fetched, nothing is sent.
    command += ["--skip-download", "--compact", "--soft-fail"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr[-2000:]
    results = json.loads(done.stdout)["results"]
    assert [] == results["parsing_errors"]
    return {
        name: {
            kind: [each for each in results[kind] if each["file_path"] == f"/{name}.yaml"]
            for kind in ("passed_checks", "failed_checks")
        }
        for name in texts
    }


def _report(done: dict[str, list[dict[str, str]]]) -> Report:
    found = {Finding(each["check_id"], each["resource"], each["check_name"]) for each in done["failed_checks"]}
    return Report(len(done["passed_checks"]), tuple(sorted(found, key=lambda one: (one.rule, one.resource))))
