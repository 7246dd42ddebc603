"""What every drill must say of itself, and how drills are chosen and put in order."""

from itertools import pairwise

import pytest

from cli.errors import WrongUse
from drills import campaign
from drills.catalogue import everything
from drills.command import Wish, choose
from drills.drill import Drill, parse
from drills.plan import Plan, inside
from tests.meta.house import ROOT

DRILLS = list(everything().values())


@pytest.mark.parametrize("one", DRILLS, ids=lambda one: one.name)
def test_every_drill_explains_itself(one: Drill) -> None:
    """What it teaches, what the client sees, what must hold, how it is injected."""
    assert one.title
    assert {"teaches", "sees", "holds", "injected"} == set(one.texts)
    assert all(len(text) > 5 for text in one.texts.values())


def test_there_are_at_least_forty_kinds_of_fault() -> None:
    """Twenty of them are run every day."""
    assert 40 <= len(DRILLS)
    assert 20 <= len([one for one in DRILLS if one.ci])


def test_a_drill_that_does_not_explain_itself_cannot_be_written() -> None:
    """The missing word is named."""
    with pytest.raises(ValueError, match="Injected"):
        parse("Something breaks.\n\nTeaches: a.\n\nThe client sees: b.\n\nHolds: c.")


def test_drills_that_need_the_same_preparation_follow_each_other() -> None:
    """Each change of the preparation starts programs anew."""
    plans = [one.plan for one in campaign.in_order(DRILLS)]
    changes = sum(before != after for before, after in pairwise(plans))
    assert len(set(plans)) - 1 == changes


def test_a_drill_there_is_not_is_wrong_use() -> None:
    """With the way to those there are."""
    with pytest.raises(WrongUse, match="kill-everything"):
        choose(Wish(("kill-everything",)))


def test_all_are_chosen_by_one_word() -> None:
    """Each once, also where it is named as well."""
    assert len(DRILLS) == len(choose(Wish(("all", DRILLS[0].name))))


def test_the_set_of_every_day_has_a_word_of_its_own() -> None:
    """As the tests run it."""
    assert {one.name for one in DRILLS if one.ci} == {one.name for one in choose(Wish(("ci",)))}


def test_two_plans_with_the_same_faults_inside_are_one() -> None:
    """So that programs are not started anew for nothing."""
    assert inside(("flask",), "flaky:publish:0.1:1") == inside(("flask",), "flaky:publish:0.1:1")
    assert Plan() != inside(("flask",), "flaky:publish:0.1:1")


def test_the_page_on_reliability_names_every_drill() -> None:
    """Its table is made from a run of all of them."""
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert [] == [one.name for one in DRILLS if f"| {one.name}: " not in page]


def test_the_readme_counts_the_drills() -> None:
    """A number that is typed has to be held to."""
    assert f"({len(DRILLS)} kinds" in (ROOT / "README.md").read_text(encoding="utf-8")
