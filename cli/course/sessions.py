"""Console sessions in documents: the commands that they show, and whether what they show is what comes out.

A line that begins with ``$ `` is a command (``> `` goes on with it), what follows is its output. In the output ``…``
stands for any text, on a line of its own for any lines. Ids, times and request ids are compared as such, whatever
their value; JSON is compared member by member, and may have more members than shown.
"""

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sybil.document import Document
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

ANY = "…"
ABOVE = re.compile(r"<!-- (?P<what>not run|fails|your turn|both twins)\s*(?::(?P<reason>[^>]*))?-->\s*\Z")
"""What a comment above a session says of it."""
TWIN = re.compile(r'(?<=/)(?:flask|async)(?=/)|(?<="source":")(?:flask|async)(?=")')
"""Where a session names one of the two APIs."""
# What is different each time, and what it is shown as. Request ids are those of nginx, or our own.
CHANGING = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<id>"),
)
MEASURED = {"waited_ms"}
"""Members whose value is another number each time."""


@dataclass(frozen=True)
class Step:
    """A command, and what it is shown to print."""

    command: str
    expected: str


@dataclass(frozen=True)
class Session:
    """A block of a document: what is typed one after the other."""

    name: str
    steps: tuple[Step, ...]
    not_run: str | None
    """Why it is not run; None if it is."""
    fails: bool = False
    """Whether its last command is one that does not succeed."""
    your_turn: bool = False
    """Whether the reader has solved the exercise before it."""
    both: bool = False
    """Whether the same must come out of the other API."""

    @property
    def twin(self) -> "Session":
        """The same, said to the other API."""
        steps = (Step(_of_the_other(one.command), _of_the_other(one.expected)) for one in self.steps)
        return replace(self, name=f"{self.name} at the twin", steps=tuple(steps), both=False)


def _of_the_other(text: str) -> str:
    return TWIN.sub(lambda found: {"flask": "async", "async": "flask"}[found[0]], text)


def sessions(path: Path) -> list[Session]:
    """The console sessions of a Markdown document, in order."""
    document = Document(path.read_text(encoding="utf-8"), str(path))
    return [
        Session(
            name=f"{path.name}:{document.text.count(chr(10), 0, region.start) + 1}",
            steps=tuple(_steps(str(region.lexemes["source"].text))),
            **_said(document.text[: region.start]),
        )
        for region in FencedCodeBlockLexer("console")(document)
    ]


def _said(before: str) -> dict[str, Any]:
    match = ABOVE.search(before)
    what = match["what"] if match else ""
    reason = ((match["reason"] or "") if match else "").strip()
    return {
        "not_run": reason if what == "not run" else None,
        "fails": what == "fails",
        "your_turn": what == "your turn",
        "both": what == "both twins",
    }


def _steps(source: str) -> Iterator[Step]:
    for block in re.split(r"^\$ ", source, flags=re.MULTILINE)[1:]:
        command, *rest = block.splitlines()
        while rest and rest[0].startswith("> "):
            command += "\n" + rest.pop(0)[2:]
        yield Step(command, "\n".join(rest).rstrip())


def difference(expected: str, printed: str) -> str:
    """Where what was printed is not what is shown, as a unified diff; empty where it is."""
    shown, got = _as_json(expected), _as_json(printed)
    if isinstance(shown, dict | list) and isinstance(got, dict | list):
        if _matches(shown, got):
            return ""
        return _diff(*(json.dumps(value, indent=2, ensure_ascii=False) for value in (shown, got)))
    return "" if _lines_match(expected, printed) else _diff(_settled(expected), _settled(printed))


def _as_json(text: str) -> Any:
    """The JSON in a text, with ``…`` for a value kept as one, and ``…`` for further members left out; None if none."""
    try:
        return json.loads(re.sub(r'"(?:[^"\\]|\\.)*"|:\s*…|,\s*…|…\s*,?', _quoted, text))
    except ValueError:
        return None


def _quoted(match: re.Match[str]) -> str:
    found = match[0]
    if found.startswith('"'):
        return found
    return f': "{ANY}"' if found.startswith(":") else ""


def _matches(shown: Any, got: Any) -> bool:
    if isinstance(shown, dict) and isinstance(got, dict):
        return all(
            name in got and (_is_measured(name, value, got[name]) or _matches(value, got[name]))
            for name, value in shown.items()
        )
    if isinstance(shown, list) and isinstance(got, list):
        return len(shown) == len(got) and all(map(_matches, shown, got))
    if isinstance(shown, str):
        return shown == ANY or (isinstance(got, str) and _lines_match(shown, got))
    return type(shown) is type(got) and bool(shown == got)


def _is_measured(name: str, shown: Any, got: Any) -> bool:
    return name in MEASURED and type(shown) is type(got)


def _settled(text: str) -> str:
    """The text with everything that is different each time made equal."""
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def _lines_match(expected: str, printed: str) -> bool:
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == ANY else ".*".join(map(re.escape, line.split(ANY))) + "\n"
        for line in _settled(expected).splitlines()
    )
    settled = _settled(printed)
    return re.fullmatch(pattern, settled + "\n" if settled else "") is not None


def _diff(expected: str, printed: str) -> str:
    lines = difflib.unified_diff(expected.splitlines(), printed.splitlines(), "shown", "printed", lineterm="")
    return "\n".join(lines)
