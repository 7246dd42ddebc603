"""The lessons as pages: rendered from the same Markdown that ``./lab task`` shows."""

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

from board import sources

FOLDER = Path(__file__).resolve().parent.parent / "lessons"
NAME = re.compile(r"\d\d-[a-z0-9-]+")
FOLDED = re.compile(r"<details>\s*<summary>(?P<question>.*?)</summary>(?P<answer>.*?)</details>", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
TITLE = re.compile(r"^# (?P<title>.+)$", re.MULTILINE)
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ru": "русский"}

# HTML in the text is shown as text: what may stand in a page is decided here.
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Page:
    """A page of the course."""

    name: str
    title: str
    html: str
    language: str = ENGLISH
    languages: tuple[str, ...] = ()
    """In which it can be read; empty where there is nothing to choose."""

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The other languages, as they are called in themselves."""
        return [(one, LANGUAGES[one]) for one in self.languages if one != self.language]


def names() -> list[str]:
    """The lessons there are, in their order."""
    found = FOLDER.iterdir() if FOLDER.is_dir() else ()
    return sorted(path.name for path in found if NAME.fullmatch(path.name) and (path / "README.md").is_file())


def page(name: str, language: str = ENGLISH, asked: str = "") -> Page | None:
    """A lesson, or with an empty name the list of them; None where there is none of that name.

    In that language where it is translated, else in English. ``asked``: the one that links ask for as well.
    """
    if name and name not in names():
        return None
    files = {one: file for one in LANGUAGES if (file := _file(name, one)).is_file()}
    spoken = language if language in files else ENGLISH
    text = files[spoken].read_text(encoding="utf-8")
    return Page(name, _title(text) or name, rendered(text, files[spoken].parent, asked), spoken, tuple(files))


def _file(name: str, language: str) -> Path:
    return FOLDER / name / ("README.md" if language == ENGLISH else f"README.{language}.md")


def _title(text: str) -> str:
    found = TITLE.search(text)
    return found["title"] if found else ""


def source(path: str) -> Page | None:
    """A file that lessons point to; None for any other."""
    text = sources.text(path)
    if text is None:
        return None
    if path.endswith(".md"):
        return Page("", _title(text) or path, rendered(text, (sources.ROOT / path).parent))
    return Page("", path, f'<h1><code>{escape(path)}</code></h1><pre tabindex="0"><code>{escape(text)}</code></pre>')


def rendered(text: str, folder: Path = FOLDER / "00", asked: str = "") -> str:
    """Markdown as HTML. An answer is folded under its question, as in the file, which is in ``folder``."""
    text, html, end = COMMENT.sub("", text), "", 0
    for match in FOLDED.finditer(text):
        html += MARKDOWN.render(text[end : match.start()])
        summary, answer = escape(match["question"].strip()), MARKDOWN.render(match["answer"].strip())
        html += f"<details><summary>{summary}</summary>{answer}</details>"
        end = match.end()
    return _fitted(sources.linked(html + MARKDOWN.render(text[end:]), folder, asked))


def _fitted(html: str) -> str:
    """What is wider than a telephone is scrolled, also with the keyboard."""
    # An attribute "style" is refused by the page's policy, as it should be.
    html = re.sub(r' style="text-align:(left|center|right)"', r' class="\1"', html)
    html = html.replace("<pre>", '<pre tabindex="0">')
    return html.replace("<table>", '<div class="wide" tabindex="0"><table>').replace("</table>", "</table></div>")
