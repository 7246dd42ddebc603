"""Which texts of the command line reach a person without being marked for translation."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.config import ROOT
from cli.course.catalogues import MARKS, sentence

PLACES = (
    "cli",
    "drills/checking.py",
    "drills/command.py",
    "drills/showing.py",
    "drills/table.py",
    "bench/command.py",
    "bench/experiment.py",
    "bench/stage.py",
    "bench/table.py",
    "bench/wrk.py",
)
SHOWS = {"say", "out.print", "err.print", "Confirm.ask", "typer.confirm", "TextColumn", "Failed", "WrongUse"}
SHOWS |= {"Broken", "CliError", "made.add_row"}
"""The functions to which one word is enough."""
KNOWN = {"told", "later", "compile", "split", "partition", "removeprefix", "startswith", "write_text", "table"}
"""The functions whose texts nobody is shown as they are, or that find a translation by themselves."""
COMMAND = re.compile(r"(?:\./lab|git|sudo|apt-get|docker|cp|cd)\b[^;,()]*(?:\n(?:\./lab|git|sudo)\b[^;,()]*)*")
MARKUP = re.compile(r"\[/?[a-z ]*\]")
WORDS = re.compile(r"[A-Za-z]{2,}'?s?[,;:]? [a-z{(]|\}[,;:)]? [a-z]{2,}")
"""Two words beside each other, or a word beside a gap."""


@dataclass(frozen=True)
class Unmarked:
    """One text, and where it stands."""

    file: str
    line: int
    text: str


def unmarked(places: tuple[str, ...] = PLACES) -> list[Unmarked]:
    """Every one of them."""
    files = [file for name in places for file in _modules(ROOT / name)]
    return [one for file in files for one in _unmarked(file)]


def _modules(place: Path) -> list[Path]:
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


def _unmarked(file: Path) -> Iterator[Unmarked]:
    name = file.relative_to(ROOT).as_posix()
    for node in bare(ast.parse(file.read_text(encoding="utf-8"))):
        yield Unmarked(name, node.lineno, sentence(node))


def bare(tree: ast.AST, shown: bool = False) -> Iterator[ast.expr]:
    """The texts of a tree that read as words, or that are shown, and are given to none of the functions that mark."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield from () if _name(node) in MARKS | KNOWN else bare(node, ast.unparse(node.func) in SHOWS)
        elif isinstance(node, ast.JoinedStr | ast.Constant):
            text = sentence(node)
            yield from [node] if isinstance(getattr(node, "value", ""), str) and _is_words(text, shown) else []
            yield from _inside(node)
        elif not _is_silent(node):
            yield from bare(node, shown and isinstance(node, ast.keyword | ast.IfExp | ast.BoolOp | ast.BinOp))


def _inside(node: ast.AST) -> Iterator[ast.expr]:
    for part in node.values if isinstance(node, ast.JoinedStr) else ():
        yield from bare(part) if isinstance(part, ast.FormattedValue) else ()


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _is_words(text: str, shown: bool) -> bool:
    own = MARKUP.sub("", text).strip()
    if not own or COMMAND.fullmatch(own):
        return False
    return WORDS.search(own) is not None or (
        shown and re.search(r"[A-Za-z]{2,}", re.sub(r"\{\d+\}", "", own)) is not None
    )


def _is_silent(node: ast.AST) -> bool:
    """Descriptions, comparisons and keys; and the help of commands, which is found and translated by itself."""
    help_of = isinstance(node, ast.keyword) and node.arg in {"help", "part", "style", "metavar", "header_style"}
    described = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return help_of or described or isinstance(node, ast.Compare | ast.Subscript | ast.arguments)
