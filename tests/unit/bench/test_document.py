"""The generated parts of docs/performance.md."""

import re
from pathlib import Path

import pytest

from bench.document import NOTHING, write_performance
from bench.measure import Results
from bench.plots import draw
from bench.plots.chosen import TITLES
from drills.result import Figure
from tests.unit.bench.samples import MISSED, PARTS, PEERS, QUESTIONS, REACHED, a_run, a_series

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT / "docs" / "performance.md"
NAMES = ("figures", "machine", *PARTS)
MARKS = re.compile(r"(<!-- ([\w-]+): begin -->).*?(<!-- \2: end -->)", re.DOTALL)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page with a place for everything."""
    path = tmp_path / "docs" / "performance.md"
    path.parent.mkdir()
    places = [f"## {name}\n\n<!-- {name}: begin -->\nold\n<!-- {name}: end -->\n\nby hand" for name in NAMES]
    path.write_text("# Performance\n\n" + "\n\n".join(places) + "\n", encoding="utf-8")
    return path


def block(page: Path, name: str) -> str:
    """What stands between the marks of this name."""
    _, _, rest = page.read_text(encoding="utf-8").partition(f"<!-- {name}: begin -->")
    return rest.partition(f"<!-- {name}: end -->")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of all rows of all tables, heads included."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_only_what_stands_between_the_marks_is_replaced(page: Path, tmp_path: Path) -> None:
    """The rest is written by people."""
    before = page.read_text(encoding="utf-8")
    write_performance(a_run(), page, tmp_path)
    after = page.read_text(encoding="utf-8")
    assert MARKS.sub(r"\1\3", before) == MARKS.sub(r"\1\3", after)
    assert "old" not in after


def test_writing_twice_is_writing_once(page: Path, tmp_path: Path) -> None:
    """The second time finds its own marks."""
    write_performance(a_run(), page, tmp_path)
    once = page.read_text(encoding="utf-8")
    write_performance(a_run(), page, tmp_path)
    assert once == page.read_text(encoding="utf-8")


def test_the_page_of_the_repository_has_a_place_for_everything(tmp_path: Path) -> None:
    """And keeps every word that people wrote in it."""
    copy = tmp_path / "performance.md"
    copy.write_text(REAL.read_text(encoding="utf-8"), encoding="utf-8")
    write_performance(a_run(), copy, tmp_path)
    assert MARKS.sub(r"\1\3", REAL.read_text(encoding="utf-8")) == MARKS.sub(r"\1\3", copy.read_text(encoding="utf-8"))


def test_the_page_of_the_repository_reads_every_question() -> None:
    """A table of choices without their reasons would be read as a list of winners."""
    prose = MARKS.sub("", REAL.read_text(encoding="utf-8")).lower()
    assert [] == [question for question in QUESTIONS if f"- **{question.lower()}.**" not in prose]


def test_every_link_of_the_repository_s_page_leads_to_a_file() -> None:
    """Of this repository."""
    links = re.findall(r"\]\(([^)#\s]+)\)", REAL.read_text(encoding="utf-8"))
    assert [] == [link for link in links if "://" not in link and not (REAL.parent / link).exists()]


def test_every_figure_is_named_with_its_goal(page: Path, tmp_path: Path) -> None:
    """And whether it was reached."""
    write_performance(a_run(figures=[REACHED, MISSED]), page, tmp_path)
    expected = [
        ["figure", "value", "goal", "reached"],
        [REACHED.name, "11.3", "≥ 9", "yes"],
        [MISSED.name, "0.402", "≥ 0.45", "**no**"],
    ]
    assert expected == rows(block(page, "figures"))


def test_figures_that_were_not_reached_are_named_before_all_others(page: Path, tmp_path: Path) -> None:
    """In bold: nobody should have to look for them."""
    write_performance(a_run(figures=[REACHED, MISSED]), page, tmp_path)
    assert f"**Not reached: 1 of 2.** {MISSED.name}." == block(page, "figures").strip().splitlines()[0]
    write_performance(a_run(figures=[REACHED]), page, tmp_path)
    assert "not reached" not in block(page, "figures").lower()
    assert "Every figure reaches its goal." in block(page, "figures")
    write_performance(a_run(figures=[]), page, tmp_path)
    assert "reach" not in block(page, "figures")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_has_a_row_for_each_case_place_and_candidate(page: Path, tmp_path: Path, part: str) -> None:
    """With every median in it; what was always nothing is no cost."""
    run = a_run(part)
    write_performance(run, page, tmp_path)
    found = [set(row) for row in rows(block(page, part).replace("\\", ""))]
    for one in run.series:
        shown = {one.case, one.candidate, value(one.median, one.values)}
        assert any(shown <= row for row in found) or not one.median, one


def value(median: float, values: tuple[float, ...]) -> str:
    """How a cell says it, computed in another way."""
    whole = f"{median:,.0f}" if median >= 100 or median == int(median) else f"{median:.3g}"
    spread = round((max(values) - min(values)) / median * 100) if median else 0
    return f"{whole} ({spread} %)" if len(values) > 1 else whole


def test_a_median_has_its_spread_beside_it(page: Path, tmp_path: Path) -> None:
    """The highest less the lowest as a share of the median; none where there was one round."""
    series = [a_series(values=(90.0, 100.0, 120.0)), a_series(values=(80.0,), candidate="async")]
    write_performance(a_run(series=series), page, tmp_path)
    assert [["100 (30 %)", "1.00"], ["80", "0.89"]] == [row[3:] for row in rows(block(page, "drain"))[1:]]


def test_a_ratio_is_that_of_the_rounds_at_the_same_place(page: Path, tmp_path: Path) -> None:
    """Against the first candidate there; a slow round is slow for both."""
    series = [
        a_series(at=at, candidate=candidate, values=tuple(value * more for value in values))
        for at in (2.0, 1.0)
        for candidate, more, values in (("flask", at, (10.0, 100.0, 50.0)), ("async", at * at, (60.0, 200.0, 51.0)))
    ]
    write_performance(a_run(series=series), page, tmp_path)
    found = [(row[1], row[2], row[-1]) for row in rows(block(page, "drain"))]
    assert ("workers", "candidate", "tasks/s: ratio") == found[0]
    assert [("1", "flask", "1.00"), ("1", "async", "2.00"), ("2", "flask", "1.00"), ("2", "async", "4.00")] == found[1:]


def test_nothing_is_divided_by_nothing(page: Path, tmp_path: Path) -> None:
    """A candidate that did nothing has no ratio."""
    series = [a_series(values=(0.0, 0.0)), a_series(candidate="async", values=(1.0, 1.0))]
    write_performance(a_run(series=series), page, tmp_path)
    assert ["–", "–"] == [row[-1] for row in rows(block(page, "drain"))[1:]]


def test_what_was_not_measured_says_so_and_keeps_no_old_values(page: Path, tmp_path: Path) -> None:
    """Values of two runs must not stand on one page: only those of one run can be compared."""
    write_performance(a_run(), page, tmp_path)
    write_performance(a_run("drain"), page, tmp_path)
    assert [NOTHING] * (len(PARTS) - 1) == [block(page, part).strip() for part in PARTS if part != "drain"]
    assert "| drain |" in block(page, "drain")
    write_performance(Results([], [], {}, 0.0), page, tmp_path)
    assert {NOTHING} == {block(page, name).strip() for name in NAMES if name != "machine"}


def test_a_picture_that_was_drawn_is_shown_and_no_other(page: Path, tmp_path: Path) -> None:
    """The link leads from the page to the file."""
    pictures = tmp_path / "docs" / "images" / "bench"
    draw(a_run("drain"), pictures)
    write_performance(a_run("drain", "work"), page, pictures)
    assert f"![{TITLES['drain']}](images/bench/drain.svg)" in block(page, "drain")
    assert "![" not in block(page, "work")
    links = re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    assert [True] == [(page.parent / link).is_file() for link in links]


def test_the_promises_of_a_peer_stand_beside_its_figures(page: Path, tmp_path: Path) -> None:
    """A candidate that promises less does a smaller job."""
    write_performance(a_run("peers"), page, tmp_path)
    (heads,) = [row for row in rows(block(page, "peers")) if row[:2] == ["candidate", "is"]]
    assert len(heads) > 2
    full = [row[0] for row in rows(block(page, "peers")) if len(row) == len(heads)]
    assert set() == set(PEERS) - set(full)


def test_the_machine_its_rounds_and_the_notes_are_named(page: Path, tmp_path: Path) -> None:
    """Figures without their machine mean nothing."""
    write_performance(a_run("drain", notes=["a peer was <left> out"]), page, tmp_path)
    found = rows(block(page, "machine"))
    assert {("processors", "4"), ("rounds", "5"), ("time", "1,234 s")} <= {(row[0], row[1]) for row in found}
    assert "- a peer was &lt;left> out" in block(page, "figures")


def test_no_text_leaves_its_cell(page: Path, tmp_path: Path) -> None:
    """Neither a bar nor a new line nor HTML."""
    series = [a_series(candidate="a | b\n<img src=x> `c`")]
    write_performance(a_run(series=series, figures=[Figure("x | <b>", 1, "≤ 1", False)]), page, tmp_path)
    assert "| a \\| b &lt;img src=x> \\`c\\` |" in block(page, "drain")
    assert "| x \\| &lt;b> | 1 | ≤ 1 | **no** |" in block(page, "figures")


@pytest.mark.parametrize("name", [*NAMES, "a-new-part"])
def test_a_page_without_a_place_for_something_is_left_alone(page: Path, tmp_path: Path, name: str) -> None:
    """And the error names the marks; a part that nobody expected needs a place as well."""
    text = page.read_text(encoding="utf-8").replace(f"<!-- {name}: end -->", "")
    page.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"no place for {name}: <!-- {name}: begin"):
        write_performance(a_run(series=[*a_run().series, a_series(part="a-new-part")]), page, tmp_path)
    assert text == page.read_text(encoding="utf-8")
