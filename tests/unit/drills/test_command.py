"""``./lab drill``: what it refuses, what it shows while a drill runs, and that nothing run is no success."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli import main
from cli.errors import Failed, WrongUse
from drills import campaign, command, showing
from drills.command import Wish, choose
from drills.record import nobody
from tests.unit.drills.fakes import FakeStage
from tests.unit.drills.results import a_drill


def test_without_a_name_nothing_is_run_and_that_is_wrong_use() -> None:
    """A script whose list of names is empty must not pass."""
    result = CliRunner().invoke(main.app, ["drill"])
    assert 2 == result.exit_code
    assert "no drill was named" in result.output
    assert "./lab drill --list" in result.output


def test_a_mistyped_name_is_answered_with_the_nearest() -> None:
    """And with the way to all of them."""
    with pytest.raises(WrongUse) as caught:
        choose(Wish(("kill-rabitmq",)))
    assert "Did you mean kill-rabbitmq" in caught.value.mend
    assert "./lab drill --list" in caught.value.mend


def test_a_name_like_no_other_is_not_guessed_at() -> None:
    """Only the way to those there are."""
    with pytest.raises(WrongUse) as caught:
        choose(Wish(("xyzzy",)))
    assert "Did you mean" not in caught.value.mend


@pytest.fixture
def containers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage of containers, on paper, on which every drill that can run there holds."""

    @contextmanager
    def stage(_: bool, shards: int) -> Iterator[FakeStage]:
        yield FakeStage("docker")

    monkeypatch.setattr(command, "stage", stage)
    monkeypatch.setattr(command, "run", lambda *_: [a_drill()])
    monkeypatch.setattr(campaign, "machine", lambda _: {})


@pytest.mark.parametrize("name", ["kill-worker-loop", "mutants"])
def test_what_cannot_run_on_containers_is_no_success(
    containers: None, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Nothing is proven by it, and the reason is said."""
    with pytest.raises(Failed, match="nothing was run"):
        command.drill(Wish((name,), docker=True))
    assert "native services" in capsys.readouterr().err


def test_planted_defects_that_are_left_out_are_told(containers: None, tmp_path: Path) -> None:
    """In the results as well, beside the drills that were run."""
    command.drill(Wish(("kill-worker", "mutants"), docker=True, json=tmp_path / "out.json"))
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert 1 == len(document["drills"])
    assert {"planted defects"} == set(document["skipped"])


def test_the_phase_stands_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was told, also with a bracket in it, beside the name of the drill."""
    stream = io.StringIO()
    monkeypatch.setattr(showing, "err", Console(file=stream, force_terminal=True, width=100))
    with showing.phases("kill-worker") as tell:
        tell("[workers] killed")
    assert "kill-worker: [workers] killed" in stream.getvalue()


def test_without_a_terminal_no_phase_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log is to be read afterwards, and no thread draws while something is measured."""
    stream = io.StringIO()
    monkeypatch.setattr(showing, "err", Console(file=stream, force_terminal=False))
    with showing.phases("kill-worker") as tell:
        tell("workers killed")
    assert (nobody, "") == (tell, stream.getvalue())
