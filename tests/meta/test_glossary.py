"""The glossary points at code that is there."""

import re

import pytest

from tests.meta.house import ROOT

ROW = re.compile(r"\| ((?:`[\w.]+`(?:, )?)+) in \[`[^`]+`\]\(\.\./([^)]+)\) \|")
POINTERS = [
    (name.rpartition(".")[2], file)
    for names, file in ROW.findall((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    for name in re.findall(r"`([\w.]+)`", names)
]


def test_the_glossary_points_at_names() -> None:
    """So that the test below has something to look at."""
    assert len(POINTERS) >= 8


@pytest.mark.parametrize(("name", "file"), POINTERS)
def test_a_name_of_the_glossary_is_defined_where_it_says(name: str, file: str) -> None:
    """A function, a class or a constant of that name stands in that file."""
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^\s*(?:async )?(?:def|class) {name}\b|^{name}\b.* =", text, re.MULTILINE), f"{name} in {file}"
