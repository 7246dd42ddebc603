"""The tables of docs/reliability.md."""

from pathlib import Path

import pytest

from drills.document import BEGIN, END, drills_table, figures_table, mutants_table, write_reliability
from drills.result import Figure, Results
from tests.unit.drills.results import a_drill, a_failed_drill, a_mutant, a_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A document with a place for the figures."""
    file = tmp_path / "reliability.md"
    file.write_text(f"# Reliability\n\n{BEGIN}\nold\n{END}\n\nThe end.\n", encoding="utf-8")
    return file


def test_each_figure_has_its_value_its_goal_and_whether_it_was_reached() -> None:
    """One row each."""
    figures = [Figure("tasks lost", 0, "0", True), Figure("slowest recovery, s", 7.1234, "≤ 5", False)]
    expected = [
        "| figure | value | goal | reached |",
        "| --- | --- | --- | --- |",
        "| tasks lost | 0 | 0 | yes |",
        "| slowest recovery, s | 7.12 | ≤ 5 | **no** |",
    ]
    assert expected == figures_table(Results(figures=figures)).splitlines()


def test_a_drill_is_one_row_with_its_twins_beside_each_other() -> None:
    """In the order of the heading."""
    drills = [a_failed_drill("flask"), a_failed_drill("async", lost=0)]
    heads, _, row = drills_table(Results(drills=drills)).splitlines()
    assert "drill (flask / async)" in heads
    lost = [part.strip() for part in heads.split("|")].index("lost")
    cells = [part.strip() for part in row.split("|")]
    assert ("database-kill: The database is killed", "3 / 0") == (cells[2], cells[lost])


def test_a_drill_that_ran_on_one_twin_says_on_which() -> None:
    """A number alone could belong to either."""
    drills = [a_drill(twin="flask"), a_drill(twin="async"), a_failed_drill("async")]
    assert "| – / 3 |" in drills_table(Results(drills=drills)).splitlines()[3]


def test_a_mutant_that_escaped_is_conspicuous() -> None:
    """In bold."""
    assert "**no**" in mutants_table(Results(mutants=[a_mutant(caught=False)]))


def test_only_what_stands_between_the_marks_is_replaced(path: Path) -> None:
    """The rest is written by people."""
    write_reliability(a_run(), path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# Reliability\n\n{BEGIN}\n\nMeasured 2026-11-21: Everything held.\n\n| figure |")
    assert text.endswith(f"{END}\n\nThe end.\n")
    assert "old" not in text


def test_writing_twice_is_writing_once(path: Path) -> None:
    """The second time finds its own marks."""
    write_reliability(a_run(), path)
    once = path.read_text(encoding="utf-8")
    write_reliability(a_run(), path)
    assert once == path.read_text(encoding="utf-8")


def test_the_machine_and_what_did_not_run_are_named(path: Path) -> None:
    """Figures without their machine mean nothing."""
    write_reliability(a_run(), path)
    text = path.read_text(encoding="utf-8")
    assert "| system | Linux 6.1 |" in text
    assert "| disk-full | needs a file system" in text


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END}{BEGIN}"])
def test_a_document_without_a_place_for_the_figures_is_left_alone(tmp_path: Path, text: str) -> None:
    """And the error names the marks."""
    path = tmp_path / "reliability.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="figures: begin"):
        write_reliability(a_run(), path)
    assert text == path.read_text(encoding="utf-8")


def test_no_text_leaves_its_cell() -> None:
    """Neither a bar nor a new line nor HTML."""
    run = a_drill(title="a | b\n<img src=x> `c`")
    row = drills_table(Results(drills=[run])).splitlines()[2]
    assert ": a \\| b &lt;img src=x> \\`c\\` |" in row
