"""Rules for every file of the repository, and for what it is built from."""

import re
from pathlib import Path

import pytest

from core.settings import VERSION
from tests.meta.house import ROOT, repository

# Written in two parts, so that this file may hold them.
PLACES = ["/wo" + "rk/", "/ro" + "ot/", "/tmp/in" + "st", "/opt/py" + "pi"]
HOSTS = ["py" + "pi.org", "deb.deb" + "ian.org", "registry.np" + "mjs.org", "files.python" + "hosted.org"]
NOTES = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
FORBIDDEN = re.compile("|".join([*map(re.escape, PLACES + HOSTS), *(rf"\b{note}\b" for note in NOTES)]))
REQUIREMENTS = sorted(path for path in repository() if path.name == "requirements.txt")
NEEDED_TO_BEGIN = [ROOT / room / "requirements.txt" for room in ("cli", "app", "asyncapp", "board")]
"""What ``lab`` installs before it does anything."""
NOT_FOR_WINDOWS = "uvloop"
PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[a-z,]+\])?==(?P<version>[A-Za-z0-9.]+)(; .+)?")


def name_of(path: Path) -> str:
    """The path from the root."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    """What a file holds, or nothing if it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def pins(path: Path) -> dict[str, str]:
    """The versions that a requirements file pins, by package."""
    lines = [line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    matches = [PINNED.fullmatch(line) for line in lines if line and not line.startswith("-r ")]
    assert all(matches), f"{name_of(path)} has a requirement that is not pinned with =="
    return {match["name"].lower().replace("_", "-"): match["version"] for match in matches if match}


def test_no_file_speaks_of_where_it_was_made_or_of_what_is_left_to_do() -> None:
    """Another computer has other folders and mirrors; what is left to do belongs into the tracker."""
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:80]}"
        for path in repository()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if FORBIDDEN.search(line)
    ]
    assert [] == found


@pytest.mark.parametrize("path", REQUIREMENTS, ids=name_of)
def test_every_requirement_is_pinned(path: Path) -> None:
    """The same packages today and in the next term."""
    assert pins(path)


def test_what_there_is_not_for_windows_is_left_out_there() -> None:
    """Else ``py lab`` could not begin there, although the services themselves run in containers."""
    lines = [line for path in NEEDED_TO_BEGIN for line in path.read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if line.startswith(NOT_FOR_WINDOWS)]
    assert found
    assert [] == [line for line in found if 'sys_platform != "win32"' not in line]


def test_there_are_requirements_for_each_part() -> None:
    """Services, command line, drills, tests."""
    wanted = {f"{room}/requirements.txt" for room in ("app", "asyncapp", "cli", "drills", "tests")}
    assert set() == wanted - {name_of(path) for path in REQUIREMENTS}


def test_all_requirements_agree() -> None:
    """Everything is installed into one environment."""
    versions: dict[str, set[str]] = {}
    for path in REQUIREMENTS:
        for package, version in pins(path).items():
            versions.setdefault(package, set()).add(version)
    assert {} == {package: found for package, found in versions.items() if len(found) > 1}


def test_text_files_end_their_lines_as_every_system_reads_them() -> None:
    """A carriage return in a script stops it on Linux."""
    files = [path for path in repository() if path.suffix not in {".cmd", ".png"}]
    assert [] == [name_of(path) for path in files if b"\r\n" in path.read_bytes()]


def test_there_is_one_version() -> None:
    """In the settings, the contract and the package."""
    assert f'version = "{VERSION}"' in text_of(ROOT / "pyproject.toml")
    assert f"version: {VERSION}" in text_of(ROOT / "core" / "openapi.yaml")
