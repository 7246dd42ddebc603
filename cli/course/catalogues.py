"""What stands in the catalogues: the texts of the command line that are marked, and all that a check may find."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import polib

from cli import language
from cli.config import ROOT
from cli.course.lesson import CHECK, lessons
from cli.language import CHECKS, COMMANDS, ENGLISH

MARKS = {"_", "later"}
"""The functions that mark a text of the command line."""
FINDS = {"expect", "NotYet", "CannotJudge", "step"}
"""The functions to which a check says what is shown."""
KIT = ("experiment", "hops", "place", "program", "router", "steps")
"""The modules of lessons/kit that say something to students."""
PROBE = ROOT / "cli" / "probe.py"
"""Why a check cannot say anything."""
HELP = ROOT / "cli" / "course" / "surface.py"
"""The commands whose help is translated; those of authors are not."""
AUTHORS = "author"
WIDTH = 118


@dataclass(frozen=True)
class Catalogue:
    """One domain in one language."""

    spoken: str
    domain: str

    @property
    def file(self) -> Path:
        """Where it is."""
        return language.file(self.spoken, self.domain)

    @property
    def entries(self) -> dict[str, str]:
        """What it holds."""
        return {one.msgid: one.msgstr for one in polib.pofile(str(self.file))} if self.file.is_file() else {}

    @property
    def wanted(self) -> list[str]:
        """What it must hold, in the order in which it stands in the code."""
        return list(dict.fromkeys(marked() if self.domain == COMMANDS else found()))

    def update(self) -> list[str]:
        """Holds all that is wanted and nothing else; what is not translated yet."""
        there, wanted = self.entries, self.wanted
        made = polib.POFile(wrapwidth=WIDTH)
        made.metadata = {
            "Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit", "Language": self.spoken,
        }  # fmt: skip
        made.extend(polib.POEntry(msgid=one, msgstr=there.get(one, "")) for one in wanted)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        made.save(str(self.file), newline="\n")
        return [one for one in wanted if not there.get(one)]


def catalogues() -> list[Catalogue]:
    """All of them."""
    others = [one for one in language.LANGUAGES if one != ENGLISH]
    return [Catalogue(spoken, domain) for spoken in others for domain in (COMMANDS, CHECKS)]


def marked() -> Iterator[str]:
    """The texts of the command line that are given to ``_``, and the help of the course's commands."""
    for file in sorted((ROOT / "cli").rglob("*.py")):
        yield from _marked(_tree(file))
    yield from helps(_tree(HELP))


def helps(tree: ast.Module) -> Iterator[str]:
    """What ``--help`` shows of the commands of a module."""
    for node in (one for one in tree.body if AUTHORS not in getattr(one, "name", ast.unparse(one))):
        if isinstance(node, ast.FunctionDef) and node.returns and (text := ast.get_docstring(node)):
            yield from [text] if node.name != "register" else []
        for call in ast.walk(node):
            if isinstance(call, ast.keyword) and call.arg == "help" and isinstance(call.value, ast.Constant):
                yield str(call.value.value)


def _marked(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in MARKS and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def found() -> Iterator[str]:
    """All that the checks of lessons that are translated may say, and their kit, with a numbered gap for a value."""
    checks = [lesson.folder / CHECK for lesson in lessons() if any(lesson.folder.glob("README.*.md"))]
    for file in [*checks, *(ROOT / "lessons" / "kit" / f"{name}.py" for name in KIT), PROBE]:
        yield from texts(_tree(file))


def texts(tree: ast.Module) -> Iterator[str]:
    """Whatever reads as words: a blank between two of them, or one word that is given to a function that shows it."""
    shown, silent = set(_shown(tree)), set(_silent(tree))
    for node in _outermost(tree):
        text = sentence(node)
        if node not in silent and any(map(str.isalpha, text)) and (" " in text.strip() or node in shown):
            yield text


def _silent(tree: ast.Module) -> Iterator[ast.AST]:
    """What describes something, and constants of a module: settings and commands, no words."""
    yield from (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    for node in tree.body:
        yield from ast.walk(node) if isinstance(node, ast.Assign) else ()


def _outermost(tree: ast.AST) -> Iterator[ast.AST]:
    """The texts in the order in which they stand, each with what is put together in it as one."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr):
            yield node
            for part in node.values:
                yield from _outermost(part) if isinstance(part, ast.FormattedValue) else ()
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node
        else:
            yield from _outermost(node)


def _shown(tree: ast.AST) -> Iterator[ast.AST]:
    """What is given to a function that shows it, and what is said in one of two cases."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in FINDS:
            yield from node.args
        if isinstance(node, ast.IfExp):
            yield from (node.body, node.orelse)
        if isinstance(node, ast.BoolOp):
            yield from node.values


def sentence(node: ast.AST) -> str:
    """The text with numbered gaps; nothing of what is no text."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    gaps = count(1)
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return "".join(str(part.value) if isinstance(part, ast.Constant) else f"{{{next(gaps)}}}" for part in parts)


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))
