"""The pictures of a run: one a part, readable, and the same for the same values."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.measure import Results, Series, find
from bench.plots import draw, picture
from bench.plots.canvas import HEIGHT, SIDE, WIDTH
from bench.plots.chosen import TITLES, sheets
from bench.plots.ink import LETTER
from bench.plots.sheet import Kind, Panel, Point, Row, Sheet, apart, compact, told
from drills.report.svg import DARK, LIGHT
from tests.unit.bench.samples import PARTS, a_run, a_series

NASTY = "<b>&\"'\x00 $x_1$"


def shapes(path: Path) -> list[ElementTree.Element]:
    """The elements of a picture; an error where it is no XML."""
    return list(ElementTree.parse(path).getroot())


def written(path: Path) -> list[str]:
    """The words that are drawn, without those that only describe."""
    return [one.text or "" for one in shapes(path) if one.tag.endswith("}text")]


def panels(results: Results) -> list[Panel]:
    """Of all pictures of a run."""
    return [panel for sheet in sheets(results) for line in sheet.panels for panel in line]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_gives_one_picture_that_names_everybody(tmp_path: Path, part: str) -> None:
    """As words in it, beside what belongs to them; and its title, and the units."""
    run = a_run(part)
    (path,) = draw(run, tmp_path / "new" / "folder")
    assert picture(tmp_path / "new" / "folder", part) == path
    words = written(path)
    assert set() == {one.candidate for one in run.series} - set(words)
    assert TITLES[part] in words
    assert all(any(panel.unit in word for word in words) for panel in panels(run))


def test_a_part_without_values_has_no_picture(tmp_path: Path) -> None:
    """Rather than an empty one."""
    assert [] == draw(a_run(series=[]), tmp_path)
    assert [] == draw(a_run(series=[a_series(values=())]), tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    """Neither a date nor a random number is in them."""
    first, second = (draw(a_run(), tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_other_values_give_another_picture(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    first, second = (draw(a_run(series=[a_series(middle)]), tmp_path / str(middle))[0] for middle in (100.0, 110.0))
    assert first.read_bytes() != second.read_bytes()


def test_a_png_stands_beside_the_svg_where_it_was_asked_for(tmp_path: Path) -> None:
    """For slides."""
    paths = draw(a_run("drain"), tmp_path, png=True)
    assert ["drain.svg", "drain.png"] == [path.name for path in paths]
    assert paths[1].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("part", PARTS)
def test_every_colour_has_a_light_and_a_dark_form(tmp_path: Path, part: str) -> None:
    """And lies on paper of its own: the page around it may be either."""
    (path,) = draw(a_run(part), tmp_path)
    drawn = [one for one in shapes(path) if one.tag.rpartition("}")[2] in ("path", "text", "rect")]
    colours = {one.attrib[name] for one in drawn for name in ("fill", "stroke") if name in one.attrib} - {"none"}
    assert colours <= {f"var(--{name})" for name in LIGHT.keys() & DARK.keys()}
    assert "prefers-color-scheme:dark" in path.read_text(encoding="utf-8")
    assert "rect" == drawn[0].tag.rpartition("}")[2]


@pytest.mark.parametrize("part", PARTS)
def test_no_words_leave_the_paper_and_none_are_small(tmp_path: Path, part: str) -> None:
    """Someone sits in the last row."""
    (path,) = draw(a_run(part), tmp_path)
    for one in (shape for shape in shapes(path) if shape.tag.endswith("}text")):
        size = float(one.attrib["font-size"].removesuffix("px"))
        wide = LETTER * size * len(one.text or "")
        left = float(one.attrib["x"]) - wide * {"middle": 0.5, "end": 1.0}.get(one.attrib.get("text-anchor", ""), 0)
        assert size >= HEIGHT / 45, one.text
        assert -1 <= left <= left + wide <= WIDTH, one.text
        assert size * 0.7 <= float(one.attrib["y"]) <= HEIGHT, one.text


def test_a_candidate_has_one_colour_in_all_pictures_and_the_twins_have_it_for_themselves() -> None:
    """Who has learnt it once need not look again."""
    rows = [row for panel in panels(a_run()) for row in panel.rows]
    roles = {label: {row.role for row in rows if row.label == label} for label in {row.label for row in rows}}
    twins = roles.pop("flask"), roles.pop("async")
    assert ({"accepted"}, {"stored"}) == twins
    assert not any(found & {"accepted", "stored"} for found in roles.values())


def test_a_value_is_the_median_and_its_thin_line_reaches_from_the_lowest_to_the_highest_round() -> None:
    """Not the mean, and not an error that somebody has computed."""
    (panel,) = panels(a_run(series=[a_series(values=(90.0, 200.0, 100.0))]))
    (point,) = panel.points
    assert (90.0, 100.0, 200.0) == (point.low, point.middle, point.high)


def drawn_to(path: Path, role: str) -> list[float]:
    """Where the shapes of this colour end on the right."""
    found = [one.attrib["d"] for one in shapes(path) if f"var(--{role})" in one.attrib.values() and "d" in one.attrib]
    return [max(float(pair.split()[0]) for pair in re.findall(r"[\d.]+ [\d.]+", shape)) for shape in found]


def test_a_bar_is_as_long_as_its_value(tmp_path: Path) -> None:
    """From zero on: half of it is half as long."""
    (path,) = draw(a_run(series=[a_series(100.0), a_series(50.0, candidate="async")]), tmp_path)
    (full,), (half,) = drawn_to(path, "accepted"), drawn_to(path, "stored")
    assert pytest.approx((full - SIDE) / 2, abs=1) == half - SIDE


@pytest.mark.parametrize(("values", "expected"), [((10, 100), False), ((10, 300), True), ((0, 300), False)])
def test_values_over_decades_have_a_logarithmic_axis(
    tmp_path: Path, values: tuple[float, float], expected: bool
) -> None:
    """And the picture says so; where one is zero there is no such axis."""
    series = [a_series(1, part="growth", axis="documents", at=at, values=(at,) * 3) for at in values]
    (panel,) = panels(a_run(series=series))
    assert expected == panel.spans_decades
    (path,) = draw(a_run(series=series), tmp_path)
    assert expected == any("log scale" in word for word in written(path))


def test_panels_of_percentiles_in_one_picture_have_one_scale() -> None:
    """Else the shorter time could look like the longer one."""
    short, long = panels(a_run("end-to-end"))
    assert ("202", short.bottom, short.top) == (short.title, long.bottom, long.top)


@pytest.mark.parametrize(
    "series",
    [
        [a_series(part="a new part", measure="stars", unit="", axis="")],
        [a_series(part="a new part", at=at, case=case) for at in (1.0, 2.0) for case in ("one", "other")],
        [a_series(part="http", case="POST /tasks", measure="RSS of flask", unit="MB")],
        [a_series(part="end-to-end", measure="requests/s")],
        [a_series(part="peers", values=(0.0,))],
        [a_series(part="drain", candidate=NASTY, case=NASTY, axis=NASTY)],
        [a_series(part="growth", at=at, values=(0.0, 0.0)) for at in (0.0, 5.0, 1000.0)],
        [a_series(part="peers", case="drain", candidate=name, values=(rate,)) for name, rate in (("a", 9), ("b", 900))],
    ],
)
def test_whatever_was_measured_can_be_drawn(tmp_path: Path, series: list[Series]) -> None:
    """A part that is new, or was broken off, has a picture as well."""
    (path,) = draw(a_run(series=series), tmp_path)
    assert set() == {re.sub("\x00", "\N{REPLACEMENT CHARACTER}", one.candidate) for one in series} - set(written(path))


def test_what_cannot_be_seen_is_told(tmp_path: Path) -> None:
    """Each panel with its values, as the label of the picture."""
    (path,) = draw(a_run("drain", "work", series=find(a_run("drain").series, at=1, measure="tasks/s")), tmp_path)
    label = ElementTree.parse(path).getroot().attrib["aria-label"]
    assert re.fullmatch(r"A full queue.*\. Throughput, tasks/s: flask [\d,]+; async [\d,]+\.", label)


def test_a_line_is_told_by_both_its_ends() -> None:
    """That is what a growing axis is about."""
    points = tuple(Point("p50", at, at / 10, at / 10, at / 10) for at in (10.0, 100.0, 1000.0))
    panel = Panel(Kind.lines, "insert", "p50, ms", (Row("mongo", "refused", points),), "documents")
    assert "Growth. insert, p50, ms: mongo 1 at 10 to 100 at 1,000 documents." == told(
        Sheet("", "Growth", ((panel,),), "")
    )


@pytest.mark.parametrize("places", [[10.0], [10.0, 11.0, 12.0], [50.0, 50.0], [99.0, 1.0, 98.0, 97.0]])
def test_names_are_moved_apart_and_keep_their_order(places: list[float]) -> None:
    """Not one above the top."""
    moved = apart(places, 20, 100)
    assert all(later - earlier >= 20 for earlier, later in zip(sorted(moved), sorted(moved)[1:], strict=False))
    assert max(moved) <= 100
    ordered = sorted(range(len(places)), key=lambda index: places[index])
    assert ordered == sorted(range(len(places)), key=lambda index: moved[index])


def test_a_tick_is_short() -> None:
    """There is little room between two."""
    assert ["0", "0.5", "64", "2.5k", "1M"] == [compact(value) for value in (0, 0.5, 64, 2500, 1_000_000)]


def test_asking_for_the_module_does_not_load_the_plotting_library() -> None:
    """It takes its time, and is there only for those who draw."""
    program = "import sys, bench.document, bench.plots; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3], timeout=60)
