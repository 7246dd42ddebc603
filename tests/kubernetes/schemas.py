"""Asks the validators: Python for Kubernetes' own kinds and the operators', Node for those that npm has types of."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cli.manifests import NODE, program
from tests.kubernetes.objects import Object

VERSIONS = ("1.34", "1.35", "1.36", "1.37")
"""Of Kubernetes. The page says which one kind runs; the manifests are valid in each."""
ON_NPM = ("gateway.networking.k8s.io/", "keda.sh/", "traefik.io/")
HERE = Path(__file__).parent


def errors(objects: Sequence[Object], definitions: Sequence[Object] = ()) -> list[list[str]]:
    """For each object what is wrong with it. ``definitions`` are CustomResourceDefinitions to go by where they fit."""
    defined = {each["spec"]["names"]["kind"] for each in definitions}
    by_node = [one["apiVersion"].startswith(ON_NPM) and one["kind"] not in defined for one in objects]
    ours = [one for one, node in zip(objects, by_node, strict=True) if not node]
    theirs = [one for one, node in zip(objects, by_node, strict=True) if node]
    asked = {"objects": ours, "versions": VERSIONS, "crds": list(definitions)}
    found = iter(_asked([str(program("python")), str(HERE / "validate.py")], asked) if ours else [])
    typed = iter(_asked([str(program("node")), str(HERE / "custom.mjs"), str(NODE)], theirs) if theirs else [])
    return [next(typed if node else found) for node in by_node]


def _asked(command: list[str], question: object) -> list[list[str]]:
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr[-2000:]
    answer: list[list[str]] = json.loads(done.stdout)
    return answer
