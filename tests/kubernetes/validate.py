"""Checks objects against JSON schemas. Run by the tools' own interpreter: it imports nothing of the lab.

Standard input: ``{"objects": […], "versions": ["1.35", …], "crds": […]}``. Standard output: for each object a list of
what is wrong with it. Kubernetes' own kinds are checked with the schemas of the package kubernetes-validate, for every
version and without unknown fields. No package has those of the two operators: their kinds are checked with the closed
schemas in ``schemas/``, or with the CustomResourceDefinitions that are given.
"""

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema.validators import Draft202012Validator
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Object = dict[str, Any]
OWN = Path(__file__).parent / "schemas"
KUBERNETES = re.compile(r"v1|(apps|autoscaling|policy|batch)/v\d|[a-z.]+\.k8s\.io/v1")
GATEWAY = "gateway.networking.k8s.io/"


@cache
def registry(folder: str) -> Registry:
    """The definitions that a version's schemas refer to; reading them takes a tenth of a second."""
    definitions = schema_contents(f"kubernetes-json-schema/{folder}/_definitions.json", folder)
    return Resource.from_contents(definitions, default_specification=DRAFT202012) @ Registry()


@cache
def kubernetes(version: str, api_version: str, kind: str) -> Draft202012Validator:
    """The validator of a kind of Kubernetes' own; KeyError where that version has none."""
    folder = f"v{version}.0-local-strict"
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    try:
        schema = schema_contents(f"kubernetes-json-schema/{folder}/{kind.lower()}-{group}.json", version)
    except FileNotFoundError as error:
        raise KeyError(f"Kubernetes {version} has no {kind} of {api_version}") from error
    return Draft202012Validator(schema, registry=registry(folder))


def closed(schema: Any) -> Any:
    """A CustomResourceDefinition's schema as JSON Schema in which a field that it does not name is an error."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {key: closed(value) for key, value in schema.items() if key not in {"format", "default", "description"}}
    if "properties" in schema:
        made["properties"] = {name: closed(value) for name, value in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            made.setdefault("additionalProperties", False)
    if schema.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def defined(definitions: list[Object]) -> dict[tuple[str, str], Draft202012Validator]:
    """The validators that CustomResourceDefinitions hold, by version and kind."""
    found = {}
    for each in definitions:
        spec = each["spec"]
        for version in spec["versions"]:
            schema = closed(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = Draft202012Validator(schema)
    return found


@cache
def own(kind: str) -> Draft202012Validator:
    """The validator of a kind from the closed schemas here; KeyError where there is none."""
    path = OWN / f"{kind}.json"
    if not path.is_file():
        raise KeyError(f"no schema for the kind {kind}")
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


def inside(one: Object) -> Iterator[Object]:
    """The parts of an operator's object that are Kubernetes' own, as objects of their own."""
    spec = one.get("spec", {})
    if one["kind"] == "RabbitmqCluster":
        container = {"name": "rabbitmq", "resources": spec.get("resources", {})}
        pod = {name: spec[name] for name in ("affinity", "tolerations") if name in spec}
        yield {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container], **pod}}
    if one["kind"] == "MongoDBCommunity" and "statefulSet" in spec:
        needed = {"selector": {}, "serviceName": "mongodb-svc"}
        given = spec["statefulSet"].get("spec", {})
        yield {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {**needed, **given}}


def words(validator: Draft202012Validator, one: Object) -> list[str]:
    """Each error with the place where it is."""
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(one)]


def errors(one: Object, versions: list[str], given: dict[tuple[str, str], Draft202012Validator]) -> list[str]:
    """What is wrong with an object; one of which there is no schema is wrong as well."""
    api_version, kind = one["apiVersion"], one["kind"]
    try:
        if (api_version, kind) in given:
            validators = [given[api_version, kind]]
        elif KUBERNETES.fullmatch(api_version) and not api_version.startswith(GATEWAY):
            validators = [kubernetes(version, api_version, kind) for version in versions]
        else:
            validators = [own(kind)]
    except KeyError as error:
        return [str(error.args[0])]
    found = [each for validator in validators for each in words(validator, one)]
    return found + [each for part in inside(one) for each in errors(part, versions, {})]


def main() -> None:
    """Read, check, write."""
    asked = json.load(sys.stdin)
    given = defined(asked.get("crds", []))
    json.dump([errors(one, asked["versions"], given) for one in asked["objects"]], sys.stdout)


if __name__ == "__main__":
    main()
