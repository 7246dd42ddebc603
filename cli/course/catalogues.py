"""What stands in the catalogues: the texts that are marked in the code, and all that a check may find."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import polib

from cli import language
from cli.config import ROOT
from cli.course.lesson import CHECK, lessons
from cli.course.reported import reported
from cli.course.told import GAP
from cli.language import CHECKS, COMMANDS, DRILLS, ENGLISH, FOUND, LAB, MARKED, PLURALS, REPORTS
from conform.demands import ALL

ROOMS = {COMMANDS: ("cli/course",), LAB: ("cli",), DRILLS: ("drills", "bench")}
"""Where the texts of each catalogue stand; one that stands in an earlier catalogue is not in a later one."""
COUNTING = "many"
MARKS = {"_", "later", COUNTING}
"""The functions that mark a text. The headings of a ``table`` are all marked."""
FINDS = {"expect", "NotYet", "CannotJudge", "step"}
"""The functions to which a check says what is shown."""
KIT = (
    "cluster",
    "experiment",
    "hops",
    "museum/drills",
    "museum/names",
    "museum/producers",
    "museum/room",
    "museum/services",
    "museum/stores",
    "museum/workers",
    "place",
    "program",
    "prometheus",
    "promtool",
    "router",
    "steps",
    "yours",
)
"""The modules of lessons/kit that say something to students."""
TYPED = ("typer.Option(", "typer.Argument(", "typer.Typer(")
"""A module in which one of these stands has commands, whose help is translated."""
NO_COMMANDS = {"register", "main"}
WIDTH = 118
WORD = re.compile(r"[A-Za-z]{3,}")
THIS = Path(__file__).resolve()


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
        """What it holds, each in its first form; nothing where one of its forms is not there."""
        return {text: forms[0] if all(forms) else "" for text, forms in self.forms.items()}

    @property
    def forms(self) -> dict[str, tuple[str, ...]]:
        """What it holds: one form, or as many as the language has for numbers."""
        there = polib.pofile(str(self.file)) if self.file.is_file() else []
        return {one.msgid: tuple(one.msgstr_plural.values()) or (one.msgstr,) for one in there}

    @property
    def wanted(self) -> list[str]:
        """What it must hold, in the order in which it stands in the code."""
        return FINDERS[self.domain]() if self.domain in FINDERS else marked(self.domain)

    def update(self, elsewhere: Mapping[str, tuple[str, ...]] | None = None) -> list[str]:
        """Holds all that is wanted and nothing else; what is not translated yet.

        ``elsewhere``: what other catalogues held, for a text that has moved here from one of them.
        """
        there = {**(elsewhere or {}), **{text: forms for text, forms in self.forms.items() if any(forms)}}
        wanted, counted = self.wanted, _counted(self.domain)
        made = polib.POFile(wrapwidth=WIDTH)
        made.metadata = {
            "Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit", "Language": self.spoken,
        }  # fmt: skip
        made.metadata |= {"Plural-Forms": PLURALS[self.spoken]} if counted else {}
        made.extend(self._entry(one, there.get(one, ()), one in counted) for one in wanted)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        made.save(str(self.file), newline="\n")
        return [one for one in wanted if not self.entries.get(one)]

    def _entry(self, text: str, forms: tuple[str, ...], counted: bool) -> polib.POEntry:
        if not counted:
            return polib.POEntry(msgid=text, msgstr=forms[0] if len(forms) == 1 else "")
        many = int(PLURALS[self.spoken].removeprefix("nplurals=").partition(";")[0])
        kept = forms if len(forms) == many else ("",) * many
        return polib.POEntry(msgid=text, msgid_plural=text, msgstr_plural=dict(enumerate(kept)))


def catalogues() -> list[Catalogue]:
    """All of them."""
    others = [one for one in language.LANGUAGES if one != ENGLISH]
    return [Catalogue(spoken, domain) for spoken in others for domain in (*MARKED, *FOUND)]


@cache
def marked(domain: str) -> list[str]:
    """The texts of a catalogue, each once: what is marked, the help of the commands, and what a drill explains."""
    earlier = {text for other in MARKED[: MARKED.index(domain)] for text in marked(other)}
    texts = [text for file in files(domain) for text in (*_marked(_tree(file)), *helps(file))]
    texts += explained() if domain == DRILLS else []
    return [text for text in dict.fromkeys(texts) if text and text not in earlier]


def explained() -> list[str]:
    """What the drills say of themselves."""
    from drills.catalogue import everything  # Drivers of broker and database, which the other commands start without.

    return [text for one in everything().values() for text in (one.group, one.title, *one.texts.values())]


def files(domain: str) -> list[Path]:
    """The modules in which the texts of a catalogue stand."""
    return [file for room in ROOMS[domain] for file in sorted((ROOT / room).rglob("*.py"))]


def _counted(domain: str) -> set[str]:
    """Those of them whose words depend on a number."""
    rooms = files(domain) if domain in ROOMS else []
    return {text for file in rooms for text in _marked(_tree(file), {COUNTING})}


def helps(file: Path) -> Iterator[str]:
    """What ``--help`` shows of the commands of a module, if it has any."""
    if file == THIS or not any(one in file.read_text(encoding="utf-8") for one in TYPED):
        return
    tree = _tree(file)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.returns and (text := ast.get_docstring(node)):
            yield from [] if node.name in NO_COMMANDS or node.name.startswith("_") else [text]
        for call in ast.walk(node):
            if isinstance(call, ast.keyword) and call.arg == "help" and isinstance(call.value, ast.Constant):
                yield str(call.value.value)


def _marked(tree: ast.Module, marks: set[str] = MARKS) -> Iterator[str]:
    """The texts that are given to these functions; of each of two cases, where there are two."""
    for node in (one for one in ast.walk(tree) if isinstance(one, ast.Call)):
        name = ast.unparse(node.func).rpartition(".")[2]
        given = node.args[:1] if name in marks else node.args if name == "table" and marks is MARKS else []
        cases = [case for one in given for case in ((one.body, one.orelse) if isinstance(one, ast.IfExp) else (one,))]
        yield from (one.value for one in cases if isinstance(one, ast.Constant) and isinstance(one.value, str))


def found() -> list[str]:
    """All that the checks of lessons that are translated may say, and their kit, with a numbered gap for a value."""
    checks = [lesson.folder / CHECK for lesson in lessons() if any(lesson.folder.glob("README.*.md"))]
    said = [*checks, *(ROOT / "lessons" / "kit" / f"{name}.py" for name in KIT)]
    return list(
        dict.fromkeys(text for file in said for text in texts(_tree(file)))
        | dict.fromkeys(each.sentence for each in ALL)
    )


def reports() -> list[str]:
    """All that drills and benches may report, in the same way."""
    said = dict.fromkeys(text for tree in reported() for text in texts(tree))
    return [text for text in said if WORD.search(GAP.sub("", text))]


FINDERS = {CHECKS: found, REPORTS: reports}


def texts(tree: ast.AST) -> Iterator[str]:
    """Whatever reads as words: a blank between two of them, or one word that is given to a function that shows it."""
    shown, silent = set(_shown(tree)), set(_silent(tree))
    for node in _outermost(tree):
        text = sentence(node)
        if node not in silent and any(map(str.isalpha, text)) and (" " in text.strip() or node in shown):
            yield text


def _silent(tree: ast.AST) -> Iterator[ast.AST]:
    """What describes something, and constants of a module: settings and commands, no words."""
    yield from (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    for node in tree.body if isinstance(tree, ast.Module) else ():
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


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))
