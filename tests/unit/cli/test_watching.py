"""A watched lab: which files Prometheus reads, which ports it needs, and how long it stays one."""

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cli import bringing_up, main, native, occupied, packages, probe, rabbit, watching, ways
from cli.agent import process
from cli.compose import ComposeStack
from cli.config import ROOT, Lab, load
from cli.errors import Broken
from cli.memory import Memory
from cli.native import NativeStack
from cli.probe import Target
from cli.programs import WATCH_PORTS
from cli.stack import Service
from tests.unit.cli.fakes import FakeStack, a_lab

PORTS = {name: 20000 + place for place, name in enumerate([*rabbit.PORTS, *WATCH_PORTS, "PYWORKER_PORT_2"])}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A lab with the shipped settings of Prometheus."""
    shutil.copytree(ROOT / watching.FOLDER, tmp_path / watching.FOLDER)
    return a_lab(tmp_path)


def settings(lab: Lab, **scale: int) -> dict[str, Any]:
    """What Prometheus reads, once it is written."""
    watching.write(lab, PORTS, scale)
    return dict(yaml.safe_load((watching.folder(lab) / watching.SETTINGS).read_text()))


def test_every_job_that_is_shipped_has_its_targets(lab: Lab) -> None:
    """And is scraped as with Compose otherwise."""
    shipped = yaml.safe_load((lab.root / watching.FOLDER / watching.SETTINGS).read_text())
    found = settings(lab)
    assert found["global"] == shipped["global"]
    for ours, theirs in zip(found["scrape_configs"], shipped["scrape_configs"], strict=True):
        assert set(ours) - {"file_sd_configs"} == set(theirs) - set(watching.DISCOVERIES)
        (file,) = ours["file_sd_configs"][0]["files"]
        assert all(
            target.startswith("127.0.0.1:") for one in json.loads(Path(file).read_text()) for target in one["targets"]
        )


def test_a_job_that_nobody_knows_the_targets_of_is_broken(lab: Lab) -> None:
    """Not left out in silence."""
    path = lab.root / watching.FOLDER / watching.SETTINGS
    path.write_text(path.read_text() + "  - job_name: newcomer\n", encoding="utf-8")
    with pytest.raises(Broken, match="newcomer"):
        settings(lab)


def test_a_copy_is_one_more_target_and_no_other_setting(lab: Lab) -> None:
    """Prometheus sees it without being started anew."""
    before = watching.write(lab, PORTS, {})
    after = watching.write(lab, PORTS, {"pyworker": 2})
    targets = json.loads((watching.folder(lab) / "targets" / "pyworker.json").read_text())
    assert before == after
    assert [{"targets": ["127.0.0.1:5011", f"127.0.0.1:{PORTS['PYWORKER_PORT_2']}"]}] == targets


def test_other_rules_start_prometheus_anew(lab: Lab) -> None:
    """It reads them when it starts."""
    before = watching.write(lab, PORTS, {})
    path = lab.root / watching.FOLDER / watching.RULES
    path.write_text(path.read_text() + "# another\n", encoding="utf-8")
    assert before != watching.write(lab, PORTS, {})


def test_nothing_of_it_is_reachable_from_elsewhere(tmp_path: Path) -> None:
    """It asks for no password."""
    lab = a_lab(tmp_path, LAB_BIND="0.0.0.0", RABBIT_PASSWORD="a long one")
    words = [word for program in watching.programs(lab, PORTS, "") for word in program.command]
    assert [word.partition("=")[2].partition(":")[0] for word in words if "listen-address" in word] == ["127.0.0.1"] * 2


def test_a_lab_is_watched_until_it_is_told_otherwise(tmp_path: Path) -> None:
    """Saying nothing leaves it as it is."""
    lab = a_lab(tmp_path)
    seen = []
    for wish in (None, True, None, False, None):
        watching.wish(lab, wish)
        seen.append(watching.is_wished(lab))
    assert [False, True, True, False, False] == seen


def test_no_port_is_chosen_that_a_variable_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is free until the lab is up, and two programs would want it then."""
    asked: list[list[int]] = []

    def free(taken: Collection[int]) -> int:
        asked.append(list(taken))
        return 20000 + len(asked)

    monkeypatch.setattr(native, "free_port", free)
    found = NativeStack(a_lab(tmp_path))._ports(Memory(), running=False)
    assert all({80, 5672, 15672, 9090} <= set(taken) for taken in asked)
    assert len(found) == len(set(found.values()))


