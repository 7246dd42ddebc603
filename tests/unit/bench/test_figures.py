"""Figures are ratios within one run, and one whose parts were not measured is left out."""

from bench.book import FOR_A_CPU_SECOND
from bench.figures import GOALS, figures
from bench.measure import Series
from drills.result import Figure


def series(part: str, case: str, candidate: str, measure: str, *values: float, at: float = 32) -> Series:
    """A measured series."""
    return Series(part, case, candidate, at, "", measure, "", values)


def found(measured: list[Series], name: str) -> Figure:
    """The figure with this name."""
    return next(figure for figure in figures(measured) if figure.name == name)


def test_nothing_measured_is_no_figure() -> None:
    """And no success."""
    assert [] == figures([])


def test_a_ratio_is_the_median_of_the_rounds_own() -> None:
    """A slow round is slow for both."""
    measured = [
        series("http", "POST /tasks", "flask", "requests/s", 50, 100, 450),
        series("http", "POST empty", "flask", "requests/s", 100, 200, 1000),
    ]
    assert 0.5 == found(measured, "POST to 202, Flask, against the empty handler").value


def test_ours_is_compared_with_the_best_of_its_kind() -> None:
    """With the best sync library for Flask, whatever an async one reaches."""
    measured = [
        series("peers", "POST to 202", name, "requests/s", rate)
        for name, rate in (("flask", 300), ("celery", 100), ("dramatiq", 150), ("taskiq", 1000))
    ]
    figure = found(measured, "POST to 202, Flask, against the best sync library")
    assert (2.0, "≥ 1.5", True) == (figure.value, figure.goal, figure.ok)


def test_the_best_latency_is_the_least() -> None:
    """And less is better."""
    measured = [
        series("peers", "POST to 202", name, "p95", time)
        for name, time in (("async", 30), ("taskiq", 40), ("faststream", 90))
    ]
    figure = found(measured, "POST to 202, p95, Quart, against the best async library")
    assert (0.75, False) == (figure.value, figure.ok)


def test_a_figure_below_its_goal_is_not_reached() -> None:
    """Two workers that drain no faster than one."""
    measured = [series("drain", "drain", "flask", "tasks/s", rate, at=at) for at, rate in ((1, 100), (2, 120))]
    assert not found(measured, "drain, two sync workers against one").ok


def test_tracing_is_compared_with_the_same_twin_without_it() -> None:
    """Round by round."""
    measured = [
        series("tracing", "whole path, async", f"async, {share}", FOR_A_CPU_SECOND, *rates)
        for share, rates in (("off", (1000, 500)), ("10 %", (980, 480)), ("all", (1, 1)))
    ]
    figure = found(measured, "whole path, Quart, with a tenth traced against none")
    assert (0.97, "≥ 0.95", True) == (figure.value, figure.goal, figure.ok)


def test_the_price_of_being_watched_is_the_whole_of_it() -> None:
    """Recording, turn by turn, and scraping on top of it."""
    measured = [
        series("watch", "drain, async", "nothing recorded", FOR_A_CPU_SECOND, 1000, 500, 800),
        series("watch", "drain, async", "recorded", FOR_A_CPU_SECOND, 980, 490, 784),
        series("watch", "scraped every 5 s, at rest, async", "recorded", "of all processors", 2),
    ]
    figure = found(measured, "drain, Quart, with metrics, scraped every 5 s, against none")
    assert (0.96, "≥ 0.97", False) == (figure.value, figure.goal, figure.ok)
    assert [] == figures(measured[:2])


def test_an_open_page_is_set_against_none() -> None:
    """Turn by turn."""
    measured = [
        series("board", "POST to 202, flask", name, FOR_A_CPU_SECOND, *rates)
        for name, rates in (("nobody looks", (1000, 500, 800)), ("a page is open", (980, 495, 768)))
    ]
    figure = found(measured, "POST to 202, Flask, with the board open, against nobody looking")
    assert (0.98, "≥ 0.97", True) == (figure.value, figure.goal, figure.ok)


def test_memory_is_that_of_our_largest_process() -> None:
    """Not of the broker, and not of a peer."""
    measured = [
        series("http", "POST /tasks", "flask", "RSS of flask", 50, 60),
        series("http", "POST /tasks", "flask", "RSS of rabbitmq", 400),
        series("peers", "drain", "celery", "RSS of pyworker", 500),
    ]
    assert 60 == found(measured, "memory of our largest process, MB").value


def test_growth_is_the_largest_size_against_the_smallest() -> None:
    """By time for reading, by rate for draining."""
    measured = [
        *(series("growth", "GET /tasks page 100", "async", "p50", ms, at=at) for at, ms in ((1e4, 10), (1e6, 12))),
        *(series("growth", "drain", "async", "tasks/s", rate, at=at) for at, rate in ((0, 1000), (1e6, 600))),
    ]
    reached = {figure.name: (figure.value, figure.ok) for figure in figures(measured)}
    assert (1.2, True) == reached["GET /tasks page 100, Quart, time at 1 M documents against 10 k"]
    assert (0.6, False) == reached["drain, Quart, with 1 M messages waiting against none"]


def test_what_was_over_at_once_is_no_figure() -> None:
    """In a small look a queue may be stored in one batch, whose rate nobody can tell."""
    measured = [series("growth", "drain", "async", "tasks/s", 0.0, at=at) for at in (0, 1e6)]
    assert [] == figures(measured)


def test_every_figure_has_a_name_of_its_own() -> None:
    """They are found by it."""
    names = [name for name, *_ in GOALS]
    assert len(names) == len(set(names))
