"""Arrows run one way: core ← app | asyncapp; never app ↔ asyncapp, never core → anything."""

import ast
import sys

import pytest

from tests.meta.house import Module, imported, modules

OWN = {"core", "app", "asyncapp", "cli", "board", "lessons", "bench", "drills", "conform", "tests"}
MAY_USE_CLI = {"cli", "board", "drills", "tests", "bench", "deploy"}


def ids(module: Module) -> str:
    """The module's name."""
    return module.name


@pytest.mark.parametrize("module", modules("core"), ids=ids)
def test_core_imports_only_the_standard_library_and_msgspec(module: Module) -> None:
    """It is pure, and whoever reads it needs nothing else."""
    assert set() == imported(module.tree) - set(sys.stdlib_module_names) - {"msgspec", "core"}


IO = {"socket", "asyncio", "threading", "subprocess", "random", "time", "secrets", "logging", "sqlite3"}


@pytest.mark.parametrize("module", modules("core"), ids=ids)
def test_core_neither_waits_nor_asks_a_clock_or_for_chance(module: Module) -> None:
    """Time and randomness are passed in."""
    assert set() == imported(module.tree) & IO


@pytest.mark.parametrize("module", modules("core"), ids=ids)
def test_core_reads_no_environment_and_no_clock_of_datetime(module: Module) -> None:
    """Settings come from a mapping, moments from the caller."""
    asked = {node.attr for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    assert set() == asked & {"environ", "getenv", "now", "utcnow", "today"}


@pytest.mark.parametrize(("room", "twin"), [("app", "asyncapp"), ("asyncapp", "app")])
def test_the_twins_do_not_know_each_other(room: str, twin: str) -> None:
    """What both need stands in core."""
    assert [] == [module.name for module in modules(room) if twin in imported(module.tree)]


@pytest.mark.parametrize("room", ["app", "asyncapp"])
def test_the_services_know_nothing_of_what_is_around_them(room: str) -> None:
    """Command line, tests and measurements see them from outside."""
    allowed = {"core", room}
    found = {module.name: imported(module.tree) & OWN - allowed for module in modules(room)}
    assert {} == {name: rooms for name, rooms in found.items() if rooms}


def test_only_what_may_imports_the_command_line() -> None:
    """It drives the lab from outside."""
    rooms = sorted(OWN - MAY_USE_CLI)
    assert [] == [module.name for module in modules(*rooms) if "cli" in imported(module.tree)]


@pytest.mark.parametrize("module", modules("core", "app", "asyncapp"), ids=ids)
def test_imports_are_written_out(module: Module) -> None:
    """Neither relative nor by star: a reader sees where a name comes from."""
    stars = [node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
    assert not stars
    assert "relative" not in imported(module.tree)
