"""Checks the overlays against CustomResourceDefinitions, as the operators' projects publish them:

.venv/bin/python -m tests.kubernetes.crds cluster-operator.yml mongodbcommunity.yaml …
"""

import sys
from pathlib import Path

import yaml

from cli import manifests
from tests.kubernetes.objects import OVERLAYS, Object, called, objects_of
from tests.kubernetes.schemas import errors


def definitions_in(*files: str) -> list[Object]:
    """Those that the files hold, among other things or alone."""
    documents = [each for file in files for each in yaml.safe_load_all(Path(file).read_text(encoding="utf-8")) if each]
    return [each for each in documents if each["kind"] == "CustomResourceDefinition"]


def main(*files: str) -> int:
    """Print what is wrong; 0 where nothing is, and each definition was needed."""
    manifests.prepare()
    definitions = definitions_in(*files)
    kinds = {each["spec"]["names"]["kind"] for each in definitions}
    objects = [one for overlay in OVERLAYS for one in objects_of(overlay) if one["kind"] in kinds]
    found = [
        f"{called(one)}: {each}"
        for one, some in zip(objects, errors(objects, definitions), strict=True)
        for each in some
    ]
    print(*found, f"{len(objects)} objects of {len(kinds)} kinds, {len(found)} errors", sep="\n")
    return 0 if objects and not found else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
