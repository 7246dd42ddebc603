"""The report of the drills: one page to look at, and the same as JSON for programs."""

import base64
import hashlib
import json
import re
from itertools import count
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from drills.entries import COLUMNS
from drills.report import digest, svg
from drills.result import Results, as_json

TEMPLATE = "report.html.j2"
PAGE, DATA = "index.html", "results.json"
TEXTS = {
    "injected": "What was done",
    "teaches": "What it teaches",
    "sees": "What the client sees",
    "holds": "What must hold",
}
NAMED = 50
"""So many wrong tasks are named on the page, and in the JSON."""


def write(results: Results, folder: Path) -> Path:
    """``index.html`` and ``results.json`` in ``folder``, which is made; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DATA).write_text(json.dumps(as_json(results), indent=1) + "\n", encoding="utf-8")
    page = folder / PAGE
    page.write_text(render(results), encoding="utf-8")
    return page


def render(results: Results) -> str:
    """The page as text: without scripts, and without anything from elsewhere."""
    style = svg.palette() + Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            results=results,
            groups=digest.groups(results),
            anchors=_anchors(results),
            plots=_plots(results),
            columns=COLUMNS,
            texts=TEXTS,
            named=NAMED,
            data=DATA,
            style=Markup(style),
            policy=f"default-src 'none'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'",
        )
    )


def _environment() -> Environment:
    """Everything is escaped: a task's title may hold anything."""
    folder = Path(__file__).resolve().parents[1]
    made = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    made.trim_blocks = made.lstrip_blocks = True
    made.globals["digest"] = digest
    made.filters.update(number=digest.number, words=digest.words, heading=_heading)
    return made


def _plots(results: Results) -> dict[str, list[Markup]]:
    """The timelines of each drill, in the order of its runs."""
    # Only here: matplotlib is installed with the first drill, and takes its time to load.
    from drills import plots

    return {case.name: [Markup(one) for one in plots.timelines(case.runs)] for case in digest.cases(results)}


def _anchors(results: Results) -> dict[str, str]:
    """An id for each drill that a link can name."""
    numbers = count(1)
    names = [case.name for case in digest.cases(results)]
    return {name: f"drill-{next(numbers)}-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}" for name in names}


def _heading(column: str) -> str:
    """A column's name that may break where a narrow screen needs it."""
    return digest.words(column).replace("unac", "unac\N{SOFT HYPHEN}").replace("dupli", "dupli\N{SOFT HYPHEN}")


def _hash(style: str) -> str:
    """How a content security policy names the one style that it allows."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"
