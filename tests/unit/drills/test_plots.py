"""The timelines."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from drills.plots import picture, timelines
from drills.report.scales import BINS, Frame, flags, frame, marks, rates, relative
from drills.report.svg import DARK, LIGHT
from drills.result import Band, Timeline
from tests.unit.drills.results import NOON, TWINS, a_drill, a_timeline

FRAME = Frame(seconds=40, step=1, top=10, rows=0)


def test_rates_are_tasks_per_second() -> None:
    """Whatever the breadth of a step."""
    assert [4.0, 0.0, 2.0] == rates([0, 0.1, 1.4], Frame(seconds=1.5, step=0.5, top=1, rows=0))


def test_a_task_at_the_very_end_is_in_the_last_step() -> None:
    """And not beyond it."""
    assert [0.0, 1.0] == rates([2.0], Frame(2, 1, 1, 0))


def test_times_are_seconds_since_the_start_of_the_drill() -> None:
    """What has a time before it has none."""
    line = relative(Timeline(accepted=[NOON + 2], stored=[0.0, NOON + 3], started=NOON, ended=NOON + 5))
    assert ([2.0], [3.0], 5.0) == (line.accepted, line.stored, line.ended)


def test_the_twins_have_the_same_scales() -> None:
    """So that they can be compared."""
    quick, slow = Timeline(accepted=[1.0] * 9, ended=10), Timeline(accepted=[1.0], ended=100)
    fitted = frame([quick, slow])
    assert (100, 4.5) == (fitted.seconds, fitted.top)


@pytest.mark.parametrize("seconds", [0.2, 20, 59, 3600, 100_000])
def test_no_timeline_has_more_steps_than_can_be_seen(seconds: float) -> None:
    """However long it lasted."""
    fitted = frame([Timeline(ended=seconds)])
    assert BINS >= round(fitted.seconds / fitted.step)
    assert fitted.seconds >= seconds


def test_the_recovery_is_told_in_seconds_after_the_last_fault() -> None:
    """That is what people ask for."""
    line = Timeline(bands=[Band("cut", 1, 2), Band("cut", 5, 6)], recovered=7.25)
    assert {"cut ×2", "ready after 1.2 s"} == {flag.text for flag in flags(line, FRAME)}


def test_without_a_fault_there_is_nothing_to_recover_from() -> None:
    """No flag then."""
    assert [] == flags(Timeline(recovered=3.0), FRAME)


@pytest.mark.parametrize("count", [2, 3, 8])
@pytest.mark.parametrize("start", [1.0, 20.0, 38.0])
def test_no_label_covers_another(start: float, count: int) -> None:
    """Labels of faults at nearly the same moment stand in rows of their own."""
    bands = [Band(f"fault number {number}", start + number / 10, start + 1) for number in range(count)]
    found = flags(Timeline(bands=bands), FRAME)
    assert count == len({flag.row for flag in found})


@pytest.mark.parametrize("start", [0.0, 19.0, 21.0, 40.0])
def test_a_long_label_is_cut_rather_than_leaving_the_picture(start: float) -> None:
    """On the side of its pole that has more room."""
    (flag,) = flags(Timeline(bands=[Band("a fault with a very long name " * 3, start, 40)]), FRAME)
    assert flag.text.endswith("…")
    assert 10 < len(flag.text)


def test_thousands_of_refusals_are_no_more_marks_than_can_be_seen() -> None:
    """The page would grow with each."""
    assert 400 > len(marks([number / 1000 for number in range(40_000)], FRAME))


@pytest.mark.parametrize(
    "line",
    [
        Timeline(),
        Timeline(started=NOON, ended=NOON + 1),
        Timeline(accepted=[NOON], bands=[Band("killed", NOON, NOON)], recovered=NOON),
        Timeline(bands=[Band("$x_1$ \N{PILE OF POO} \x00 <b>", NOON, NOON - 1)]),
        replace(a_timeline(), recovered=None),
    ],
)
def test_whatever_was_found_can_be_drawn(line: Timeline) -> None:
    """A drill that broke at its beginning has a page as well."""
    (drawn,) = timelines([a_drill(timeline=line)])
    assert "svg" == ElementTree.fromstring(drawn).tag


def test_a_plot_is_small_and_its_colours_have_names() -> None:
    """So that the page decides them, on a light screen and on a dark one."""
    for drawn in timelines([a_drill(twin=twin) for twin in TWINS]):
        assert 20_000 > len(drawn)
        assert {"accepted", "stored", "fault", "ready", "refused", "unknown"} <= {
            name for name in LIGHT if f"var(--{name})" in drawn
        }
        assert "#" not in drawn


def test_light_and_dark_name_the_same_colours() -> None:
    """One that is missing would be invisible."""
    assert LIGHT.keys() == DARK.keys()
    assert len(LIGHT) == len(set(LIGHT.values()))


def test_a_picture_stands_by_itself(tmp_path: Path) -> None:
    """Both twins, light and dark, small enough for a page of documentation."""
    path = picture([a_drill(twin=twin) for twin in TWINS], tmp_path / "images" / "drill.svg")
    text = path.read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert 300_000 > len(text)
    assert "prefers-color-scheme:dark" in text
    assert all(f"The broker is killed: {twin}" in text for twin in TWINS)


def test_the_same_run_gives_the_same_picture(tmp_path: Path) -> None:
    """Neither a date nor a random number is in it."""
    first, second = (picture([a_drill()], tmp_path / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == second
