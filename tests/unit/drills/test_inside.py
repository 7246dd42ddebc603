"""Faults planted inside the services from outside: on both twins, and loudly where a name is gone."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from drills.inside.defects import DEFECTS
from drills.inside.flaky import POINTS
from drills.inside.planting import CannotPlant, Planting, keep_metrics_together, package_of, specifications
from drills.inside.registry import plant
from drills.plan import Plan, inside

EVERYTHING = [*(f"mutant:{name}" for name in DEFECTS), *(f"flaky:{point}:0.5:1" for point in POINTS)]


@pytest.mark.parametrize("specification", EVERYTHING)
def test_what_is_planted_can_be_taken_out(planting: Planting, specification: str) -> None:
    """Every name holds its original again."""
    plant(specification, planting)
    changed = list(planting.changed)
    planting.restore()
    assert changed
    assert [original for _, _, original in changed] == [vars(owner)[name] for owner, name, _ in changed]


@pytest.mark.parametrize("specification", EVERYTHING)
def test_what_is_planted_in_a_name_that_is_gone_fails(
    planting: Planting, specification: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refactoring of the services must not disarm it in silence."""
    plant(specification, planting)
    names = [(owner, name) for owner, name, _ in planting.changed]
    planting.restore()
    for owner, name in names:
        with monkeypatch.context() as without:
            without.delattr(owner, name)
            with pytest.raises(CannotPlant, match=name):
                plant(specification, planting)
            planting.restore()


def test_a_class_that_is_gone_is_named(planting: Planting) -> None:
    """Not only its method."""
    with pytest.raises(CannotPlant, match="there is no Seller"):
        planting.change("publisher.Seller.publish", lambda original: original)


@pytest.mark.parametrize(
    "specification",
    [
        "",
        "mutant",
        "mutant:none",
        "mutant:auto-ack:1",
        "flaky:publish:0.1",
        "flaky:none:0.1:1",
        "flaky:publish:x:1",
        "flaky:publish:1.5:1",
    ],
)
def test_a_specification_that_means_nothing_is_refused(planting: Planting, specification: str) -> None:
    """Else a drill would run without its fault."""
    with pytest.raises(CannotPlant):
        plant(specification, planting)


@pytest.mark.parametrize(("text", "found"), [(None, []), ("", []), ("[]", []), ('["a", "b"]', ["a", "b"])])
def test_the_environment_holds_a_list_of_specifications(text: str | None, found: list[str]) -> None:
    """Without any, nothing is planted."""
    assert found == specifications({} if text is None else {"DRILL_INSIDE": text})


@pytest.mark.parametrize("text", ["mutant:auto-ack", '"a"', "[1]"])
def test_an_environment_that_holds_something_else_is_refused(text: str) -> None:
    """With the name of the variable."""
    with pytest.raises(CannotPlant, match="DRILL_INSIDE"):
        specifications({"DRILL_INSIDE": text})


@pytest.mark.parametrize(
    ("words", "package"),
    [
        (["app.worker"], "app"),
        (["asyncapp.worker"], "asyncapp"),
        (["gunicorn", "-c", "app/gunicorn.conf.py", "app.app:create_app()"], "app"),
        (["gunicorn", "asyncapp.app:create_app()"], "asyncapp"),
    ],
)
def test_a_command_tells_which_twin_it_runs(words: list[str], package: str) -> None:
    """By the first word that is of one of them."""
    assert package == package_of(words)


def test_a_command_of_neither_twin_is_refused() -> None:
    """There is nothing to plant in."""
    with pytest.raises(CannotPlant):
        package_of(["gunicorn", "elsewhere.app"])


def test_the_processes_of_an_api_share_a_folder_for_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must be known before the services are imported, which gunicorn's own settings do later."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environ: dict[str, str] = {}
    keep_metrics_together(["app.worker"], environ)
    assert {} == environ
    keep_metrics_together(["gunicorn"], environ)
    assert Path(environ["PROMETHEUS_MULTIPROC_DIR"]).is_dir()


def test_a_plan_takes_the_seed_of_the_run() -> None:
    """So that --seed repeats it."""
    assert (("flask", '["flaky:publish:0.1:7"]'),) == inside(("flask",), "flaky:publish:0.1:SEED").seeded(7).inside


def test_a_plan_can_have_a_defect_beside_its_faults() -> None:
    """Each service keeps what it had."""
    plan = inside(("flask",), "a").also(["flask", "pyworker"], "b")
    assert {"flask": '["a", "b"]', "pyworker": '["b"]'} == dict(plan.inside)
    assert plan == Plan(inside=plan.inside)


def run_inside(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """What became of a process."""
    command = [sys.executable, "-m", "drills.inside", *words]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, timeout=60)


def test_a_process_ends_at_once_where_nothing_can_be_planted() -> None:
    """A service without its fault would let a drill pass."""
    ended = run_inside("app.worker", DRILL_INSIDE='["mutant:none"]')
    assert 0 != ended.returncode
    assert "mutant:none" in ended.stderr


@pytest.mark.parametrize("package", ["app", "asyncapp"])
@pytest.mark.parametrize("what", ["[]", '["mutant:auto-ack"]'])
def test_a_process_ends_with_the_services_own_exit_code(package: str, what: str) -> None:
    """Here 2, for a setting that cannot be used."""
    ended = run_inside(f"{package}.worker", DRILL_INSIDE=what, RABBIT_PORT="none")
    assert (2, True) == (ended.returncode, "RABBIT_PORT" in ended.stderr)
