"""Docstrings, and the size of functions and modules."""

import ast
from collections.abc import Iterator

import pytest

from tests.meta.house import ROOMS, Module, modules

SHAPED = (*ROOMS, "board")
FUNCTION_LINES = 30
MODULE_LINES = 200
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
# Methods that a reader knows from the language or the framework that calls them.
KNOWN = {"log_message"}


def definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Every function and class of a tree, with its qualified name; not those inside functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Definition):
            yield f"{prefix}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from definitions(node, f"{prefix}{node.name}.")


def is_public(name: str) -> bool:
    """Whether no part of a qualified name begins with an underscore; methods with two are Python's own protocols."""
    return not any(part.startswith("_") for part in name.split("."))


@pytest.mark.parametrize("module", modules(*SHAPED), ids=lambda module: module.name)
def test_everything_public_says_what_it_promises(module: Module) -> None:
    """In a docstring."""
    found = [name for name, node in definitions(module.tree) if is_public(name) and not ast.get_docstring(node)]
    stubs = [name for name, node in definitions(module.tree) if isinstance(node.body[0], ast.Expr) and _is_stub(node)]
    assert [] == [name for name in found if name not in stubs and name.split(".")[-1] not in KNOWN]


def _is_stub(node: Definition) -> bool:
    """A method of a protocol: three dots, and the name says it all."""
    first = node.body[0]
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and first.value.value is ...


@pytest.mark.parametrize("module", modules(*SHAPED), ids=lambda module: module.name)
def test_every_module_says_what_it_is_for(module: Module) -> None:
    """In its first line."""
    assert ast.get_docstring(module.tree)


@pytest.mark.parametrize("module", modules(*SHAPED), ids=lambda module: module.name)
def test_a_docstring_begins_with_a_sentence_on_one_line(module: Module) -> None:
    """It is what an editor shows."""
    texts = [(name, ast.get_docstring(node)) for name, node in definitions(module.tree)]
    firsts = [(name, text.splitlines()[0]) for name, text in [("", ast.get_docstring(module.tree)), *texts] if text]
    assert [] == [(name, line) for name, line in firsts if line[0].islower()]


@pytest.mark.parametrize("module", modules(*SHAPED), ids=lambda module: module.name)
def test_no_function_is_long(module: Module) -> None:
    """Most have four to nine lines."""
    sizes = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {} == {name: size for name, size in sizes.items() if size > FUNCTION_LINES}


@pytest.mark.parametrize("module", modules(*SHAPED), ids=lambda module: module.name)
def test_no_module_is_long(module: Module) -> None:
    """Where one outgrows that, it holds two concepts."""
    assert MODULE_LINES >= len(module.text.splitlines())
