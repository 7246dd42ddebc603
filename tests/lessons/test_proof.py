"""Every lesson is proven: its starter and wrong answers fail with the words meant for them, and its solution passes."""

import pytest

from cli.course.lesson import lessons
from cli.course.proof import Case, cases, prove
from tests.support.stack import Stack

CASES = [case for lesson in lessons() for case in cases(lesson)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_check_says_what_it_must(case: Case, stack: Stack) -> None:
    """Judged by the engine that students use."""
    assert prove(case, stack.addresses) == ""