def test_its_ports_matter_only_where_it_is_watched(tmp_path: Path) -> None:
    """Who takes 9090 for the lab itself is not told that Prometheus wants it."""
    lab = a_lab(tmp_path, HTTP_PORT="9090")
    assert {"PROMETHEUS_PORT", "GRAFANA_PORT"} & {
        *occupied.needed(lab, "native"),
        *occupied.needed(lab, "docker"),
    } == set()
    with pytest.raises(Broken, match="PROMETHEUS_PORT and HTTP_PORT"):
        watching.wish(lab, True)


def test_the_ports_of_a_watched_lab_are_looked_at(tmp_path: Path) -> None:
    """Grafana runs with Docker only."""
    lab = a_lab(tmp_path)
    watching.wish(lab, True)
    native = occupied.needed(lab, "native")
    assert (True, False) == ("PROMETHEUS_PORT" in native, "GRAFANA_PORT" in native)
    assert {"PROMETHEUS_PORT", "GRAFANA_PORT"} <= set(occupied.needed(lab, "docker"))


def test_a_watched_lab_has_two_services_more(tmp_path: Path) -> None:
    """And says where Prometheus is."""
    lab = a_lab(tmp_path)
    before = {service.name for service in NativeStack(lab).services()}
    watching.wish(lab, True)
    stack = NativeStack(lab)
    assert {"exporter", "prometheus"} == {service.name for service in stack.services()} - before
    assert "http://127.0.0.1:9090" == stack.addresses()["prometheus"]


def test_what_a_watched_lab_needs_is_installed_with_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And only there."""
    lab = a_lab(tmp_path)
    asked: list[list[str]] = []
    monkeypatch.setattr(packages, "_install", lambda names, _source: asked.append(names))
    monkeypatch.setattr(packages, "missing", list)
    monkeypatch.setattr(packages, "mongod", lambda _: "")
    monkeypatch.setattr(packages, "found", lambda _: None)
    packages.ensure(lab)
    watching.wish(lab, True)
    packages.ensure(lab)
    assert [[], list(packages.WATCHERS)] == asked


def test_with_docker_another_file_is_laid_over(tmp_path: Path) -> None:
    """Only where the lab is watched."""
    lab = a_lab(tmp_path)
    stack = ComposeStack(lab)
    before = [word for word in stack._command("up") if word.endswith(".yml")]
    watching.wish(lab, True)
    after = [word for word in stack._command("up") if word.endswith(".yml")]
    assert [*before, str(lab.root / "deploy/monitoring/compose.yml")] == after


@pytest.mark.parametrize(("words", "wish"), [([], None), (["--watch"], True), (["--no-watch"], False)])
def test_up_says_whether_it_is_watched(words: list[str], wish: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or leaves it as it is."""
    asked: list[object] = []
    monkeypatch.setattr(main, "load", lambda: load({}))
    monkeypatch.setattr(bringing_up, "up", lambda _lab, _way, watch, _stick: asked.append(watch))
    assert 0 == CliRunner().invoke(main.app, ["up", *words]).exit_code
    assert [wish] == asked


def test_what_was_laid_over_by_hand_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``docker compose -f … -f … up`` remembers nothing, and ``./lab up`` must not take it down."""
    lab, stack = a_lab(tmp_path), FakeStack([Service("prometheus", 1, "running")])
    monkeypatch.setattr(ways, "choose", lambda *_: (stack, "asked for"))
    monkeypatch.setattr(bringing_up, "examine", lambda *_: None)
    monkeypatch.setattr(probe, "targets", lambda *_: [Target("prometheus", str)])
    monkeypatch.setattr(process, "start", lambda _: None)
    bringing_up.up(lab, None)
    assert watching.is_wished(lab)
    bringing_up.up(lab, None, watch=False)
    assert not watching.is_wished(lab)
