"""The page and the JSON of a run."""

import json
import re
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from drills.report import digest, render, write
from drills.result import Band, Results, Timeline
from tests.unit.drills.results import NOON, TEXTS, TWINS, a_drill, a_failed_drill, a_mutant, a_run

NASTY = "<img src=x onerror=alert(1)>\"'&"
VOID = {"meta", "br"}


class Page(HTMLParser):
    """The elements of a page, and whether each that is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It must be the one that was opened last."""
        assert self.open.pop() == tag

    def having(self, attribute: str) -> list[str]:
        """The values of this attribute, in order."""
        return [
            value or "" for _, attributes in self.elements for name, value in attributes.items() if name == attribute
        ]


def test_both_files_are_written_into_a_folder_that_need_not_be_there(tmp_path: Path) -> None:
    """The page for people, the JSON for programs."""
    page = write(a_run(), tmp_path / "a" / "b")
    assert tmp_path / "a" / "b" / "index.html" == page
    assert json.loads((page.parent / "results.json").read_text(encoding="utf-8"))["ok"] is True


def test_every_element_is_closed_and_every_id_stands_once() -> None:
    """Also with several plots in one page."""
    page = Page(render(a_run(a_failed_drill())))
    assert [] == page.open
    ids = page.having("id")
    assert sorted(set(ids)) == sorted(ids)
    assert set() == {link[1:] for link in page.having("href") if link.startswith("#")} - set(ids)


def test_nothing_comes_from_elsewhere_and_nothing_runs() -> None:
    """Neither script nor picture nor style but the one that the policy names."""
    page = Page(render(a_run()))
    assert set() == {"script", "img", "link", "iframe"} & {tag for tag, _ in page.elements}
    assert [] == page.having("style") + page.having("src")
    assert any(re.match(r"default-src 'none'; style-src 'sha256-[\w+/]+=*';", one) for one in page.having("content"))
    assert {"results.json"} == {link for link in page.having("href") if not link.startswith("#")}


@pytest.mark.parametrize(
    "results",
    [
        Results(drills=[a_drill(NASTY, title=NASTY, group=NASTY, texts={**TEXTS, "injected": NASTY})]),
        Results(drills=[a_drill(problems=[NASTY], timeline=Timeline(bands=[Band(NASTY, 1, 2)], recovered=3))]),
        a_run(skipped={NASTY: NASTY}, machine={NASTY: NASTY}),
    ],
)
def test_titles_labels_and_reasons_are_text_whatever_they_hold(results: Results) -> None:
    """Whoever names a task does not write the page."""
    page = Page(render(results))
    assert set() == {"img"} & {tag for tag, _ in page.elements}
    assert [] == page.having("onerror")
    assert [] == page.open


def test_every_plot_says_in_words_what_it_shows() -> None:
    """For those who cannot see it."""
    page = Page(render(a_run()))
    labels = [attributes["aria-label"] or "" for tag, attributes in page.elements if tag == "svg"]
    assert [f"Timeline of The broker is killed on {twin}" for twin in TWINS] == [one.split(":")[0] for one in labels]
    assert all("broker killed" in one and "Ready again 1.7 s after the fault" in one for one in labels)


def test_a_run_in_which_everything_held_says_so() -> None:
    """In large words."""
    assert '<h1 class="good">Everything held</h1>' in render(a_run())


def test_lost_tasks_are_the_verdict() -> None:
    """And the reasons stand below it."""
    results = a_run(a_failed_drill(), mutants=[a_mutant(caught=False)])
    assert '<h1 class="bad">3 tasks lost</h1>' in render(results)
    assert ["1 drill failed", "1 mutant not caught"] == digest.reasons(results)


def test_a_run_without_drills_proves_nothing() -> None:
    """Although nothing failed."""
    assert '<h1 class="bad">Nothing was tested</h1>' in render(Results())


def test_every_wrong_task_is_named_with_what_is_known() -> None:
    """Up to a number that a person reads; then it is said how many more there are."""
    page = render(Results(drills=[a_failed_drill(lost=60)]))
    assert '<td class="bad">60</td>' in page
    assert "01890a5d-ac96-774b-bcce-b30200000049" in page
    assert "And 10 more." in page


def test_a_wrong_task_among_the_problems_is_not_told_twice() -> None:
    """The ledger names it with what is known of it."""
    failed = a_failed_drill(lost=1)
    (wrong,) = failed.account.wrong
    run = a_drill(account=failed.account, problems=[f"lost: {wrong.id} {wrong.known}", "not at rest"])
    assert ["not at rest"] == digest.problems(run)


def test_zeros_are_quiet_and_legal_numbers_are_not_red() -> None:
    """Dead letters may be meant."""
    page = render(Results(drills=[a_drill()]))
    assert '<td class="zero">0</td>' in page
    assert '<td class="bad">' not in page


def test_what_was_accepted_under_overlapping_faults_is_counted_once() -> None:
    """The number stands in the head."""
    bands = [Band("one", NOON + 1, NOON + 4), Band("other", NOON + 3, NOON + 5)]
    times = [NOON + second for second in (0.5, 1.5, 3.5, 4.5, 6)]
    assert 3 == digest.accepted_during(Timeline(accepted=times, bands=bands))


@pytest.mark.parametrize(
    ("given", "shown"),
    [(0, "0"), (20_000.0, "20,000"), (1.7344, "1.73"), (1234.5, "1,234"), (0.0042, "0.0042"), (float("inf"), "inf")],
)
def test_numbers_have_the_digits_that_people_read(given: float, shown: str) -> None:
    """No more than three where it is no whole number."""
    assert shown == digest.number(given)


def test_a_tenth_of_seventy_drills_takes_no_more_than_a_tenth_of_a_minute() -> None:
    """Of the processor's time, which does not depend on what else runs; and of 15 MB."""
    drills = [a_drill(f"drill-{number}", twin) for number in range(7) for twin in TWINS]
    begun = time.process_time()
    page = render(Results(drills=drills))
    assert 6 > time.process_time() - begun
    assert 1_500_000 > len(page.encode())


def test_the_report_can_be_imported_without_what_draws_it() -> None:
    """It is installed with the first drill; ./lab starts before."""
    program = "import sys, drills.document, drills.report; sys.exit('matplotlib' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode
