"""The registry of peers: what it names is there, and it can be read without their libraries."""

import ast
import re
import sys
from pathlib import Path

import msgspec
import pytest

from bench.peers import EMPTY, PEERS, Peer
from bench.peers.guarantees import PROMISES, YES
from core.settings import read
from core.task import Name
from drills.sides import SIDES

ROOT = Path(__file__).parents[3]
HOME = ROOT / "bench" / "peers"
PLACE = re.compile(r"(bench\.peers(?:\.\w+)+)(?::(\w+))?")
COMMANDS = {
    **{f"{peer.name} {what}": getattr(peer, what) for peer in PEERS for what in ("api", "worker", "fill")},
    **{f"empty {twin}": empty.api for twin, empty in EMPTY.items()},
}


def places(command: tuple[str, ...]) -> list[tuple[Path, str | None]]:
    """The modules of this repository that a command names, and what it wants of each."""
    found = [match for match in map(PLACE.match, command) if match]
    return [(ROOT / f"{match[1].replace('.', '/')}.py", match[2]) for match in found]


def defined(file: Path) -> set[str]:
    """The names of a module's own functions."""
    return {node.name for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)}


def imported(file: Path) -> set[str]:
    """The modules that a module imports."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def pins(file: Path) -> dict[str, str]:
    """The versions that a requirements file pins."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    pairs = [line.split("==") for line in lines]
    assert all(len(pair) == 2 for pair in pairs), f"not all of {file} is pinned"
    return {name.partition("[")[0]: version for name, version in pairs}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_names_what_is_there(command: tuple[str, ...]) -> None:
    """A module of this repository, and the function that makes an application where it asks for one."""
    assert places(command)
    for file, wanted in places(command):
        assert file.is_file()
        assert wanted is None or wanted in defined(file)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_names_only_files_that_are_there(command: tuple[str, ...]) -> None:
    """Relative to the root, where it is run."""
    assert [] == [word for word in command if word.startswith("bench/") and not (ROOT / word).is_file()]


def test_every_peer_has_a_name_of_its_own() -> None:
    """Its queue and its tasks are known by it."""
    names = [peer.name for peer in PEERS]
    assert sorted(set(names)) == sorted(names)
    assert set() == set(names) & {side.name for side in SIDES}


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_name_can_be_that_of_a_source_and_of_a_queue(peer: Peer) -> None:
    """Tasks of another name would be refused by the worker."""
    assert peer.name == msgspec.convert(peer.name, Name)
    assert f"bench.{peer.name}" == read({"RABBIT_QUEUE": f"bench.{peer.name}"}).rabbit_queue


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_is_served_as_the_twin_that_it_is_compared_with(peer: Peer) -> None:
    """On the same kind of worker; else the servers would be compared, and not the libraries."""
    assert EMPTY[peer.twin].kind == peer.kind


def test_both_twins_have_an_empty_handler() -> None:
    """And nobody else has."""
    assert {side.name for side in SIDES} == set(EMPTY)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_answers_for_every_promise(peer: Peer) -> None:
    """With yes, or with a sentence."""
    assert list(PROMISES) == list(peer.guarantees)
    assert [] == [text for text in peer.guarantees.values() if text != YES and len(text.split()) < 4]


@pytest.mark.parametrize("file", [HOME / "__init__.py", HOME / "guarantees.py"], ids=lambda file: file.name)
def test_the_registry_needs_none_of_the_libraries(file: Path) -> None:
    """The lab's own environment has none of them."""
    foreign = {name for name in imported(file) if name.partition(".")[0] not in sys.stdlib_module_names}
    assert set() == foreign - {"bench.peers.guarantees"}


@pytest.mark.parametrize("service", ["app", "asyncapp"])
def test_what_the_services_have_too_has_the_same_version(service: str) -> None:
    """Else versions would be compared, and not libraries."""
    ours, theirs = pins(ROOT / service / "requirements.txt"), pins(HOME / "requirements.txt")
    shared = ours.keys() & theirs.keys()
    assert {"gunicorn", "msgspec", "pymongo"} <= shared
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}


def test_everything_that_is_imported_is_pinned() -> None:
    """By the name of its package; a new import needs a line in the requirements."""
    packages = {"taskiq_aio_pika": "taskiq-aio-pika", "celery_batches": "celery-batches"}
    tops = {name.partition(".")[0] for file in HOME.rglob("*.py") for name in imported(file)}
    libraries = tops - set(sys.stdlib_module_names) - {"app", "asyncapp", "bench", "core"}
    assert set() == {packages.get(name, name) for name in libraries} - pins(HOME / "requirements.txt").keys()


def test_the_readme_shows_the_limits_of_the_registry() -> None:
    """Each promise that is not plainly kept, in the same words."""
    text = (HOME / "README.md").read_text(encoding="utf-8")
    rows = [
        f"| `{peer.name}` | {promise} | {kept} |"
        for peer in PEERS
        for promise, kept in peer.guarantees.items()
        if kept != YES
    ]
    assert rows == re.findall(r"^\| `[a-z-]+` \| .* \|$", text, re.MULTILINE)
