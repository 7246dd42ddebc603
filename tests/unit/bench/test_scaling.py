"""The arithmetic of docs/scale.md, on values that a reader can follow, and its place in the page."""

import re
from pathlib import Path

import pytest

from bench.measure import Results
from bench.plots import draw
from bench.scaling import NothingMeasured, needs, write_scale
from tests.unit.bench.samples import a_run

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT / "docs" / "scale.md"
MARKS = re.compile(r"(<!-- ([\w-]+): begin -->).*?(<!-- \2: end -->)", re.DOTALL)


@pytest.fixture
def run() -> Results:
    """A run of the part; the synchronous twin is the costlier one."""
    return a_run("scale")


@pytest.mark.parametrize(
    ("what", "value"),
    [
        # 10 000 requests of 0.06 ms are 600 ms a second; 60 % busy, that is one processor.
        ("processors: nginx", 1.0),
        ("processors: APIs", 10.0),
        ("processors: RabbitMQ", 15.0),
        ("processors: workers", 2.0),
        ("processors: MongoDB", 9.0),
        ("nodes", 5),
        ("network: clients", 0.056),
        # 700 outside, a message of 600 to three nodes, 500 to the worker, a document of 700 to three members.
        ("network: inside", 0.408),
        ("disk: RabbitMQ writes", 30.0),
        ("disk: MongoDB writes", 60.0),
        ("disk: kept a day", 1.0368),
        # One queue takes the 8000 that are published; half of that is planned.
        ("shards (QUEUE_SHARDS)", 3),
    ],
)
def test_ten_thousand_tasks_a_second_need(run: Results, what: str, value: float) -> None:
    """From the costlier twin, with every copy."""
    found = {one.what: one.value(10_000) for one in needs(run.series)}
    assert value == pytest.approx(found[what])


def test_ten_times_as_many_need_ten_times_as_much(run: Results) -> None:
    """But for what is counted in whole ones."""
    for one in needs(run.series):
        if one.what not in {"nodes", "shards (QUEUE_SHARDS)"}:
            assert 10 * one.value(10_000) == pytest.approx(one.value(100_000))


def copied(tmp_path: Path) -> Path:
    """The page of the repository, to be written into."""
    copy = tmp_path / "scale.md"
    copy.write_text(REAL.read_text(encoding="utf-8"), encoding="utf-8")
    return copy


def test_the_page_has_a_place_for_everything_and_keeps_its_words(run: Results, tmp_path: Path) -> None:
    """What people wrote, and the picture beside it."""
    page, pictures = copied(tmp_path), tmp_path / "images"
    draw(run, pictures)
    write_scale(run, page, pictures)
    text = page.read_text(encoding="utf-8")
    assert MARKS.sub(r"\1\3", REAL.read_text(encoding="utf-8")) == MARKS.sub(r"\1\3", text)
    assert "(images/scale.svg)" in text
    assert "| through the broker | published | 1.00 | 2.00 |" in text


def test_the_page_says_nothing_of_what_was_not_measured(tmp_path: Path) -> None:
    """It is left as it is."""
    page = copied(tmp_path)
    with pytest.raises(NothingMeasured):
        write_scale(a_run("drain"), page, tmp_path)
    assert REAL.read_text(encoding="utf-8") == page.read_text(encoding="utf-8")


def test_the_page_of_the_repository_was_measured() -> None:
    """All of its places are filled, and its links lead to files."""
    text = REAL.read_text(encoding="utf-8")
    assert {"needs", "ratios", "scale", "machine"} == {name for _, name, _ in MARKS.findall(text)}
    assert [] == [match[0] for match in MARKS.finditer(text) if "| --- |" not in match[0]]
    links = re.findall(r"\]\(([^)#\s]+)\)", text)
    assert [] == [link for link in links if "://" not in link and not (REAL.parent / link).exists()]
