"""Kustomize makes objects of each overlay."""

import subprocess
from pathlib import Path

import pytest

from cli import manifests
from tests.kubernetes.objects import HOME, OVERLAYS, called, objects_of, rendered, run

EXPECTED = {
    "Namespace": 1,
    "ConfigMap": 1,
    "Deployment": 4,
    "Service": 2,
    "PodDisruptionBudget": 6,
    "HorizontalPodAutoscaler": 2,
    "ScaledObject": 2,
    "TriggerAuthentication": 1,
    "RabbitmqCluster": 1,
    "MongoDBCommunity": 1,
    "NetworkPolicy": 6,
    "Middleware": 3,
}
INGRESS = {"Ingress": 1}
GATEWAY = {"Gateway": 1, "HTTPRoute": 2}
CANARY = {"Deployment": 6, "Service": 4, "PodDisruptionBudget": 8}
KINDS = {
    "classroom": {**EXPECTED, **INGRESS},
    "production": {**EXPECTED, **GATEWAY},
    "sharded": {**EXPECTED, **GATEWAY},
    "canary": {**EXPECTED, **GATEWAY, **CANARY},
}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_has_all_that_it_needs(overlay: str) -> None:
    """A resource that no list names any more would be missed here only."""
    kinds = [one["kind"] for one in objects_of(overlay)]
    assert KINDS[overlay] == {kind: kinds.count(kind) for kind in kinds}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_two_objects_have_one_name(overlay: str) -> None:
    """The second would overwrite the first."""
    names = [called(one) for one in objects_of(overlay)]
    assert sorted(set(names)) == sorted(names)


def test_every_overlay_is_checked() -> None:
    """Also one that is made later."""
    assert sorted(OVERLAYS) == sorted(path.name for path in (HOME / "overlays").iterdir())


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_that_is_written_is_out_of_date(overlay: str) -> None:
    """Kustomize warns of words that it will not know for long."""
    done = subprocess.run(
        [*manifests.kustomize(), str(HOME / "overlays" / overlay)], capture_output=True, text=True, check=False
    )
    assert "" == done.stderr


def test_the_canary_is_production_and_two_more_apis() -> None:
    """Apart from the routes, which share out the requests."""
    production, canary = ({called(one): one for one in objects_of(name)} for name in ("production", "canary"))
    assert {} == {name: one for name, one in production.items() if canary[name] != one and "HTTPRoute" not in name}
    assert all(name.endswith("-canary") for name in canary.keys() - production.keys())


def test_a_file_that_is_not_there_fails(tmp_path: Path) -> None:
    """So that the tests above say something."""
    (tmp_path / "kustomization.yaml").write_text("resources: [nothing.yaml]\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"nothing\.yaml"):
        run([*manifests.kustomize(), str(tmp_path)])


def test_what_is_rendered_is_what_is_checked() -> None:
    """As YAML it has as many documents as there are objects."""
    assert len(objects_of("production")) == 1 + rendered("production").count("\n---\n")
