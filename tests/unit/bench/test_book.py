"""What is measured is written down by candidate and place, a value a round."""

from dataclasses import replace

import pytest

from bench.book import FOR_A_CPU_SECOND, Book, Point, Wish
from bench.measure import Results, as_json, find, from_json, onto
from bench.wrk import Load
from tests.unit.bench.samples import a_run

POINT = Point("http", "POST /tasks", "flask", 8, "connections")


def load(**changed: float) -> Load:
    """A run of the load generator."""
    told = {"requests": 1000, "seconds": 2.0, "failed": 0, "p50": 1.0, "p95": 2.0, "p99": 3.0, "cpu": 0.1, **changed}
    return Load(**told, more={})  # type: ignore[arg-type]


def test_values_of_the_rounds_stand_in_their_order() -> None:
    """One series for all rounds of a place."""
    book = Book()
    for value in (3.0, 1.0, 2.0):
        book.put(POINT, "requests/s", "1/s", value)
    (found,) = book.series()
    assert ((3.0, 1.0, 2.0), 2.0, 1.0) == (found.values, found.median, found.spread)


def test_a_load_tells_rate_and_percentiles() -> None:
    """Requests a second, and milliseconds."""
    book = Book()
    book.load(POINT, load())
    assert {"requests/s": 500.0, "p50": 1.0, "p95": 2.0, "p99": 3.0} == {
        one.measure: one.median for one in book.series()
    }


def test_failed_requests_are_noted() -> None:
    """A reader must know of them."""
    book = Book()
    book.load(POINT, load())
    assert [] == book.notes
    book.load(POINT, load(failed=7))
    assert ["http, POST /tasks, flask: 7 of 1000 failed"] == book.notes


def test_processor_time_is_a_share_for_each_request() -> None:
    """Milliseconds, and memory beside it; and how many a second of all of them is enough for."""
    book = Book()
    book.cost(POINT, {"nginx": 0.5, "flask": 1.5}, {"nginx": 9.5, "flask": 60}, requests=1000)
    told = {"CPU of nginx": 0.5, "CPU of flask": 1.5, FOR_A_CPU_SECOND: 500}
    assert {**told, "RSS of nginx": 9.5, "RSS of flask": 60} == {one.measure: one.median for one in book.series()}


def test_what_is_written_can_be_read_again() -> None:
    """Pages are made from the file."""
    book = Book()
    book.load(POINT, load())
    results = Results(book.series(), [], {"processors": "2"}, 1.5, ["a note"], ["drain"])
    assert results == from_json(as_json(results))


def test_series_are_found_by_what_is_known_of_them() -> None:
    """Any of their fields."""
    book = Book()
    book.load(POINT, load())
    assert ["p95"] == [one.measure for one in find(book.series(), measure="p95", candidate="flask")]
    assert [] == find(book.series(), candidate="async")


@pytest.mark.parametrize(("size", "count"), [(1.0, 50_000), (0.1, 5_000), (0.0001, 100)])
def test_a_smaller_wish_makes_smaller_backlogs(size: float, count: int) -> None:
    """But never none."""
    assert count == Wish(size=size).sized(50_000)


def test_parts_that_are_measured_anew_take_the_place_of_an_earlier_run_s() -> None:
    """All else stays, and what broke off is mended by measuring it."""
    earlier = replace(a_run("http", "drain"), notes=["old"], broken=["drain"], seconds=10.0)
    now = replace(a_run("drain"), notes=["new", "old"], seconds=5.0)
    both = onto(earlier, now)
    assert find(earlier.series, part="http") + find(now.series, part="drain") == both.series
    assert (["old", "new"], [], 15.0, now.machine) == (both.notes, both.broken, both.seconds, both.machine)
