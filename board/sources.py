"""The files that lessons point to: read only, those that the lessons name and no others."""

import re
from functools import cache
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COURSE = ROOT / "lessons"
HIDDEN = {"work"}
"""What a student has written is not shown; neither is anything whose name begins with a dot, as .env and .lab."""
MOST = 512 * 1024
"""Bytes; a file that somebody reads is smaller."""
TARGET = re.compile(r"\]\((?P<target>[^)\s#]+)(?:#[^)]*)?\)")
LINK = re.compile(r'<a href="(?P<to>[^"#]*)(?P<place>#[^"]*)?">(?P<text>.*?)</a>', re.DOTALL)
LESSON = re.compile(r"lessons/(?:(?P<name>\d\d-[a-z0-9-]+)/)?README(?:\.(?P<language>[a-z]+))?\.md")
ELSEWHERE = re.compile(r"[a-z]+:|//")
HERE = "http://localhost/"
"""How lessons call the lab, which may listen on another port."""


@cache
def named() -> frozenset[str]:
    """The files that the lessons point to, as paths from the root of the repository, where they are there."""
    pages = [*COURSE.glob("README*.md"), *COURSE.glob("*/README*.md")]
    targets = {(page.parent, target) for page in pages for target in TARGET.findall(page.read_text(encoding="utf-8"))}
    return frozenset(filter(None, (_shown(folder, target) for folder, target in targets)))


def _file(folder: Path, target: str) -> Path:
    """What is meant: of a folder its README.md."""
    path = (folder / target).resolve()
    return path / "README.md" if path.is_dir() else path


def _shown(folder: Path, target: str) -> str:
    """The path from the root; empty where the target is elsewhere, hidden, too long or no file."""
    path = _file(folder, target)
    if ELSEWHERE.match(target) or not path.is_relative_to(ROOT) or not path.is_file():
        return ""
    parts = path.relative_to(ROOT).parts
    hidden = any(part.startswith(".") or part in HIDDEN for part in parts)
    return "" if hidden or path.stat().st_size > MOST else "/".join(parts)


def text(path: str) -> str | None:
    """What stands in the file; None for one that no lesson points to, and for one that is no text."""
    if path not in named():
        return None
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def linked(html: str, folder: Path, asked: str = "") -> str:
    """Links of a page whose file is in ``folder`` lead to pages of the board, or are no links any more.

    ``asked``: the language that was asked for, which the next lesson is asked for as well.
    """
    return LINK.sub(lambda link: _led(link, folder, asked), html)


def _led(link: re.Match[str], folder: Path, asked: str) -> str:
    to, place, words = link["to"], link["place"] or "", link["text"]
    if not to or to.startswith(HERE) or ELSEWHERE.match(to):
        return f'<a href="{to.replace(HERE, "/", 1)}{place}">{words}</a>'
    path = _file(folder, to)
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else to
    lesson = LESSON.fullmatch(name)
    if lesson:
        language = lesson["language"] if lesson["language"] and not lesson["name"] else asked
        where = f"/lessons/{lesson['name']}/" if lesson["name"] else "/lessons/"
        return f'<a href="{where}{f"?lang={language}" if language else ""}{place}">{words}</a>'
    if name in named():
        return f'<a href="/board/source/{name}">{words}</a>'
    name = name.removesuffix("/README.md")
    return words if name.rpartition("/")[2] in words else f"{words} (<code>{escape(name)}</code>)"
