"""A prediction is recorded before a measurement, and nobody changes either unseen."""

from pathlib import Path
from typing import Any

import pytest

from bench import experiment
from bench.book import Book, Wish
from bench.command import for_lesson
from bench.measure import Results
from cli.errors import WrongUse
from core.task import Work
from drills.sides import SIDES
from lessons.kit.experiment import CASES, PREDICTION, RUN, is_whole, predicted, read, sealed
from lessons.kit.verdict import NotYet

SAID = 'wait = 20\ncompute = 1.0\nboth = 5.0\nbecause = "The waits overlap."\n'


@pytest.mark.parametrize("wrong", ["", "wait = 20\n", SAID.replace("20", "0"), SAID.replace("The waits overlap.", "")])
def test_nothing_is_measured_without_a_whole_prediction(wrong: str, tmp_path: Path) -> None:
    """Afterwards it would be none."""
    (tmp_path / PREDICTION).write_text(wrong, encoding="utf-8")
    with pytest.raises(WrongUse, match="no prediction that could be recorded"):
        experiment.record(tmp_path)


def test_a_prediction_is_recorded_as_it_is(tmp_path: Path) -> None:
    """Word for word."""
    (tmp_path / PREDICTION).write_text(SAID, encoding="utf-8")
    assert SAID == experiment.record(tmp_path)["text"]


def test_a_second_run_keeps_the_first_prediction(tmp_path: Path) -> None:
    """However much better the second one is."""
    results = Results([], [], {}, 1.0)
    for text in ("first", "second"):
        more = {"student": "ada", "predictions": [*experiment._earlier(tmp_path), {"text": text}]}
        experiment._write(tmp_path, results, more)
    found = read(tmp_path, RUN)
    assert (True, ["first", "second"]) == (is_whole(found), [one["text"] for one in found["predictions"]])


@pytest.mark.parametrize("change", [{"student": "bob"}, {"predictions": []}, {"seal": ""}, {"more": 1}])
def test_a_run_that_was_changed_is_not_whole(change: dict[str, object]) -> None:
    """Whatever was changed in it, added, or taken away."""
    found = sealed({"student": "ada", "predictions": [{"text": SAID}]})
    assert is_whole(found)
    assert not is_whole({**found, **change})


class Counted:
    """A worker that only counts what it is given."""

    def __init__(self, side: Any) -> None:
        self.side = side
        self.given: list[tuple[int, Work]] = []

    def rate(self, count: int, work: Work) -> float:
        """So many tasks a second as it was given."""
        self.given.append((count, work))
        return float(count)


def test_both_twins_are_given_the_same_work_in_every_round() -> None:
    """Each case, and never fewer than can be told apart."""
    pair: Any = [Counted(side) for side in SIDES]
    book = Book()
    experiment.measure(book, pair, Wish(rounds=2, size=0.001), lambda _: None)
    expected = [(experiment.FEWEST, Work(case.io_ms, case.cpu_ms)) for case in CASES.values()] * 2
    assert [expected, expected] == [one.given for one in pair]
    assert {(case, one.side.name): 2 for case in CASES for one in pair} == {
        (one.case, one.candidate): len(one.values) for one in book.series()
    }


def test_only_work_is_measured_for_a_lesson() -> None:
    """The other parts need a lab of their own."""
    with pytest.raises(WrongUse, match="work only"):
        for_lesson(("http",), Wish(), None)


@pytest.mark.parametrize("text", [None, "wait = ", '["a list"]'])
def test_a_file_that_cannot_be_read_is_named(text: str | None, tmp_path: Path) -> None:
    """And nothing is taken for granted in it."""
    if text is not None:
        (tmp_path / RUN).write_text(text, encoding="utf-8")
    with pytest.raises(NotYet, match=r"run\.json among your files"):
        read(tmp_path, RUN)


def test_true_is_no_figure() -> None:
    """TOML would let it pass for one."""
    with pytest.raises(NotYet, match="a figure for compute"):
        predicted({"wait": 2.0, "compute": True, "both": 1.0, "because": "it is as it is"})
