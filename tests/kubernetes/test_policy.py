"""The linter finds nothing but what ``exceptions.toml`` gives a reason for; and it finds what is broken."""

import tomllib

import pytest
import yaml

from tests.kubernetes.breakages.places import container, deployment, pod
from tests.kubernetes.linter import Report, lint
from tests.kubernetes.objects import HOME, OVERLAYS, Objects, objects_of, rendered

EXCEPTIONS = tomllib.loads((HOME / "exceptions.toml").read_text(encoding="utf-8"))
FEWEST_CHECKS = 300
"""That many pass on each overlay: a linter that read nothing would find nothing as well."""
BROKEN = {
    "CKV_K8S_16": "a privileged container",
    "CKV_K8S_17": "the processes of the node",
    "CKV_K8S_19": "the network of the node",
    "CKV_K8S_20": "a process that may get more rights",
    "CKV_K8S_22": "a writable root",
    "CKV_K8S_13": "memory without a limit",
    "CKV_K8S_14": "any version of an image",
    "CKV_K8S_27": "the engine's socket",
    "CKV_K8S_38": "a token for the Kubernetes API",
    "CKV_K8S_8": "no liveness probe",
}


def broken() -> str:
    """A Deployment with all of that."""
    objects = Objects(objects_of("production"))
    own, around = container(objects), pod(objects)
    own["securityContext"] = {"privileged": True, "allowPrivilegeEscalation": True, "readOnlyRootFilesystem": False}
    own["resources"]["limits"].pop("memory")
    own["image"] = "tasklab/app:latest"
    own.pop("livenessProbe")
    around |= {"hostPID": True, "hostNetwork": True, "automountServiceAccountToken": True}
    around["volumes"].append({"name": "engine", "hostPath": {"path": "/var/run/docker.sock"}})
    return yaml.safe_dump(deployment(objects))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """What the linter makes of each overlay, and of what is broken."""
    texts = {**{overlay: rendered(overlay) for overlay in OVERLAYS}, "broken": broken()}
    return lint(tmp_path_factory.mktemp("linted"), texts)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_policy_is_broken_without_a_reason(overlay: str, reports: dict[str, Report]) -> None:
    """Without its vendor's service the linter tells no severity: each finding counts as high."""
    assert [] == [one for one in reports[overlay].findings if one.rule not in EXCEPTIONS]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_linter_has_looked(overlay: str, reports: dict[str, Report]) -> None:
    """At hundreds of things."""
    assert FEWEST_CHECKS <= reports[overlay].passed


@pytest.mark.parametrize("rule", BROKEN, ids=BROKEN.get)
def test_the_linter_sees(rule: str, reports: dict[str, Report]) -> None:
    """What is broken on purpose."""
    assert rule in {one.rule for one in reports["broken"].findings} - EXCEPTIONS.keys()


@pytest.mark.parametrize("rule", EXCEPTIONS)
def test_every_exception_is_needed(rule: str, reports: dict[str, Report]) -> None:
    """One that nothing needs any more would hide the next finding."""
    assert rule in {one.rule for overlay in OVERLAYS for one in reports[overlay].findings}


@pytest.mark.parametrize("rule", EXCEPTIONS)
def test_every_exception_has_a_reason(rule: str) -> None:
    """In words."""
    assert 8 <= len(EXCEPTIONS[rule]["reason"].split())
