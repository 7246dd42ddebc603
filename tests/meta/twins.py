"""Reduces the two files of a pair to one form and finds, definition by definition, where they still differ."""

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.meta.house import ROOT, Module

SYNC, ASYNC = "app", "asyncapp"


@dataclass(frozen=True)
class Same:
    """One thing that has to be called differently in the two worlds. ``.name`` means a method of anything."""

    sync: str
    asynchronous: str
    reason: str


@dataclass
class Used:
    """Which entries of the tables were needed: one that is not has outlived its reason."""

    names: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)


class Reducer(ast.NodeTransformer):
    """Drops async and await, unwraps awaitable types, and calls everything by its synchronous name."""

    def __init__(self, names: dict[str, str], wrappers: dict[str, int], used: Used) -> None:
        self._names, self._wrappers, self._used = names, wrappers, used

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """``async def`` → ``def``."""
        return self.generic_visit(ast.FunctionDef(**dict(ast.iter_fields(node)), lineno=node.lineno, col_offset=0))

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        """``async for`` → ``for``."""
        return self.generic_visit(ast.For(**dict(ast.iter_fields(node))))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        """``async with`` → ``with``."""
        return self.generic_visit(ast.With(**dict(ast.iter_fields(node))))

    def visit_Await(self, node: ast.Await) -> ast.AST:
        """``await x`` → ``x``."""
        value: ast.AST = self.visit(node.value)
        return value

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        """``async for`` inside brackets → ``for``."""
        node.is_async = 0
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """``asyncio.run(x)`` → ``x``."""
        wrapper = f"{ast.unparse(node.func)}()"
        if wrapper not in self._wrappers:
            return self._renamed(node) or self.generic_visit(node)
        self._used.names.add(wrapper)
        value: ast.AST = self.visit(node.args[self._wrappers[wrapper]])
        return value

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """``Awaitable[X]`` → ``X``."""
        wrapper = ast.unparse(node.value)
        if wrapper not in self._wrappers:
            return self._renamed(node) or self.generic_visit(node)
        self._used.names.add(wrapper)
        arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        value: ast.AST = self.visit(arguments[self._wrappers[wrapper]])
        return value

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """``asyncio.sleep`` → ``time.sleep``; ``x.put_nowait`` → ``x.put``."""
        renamed = self._renamed(node)
        if renamed is None and (name := self._names.get(f".{node.attr}")):
            self._used.names.add(f".{node.attr}")
            node.attr = name.lstrip(".")
        return renamed or self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """``Quart`` → ``Flask``."""
        return self._renamed(node) or node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        """An import inside a function or a condition: ``from asyncapp…`` → ``from app…``."""
        node.module = re.sub(rf"^{ASYNC}\b", SYNC, node.module or "")
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        """The same, of a whole module."""
        for name in node.names:
            name.name = re.sub(rf"^{ASYNC}\b", SYNC, name.name)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """The package's own name inside a text."""
        if isinstance(node.value, str):
            return self._renamed(node) or ast.Constant(re.sub(rf"\b{ASYNC}\b", SYNC, node.value))
        return node

    def _renamed(self, node: ast.expr) -> ast.expr | None:
        text = ast.unparse(node)
        if text not in self._names:
            return None
        self._used.names.add(text)
        return ast.parse(self._names[text], mode="eval").body


def definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every definition of a module or class in order, by its qualified name, as normalised text."""
    rest: list[str] = []
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.ClassDef):
            inner, node.body = node.body, [ast.Pass()]
            yield f"{prefix}{node.name}", ast.unparse(node)
            yield from definitions(inner, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield f"{prefix}{node.name}", ast.unparse(node)
        elif (name := _assigned(node)) is not None:
            yield f"{prefix}{name}", ast.unparse(node)
        else:
            rest.append(ast.unparse(node))
    yield f"{prefix}(text)", "\n".join(rest)


def _assigned(node: ast.stmt) -> str | None:
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.target)
    return ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else None


def imports(tree: ast.Module) -> set[str]:
    """Everything that a module imports, each name as ``package.name``."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


@dataclass(frozen=True)
class Tables:
    """What the twins may call differently, and what only one of them imports."""

    names: tuple[Same, ...]
    """By the name that the asynchronous side uses."""
    wrappers: dict[str, tuple[int, str]]
    """What is wrapped around something: which of its arguments is meant, and the reason."""
    imports: dict[str, str]
    """Names that only one side imports, because of the tables above or of what is allowed."""


class Pair:
    """The two files of one name."""

    def __init__(self, name: str, root: Path = ROOT) -> None:
        self.sync, self.asynchronous = (Module(root / room / name) for room in (SYNC, ASYNC))

    def differences(self, tables: Tables, used: Used) -> dict[str, str]:
        """A diff for every definition that differs after the reduction, by its qualified name."""
        names = {same.asynchronous: same.sync for same in tables.names}
        wrappers = {name: place for name, (place, _) in tables.wrappers.items()}
        left, right = (dict(definitions(self._reduced(side, names, wrappers, used).body)) for side in self._sides())
        found = {name: _diff(left.get(name, ""), right.get(name, "")) for name in {**left, **right}}
        both = left.keys() & right.keys()
        found["(order)"] = _diff(*("\n".join(name for name in side if name in both) for side in (left, right)))
        found["(imports)"] = self._imports(tables, names, used)
        return {name: diff for name, diff in found.items() if diff}

    def _sides(self) -> tuple[Module, Module]:
        return self.sync, self.asynchronous

    def _reduced(self, side: Module, names: dict[str, str], wrappers: dict[str, int], used: Used) -> ast.Module:
        tree = ast.parse(side.text)
        if side is self.asynchronous:
            tree = Reducer(names, wrappers, used).visit(tree)
        return ast.fix_missing_locations(tree)

    def _imports(self, tables: Tables, names: dict[str, str], used: Used) -> str:
        sync = imports(self.sync.tree)
        asynchronous = {re.sub(rf"^{ASYNC}\b", SYNC, name) for name in imports(self.asynchronous.tree)}
        asynchronous = {re.sub(r"^quart\b", "flask", name) for name in asynchronous}
        one_sided = sync ^ asynchronous
        used.imports |= one_sided & set(tables.imports)
        left, right = (sorted(side & one_sided - set(tables.imports)) for side in (sync, asynchronous))
        return _diff("\n".join(left), "\n".join(right))

    def share(self) -> float:
        """Which share of the lines differs, as one sees it side by side; the package's own name apart."""
        left, right = (re.sub(rf"\b{ASYNC}\b", SYNC, side.text).splitlines() for side in self._sides())
        return 1 - difflib.SequenceMatcher(None, left, right, autojunk=False).ratio()


def _diff(left: str, right: str) -> str:
    lines = difflib.unified_diff(left.splitlines(), right.splitlines(), SYNC, ASYNC, lineterm="", n=1)
    return "\n".join(lines)
