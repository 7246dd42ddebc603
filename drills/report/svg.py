"""From matplotlib's SVG to one that can stand inside a page: small, without ids, its colours named."""

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

LIGHT = {
    "ink": "#1b1f24",
    "quiet": "#5c6670",
    "grid": "#d5d9de",
    "accepted": "#0072b2",
    "stored": "#d55e00",
    "fault": "#cc79a7",
    "ready": "#008a64",
    "refused": "#59626c",
    "unknown": "#b87a00",
    "paper": "#ffffff",
}
"""The colours by what they mean: Okabe and Ito's, which also those tell apart who do not see red or green."""
DARK = {
    **LIGHT,
    "ink": "#f2f4f6",
    "quiet": "#a9b3bd",
    "grid": "#3a424b",
    "accepted": "#56b4e9",
    "stored": "#f58a3c",
    "ready": "#2fd0a4",
    "refused": "#aab3bd",
    "unknown": "#e69f00",
    "paper": "#181c21",
}
COLOURS = {colour: name for name, colour in LIGHT.items()}
STYLES = {"fill", "opacity", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "text-anchor"}
ATTRIBUTES = ("d", "x", "y")
DECIMAL = re.compile(r"-?\d+\.\d+")
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def palette() -> str:
    """The colours as CSS variables, for a light and for a dark screen."""
    light, dark = (";".join(f"--{name}:{colour}" for name, colour in given.items()) for given in (LIGHT, DARK))
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def drawable(text: str) -> str:
    """The text without the characters that no XML may hold."""
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def inline(source: str, label: str) -> str:
    """For the middle of an HTML page that has the palette. ``label`` is what those are told who cannot see it."""
    return f'<svg viewBox="{_view(source)}" role="img" aria-label={_quoted(label)}>{_shapes(source)}</svg>'


def standalone(source: str, label: str) -> str:
    """A file of its own, with its own paper: the page around it may be light or dark."""
    view = _view(source)
    _, _, width, height = view.split()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{view}" role="img"'
        f' aria-label={_quoted(label)} font-family="system-ui, sans-serif">\n<title>{escape(drawable(label))}</title>\n'
        f'<style>{palette()}</style>\n<rect width="100%" height="100%" rx="8" fill="var(--paper)"/>\n'
        f"{_shapes(source)}\n</svg>\n"
    )


def _quoted(label: str) -> str:
    return quoteattr(drawable(label))


def _view(source: str) -> str:
    return ElementTree.fromstring(source).attrib["viewBox"]


def _shapes(source: str) -> str:
    """The paths and texts in their order; groups, clips and definitions are not needed for what is drawn here."""
    elements = ElementTree.fromstring(source).iter()
    return "\n".join(_shape(one) for one in elements if _kind(one) in ("path", "text") and _is_seen(one))


def _kind(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _is_seen(element: ElementTree.Element) -> bool:
    style = _style(element)
    return style.get("fill") != "none" or "stroke" in style


def _shape(element: ElementTree.Element) -> str:
    places = {name: element.attrib[name] for name in ATTRIBUTES if name in element.attrib}
    given = {name: DECIMAL.sub(_rounded, " ".join(value.split())) for name, value in places.items()}
    given |= {name: COLOURS.get(value, value) for name, value in _style(element).items() if name in STYLES}
    named = {name: f"var(--{value})" if value in LIGHT else value for name, value in given.items()}
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in named.items())
    return f"<{_kind(element)}{attributes}>{escape(element.text or '')}</{_kind(element)}>"


def _style(element: ElementTree.Element) -> dict[str, str]:
    """Attributes instead of a style: a strict content security policy allows those, and only those."""
    pairs = (pair.partition(":") for pair in element.attrib.get("style", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.1f}".removesuffix(".0")
