"""Every object is what its schema says, without a field that the schema does not know; and the schemas can say no."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.kubernetes.crds import main
from tests.kubernetes.objects import OVERLAYS, Object, called, objects_of
from tests.kubernetes.schemas import VERSIONS, errors


def first(kind: str) -> Object:
    """An object of that kind."""
    return next(one for overlay in OVERLAYS for one in objects_of(overlay) if one["kind"] == kind)


KINDS = sorted({one["kind"] for overlay in OVERLAYS for one in objects_of(overlay)})
Change = Callable[[Object], Any]
CHANGES: dict[str, tuple[str, Change]] = {
    **{f"{kind}: an unknown field": (kind, lambda one: one.update(nosuch=1)) for kind in KINDS},
    **{
        f"{kind}: an unknown field inside": (kind, lambda one: one["spec"].update(nosuch=1))
        for kind in KINDS
        if kind not in {"ConfigMap", "Namespace"}
    },
    "a version that is gone": ("PodDisruptionBudget", lambda one: one.update(apiVersion="policy/v1beta1")),
    "a kind that nobody knows": ("Service", lambda one: one.update(kind="Servize")),
    "an operator that nobody knows": ("RabbitmqCluster", lambda one: one.update(apiVersion="rabbitmq.com/v1")),
    "a number that is a word": ("Service", lambda one: one["spec"]["ports"][0].update(port="eighty")),
    "a setting that is a number": ("ConfigMap", lambda one: one["data"].update(API_PROCESSES=2)),
    "a field in the wrong place": ("Deployment", lambda one: one["spec"]["template"]["spec"].update(replicas=1)),
    "something needed is missing": ("ScaledObject", lambda one: one["spec"].pop("triggers")),
    "a key is missing": ("TriggerAuthentication", lambda one: one["spec"]["secretTargetRef"][0].pop("key")),
    "a filter that is not one": ("HTTPRoute", lambda one: one["spec"]["rules"][0]["filters"][0].update(type="Rewrite")),
    "a port too high": ("HTTPRoute", lambda one: one["spec"]["rules"][0]["backendRefs"][0].update(port=99_999)),
    "a word of another limit": ("Middleware", lambda one: one["spec"].update(buffering={"maxBytes": 1})),
    "a broker that is half": ("RabbitmqCluster", lambda one: one["spec"].update(replicas=1.5)),
    "a broker's disk": ("RabbitmqCluster", lambda one: one["spec"]["persistence"].update(size="1Gi")),
    "a broker's pod": ("RabbitmqCluster", lambda one: one["spec"]["affinity"].update(podAntiAfinity={})),
    "a database of another type": ("MongoDBCommunity", lambda one: one["spec"].update(type="Sharded")),
    "a user without roles": ("MongoDBCommunity", lambda one: one["spec"]["users"][0].pop("roles")),
    "a database's pod": ("MongoDBCommunity", lambda one: one["spec"]["statefulSet"]["spec"].update(volumes=[])),
}


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, list[str]]]:
    """What the schemas say of the objects of each overlay, and of those that are broken; asked all at once."""
    asked = {overlay: {called(one): one for one in objects_of(overlay)} for overlay in OVERLAYS}
    asked["broken"] = {}
    for title, (kind, change) in CHANGES.items():
        asked["broken"][title] = one = first(kind)
        change(one)
    answers = iter(errors([one for some in asked.values() for one in some.values()]))
    return {name: {title: next(answers) for title in some} for name, some in asked.items()}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_is_as_its_schema_says(overlay: str, found: dict[str, dict[str, list[str]]]) -> None:
    """In every version of Kubernetes that is named."""
    assert len(objects_of(overlay)) == len(found[overlay])
    assert {} == {name: some for name, some in found[overlay].items() if some}


@pytest.mark.parametrize("title", CHANGES)
def test_a_schema_refuses(title: str, found: dict[str, dict[str, list[str]]]) -> None:
    """What it does not know, and what it knows to be wrong."""
    assert found["broken"][title]


def test_each_version_of_kubernetes_has_its_say(found: dict[str, dict[str, list[str]]]) -> None:
    """An error that all of them know is told once for each."""
    assert len(VERSIONS) == len(found["broken"]["a number that is a word"])


DEFINITION = """
kind: CustomResourceDefinition
spec:
  group: rabbitmq.com
  names: {kind: RabbitmqCluster}
  versions:
    - name: v1beta1
      schema:
        openAPIV3Schema:
          type: object
          properties:
            apiVersion: {type: string}
            kind: {type: string}
            metadata: {type: object}
            spec:
              type: object
              properties:
                image: {type: string}
                replicas: {type: integer, nullable: true}
                persistence: {type: object, properties: {storage: {x-kubernetes-int-or-string: true}}}
                resources: {type: object, x-kubernetes-preserve-unknown-fields: true}
                affinity: {type: object, x-kubernetes-preserve-unknown-fields: true}
                rabbitmq:
                  type: object
                  properties:
                    additionalConfig: {type: string}
                    additionalPlugins: {type: array, items: {type: string}}
"""


FITTING: dict[str, Change] = {
    "as it is": lambda spec: None,
    "nothing where that is allowed": lambda spec: spec.update(replicas=None),
    "a number where a word would do": lambda spec: spec["persistence"].update(storage=10),
}
UNFITTING: dict[str, Change] = {
    "a word where it must be a number": lambda spec: spec.update(replicas="three"),
    "an unknown field": lambda spec: spec.update(tls={}),
    "an unknown field inside": lambda spec: spec["persistence"].update(size=10),
}


@pytest.fixture(scope="module")
def judged() -> dict[str, list[str]]:
    """What the definition says of a broker that was changed."""
    brokers = [first("RabbitmqCluster") for _ in range(len(FITTING) + len(UNFITTING))]
    for broker, change in zip(brokers, [*FITTING.values(), *UNFITTING.values()], strict=True):
        change(broker["spec"])
    found = errors(brokers, [yaml.safe_load(DEFINITION)])
    return dict(zip([*FITTING, *UNFITTING], found, strict=True))


@pytest.mark.parametrize("title", FITTING)
def test_a_definition_takes(title: str, judged: dict[str, list[str]]) -> None:
    """What the Kubernetes API would."""
    assert [] == judged[title]


@pytest.mark.parametrize("title", UNFITTING)
def test_a_definition_refuses(title: str, judged: dict[str, list[str]]) -> None:
    """What the Kubernetes API would with "strict"."""
    assert 1 == len(judged[title])


def test_the_command_for_definitions_counts_and_judges(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """0 for one that fits, 1 for one that does not."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(DEFINITION, encoding="utf-8")
    bad.write_text(DEFINITION.replace("image:", "picture:"), encoding="utf-8")
    assert (0, 1) == (main(str(good)), main(str(bad)))
    assert f"{len(OVERLAYS)} objects of 1 kinds, 0 errors" in capsys.readouterr().out
