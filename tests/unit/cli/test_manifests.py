"""What checks manifests: installed once, and the kustomize that is new enough."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli import manifests
from cli.errors import Broken

NPM = ["from", "npm"]


def printed(kustomize: str, kubectl: str) -> Any:
    """Stands in for the programs of a computer; nothing for one that is not there."""

    def answer(command: list[str]) -> str:
        return {"kustomize": kustomize, "kubectl": kubectl}[command[0]]

    return answer


@pytest.mark.parametrize(
    ("kustomize", "kubectl", "chosen"),
    [
        ("v5.8.1\n", "", ["kustomize", "build"]),
        ("{Version:kustomize/v4.5.4 GitCommit:cf3a45}", "", ["kustomize", "build"]),
        ("", json.dumps({"kustomizeVersion": "v5.5.0"}), ["kubectl", "kustomize"]),
        ("{Version:kustomize/v3.8.1}", json.dumps({"kustomizeVersion": "v5.5.0"}), ["kubectl", "kustomize"]),
        ("", json.dumps({"clientVersion": {"gitVersion": "v1.20.2"}}), NPM),
        ("", "", NPM),
    ],
)
def test_the_computers_own_kustomize_is_taken_if_it_is_new_enough(
    monkeypatch: pytest.MonkeyPatch, kustomize: str, kubectl: str, chosen: list[str]
) -> None:
    """Debian 12's kubectl does not even say which it has."""
    monkeypatch.setattr(manifests, "_printed", printed(kustomize, kubectl))
    monkeypatch.setattr(manifests, "npm_kustomize", lambda: NPM)
    assert chosen == manifests.kustomize()


def test_a_computer_without_any_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """npm has one for Linux on x86-64 only."""
    monkeypatch.setattr(manifests, "KUSTOMIZE", tmp_path / "kustomize")
    with pytest.raises(Broken) as error:
        manifests.npm_kustomize()
    assert "kubectl" in error.value.mend


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What ``prepare`` runs, in place of running it."""
    found: list[list[str]] = []

    def called(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        found.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(manifests, "VENV", tmp_path / "venv")
    monkeypatch.setattr(manifests, "NODE", tmp_path / "node")
    monkeypatch.setattr(manifests.subprocess, "run", called)
    (tmp_path / "venv").mkdir()
    return found


def test_the_tools_are_installed_once(commands: list[list[str]]) -> None:
    """An environment, its packages, and those of npm."""
    manifests.prepare()
    manifests.prepare()
    assert ["venv", "pip", "ci"] == [next(word for word in ("venv", "pip", "ci") if word in each) for each in commands]


def test_only_what_has_changed_is_installed_again(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The packages of npm, where only their list is another."""
    manifests.prepare()
    other = tmp_path / "package.json"
    other.write_text("{}", encoding="utf-8")
    monkeypatch.setattr(manifests, "PACKAGES", (other,))
    manifests.prepare()
    assert ["ci"] == [commands[-1][1]]
    assert 4 == len(commands)


def test_what_could_not_be_installed_is_tried_again(commands: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the program's own words."""

    def failed(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "no route to the registry")

    monkeypatch.setattr(manifests.subprocess, "run", failed)
    for _ in range(2):
        with pytest.raises(Broken, match="no route"):
            manifests.prepare()
