"""The lessons as pages: rendered from the same Markdown that ``./lab task`` shows."""

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

FOLDER = Path(__file__).resolve().parent.parent / "lessons"
NAME = re.compile(r"\d\d-[a-z0-9-]+")
FOLDED = re.compile(r"<details>\s*<summary>(?P<question>.*?)</summary>(?P<answer>.*?)</details>", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
TITLE = re.compile(r"^# (?P<title>.+)$", re.MULTILINE)

# HTML in the text is shown as text: what may stand in a page is decided here.
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Page:
    """A page of the course."""

    name: str
    title: str
    html: str


def names() -> list[str]:
    """The lessons there are, in their order."""
    found = FOLDER.iterdir() if FOLDER.is_dir() else ()
    return sorted(path.name for path in found if NAME.fullmatch(path.name) and (path / "README.md").is_file())


def page(name: str) -> Page | None:
    """A lesson, or with an empty name the list of them; None where there is none of that name."""
    if name and name not in names():
        return None
    text = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    title = TITLE.search(text)
    return Page(name, title["title"] if title else name, rendered(text))


def rendered(text: str) -> str:
    """Markdown as HTML. An answer is folded under its question, as in the file."""
    text, html, end = COMMENT.sub("", text), "", 0
    for match in FOLDED.finditer(text):
        html += MARKDOWN.render(text[end : match.start()])
        summary, answer = escape(match["question"].strip()), MARKDOWN.render(match["answer"].strip())
        html += f"<details><summary>{summary}</summary>{answer}</details>"
        end = match.end()
    return _linked(html + MARKDOWN.render(text[end:]))


def _linked(html: str) -> str:
    """Links between lessons lead to pages; what is wider than a telephone is scrolled, also with the keyboard."""
    # An attribute "style" is refused by the page's policy, as it should be.
    html = re.sub(r' style="text-align:(left|center|right)"', r' class="\1"', html)
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = re.sub(r'href="(?:\.\./)?(\d\d-[a-z0-9-]+)/README\.md(#[^"]*)?"', r'href="/lessons/\1/\2"', html)
    return html.replace("<table>", '<div class="wide" tabindex="0"><table>').replace("</table>", "</table></div>")
