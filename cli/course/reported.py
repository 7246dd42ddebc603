"""What drills and benches write into their results in English, and show in the language that is spoken.

Programs read it as well, so it is found again among these sentences when it is shown, like what a check finds.
"""

import ast
from collections.abc import Iterator

from cli.config import ROOT

WHOLE = ("drills/ledger.py", "drills/waiting.py", "drills/disks.py", "drills/mutants.py", "cli/helping.py")
"""Modules in which all that reads as words is reported; in the last, what is said of a command that is typed wrong."""
IN_PART = ("drills", "bench/command.py")
"""Where it is what these functions are given, or return."""
REPORTS = {"demand", "wait_until", "append", "none", "all_accepted", "all_answered", "figure", "at_least"}
REASONS = {"impossible"}


def reported() -> Iterator[ast.AST]:
    """The trees in which each text is reported."""
    for name in WHOLE:
        yield ast.parse((ROOT / name).read_text(encoding="utf-8"))
    for name in IN_PART:
        place = ROOT / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            yield from _given(ast.parse(file.read_text(encoding="utf-8")))


def _given(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in REPORTS:
            given: list[ast.expr] = [
                one for one in node.args if isinstance(one, ast.JoinedStr | ast.Constant | ast.IfExp)
            ]
            yield ast.Expr(ast.List(given))
        if isinstance(node, ast.FunctionDef) and node.name in REASONS:
            found = (one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value)
            yield ast.Expr(ast.List(list(found)))
