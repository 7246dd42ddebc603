"""Who may make the board do something."""

import pytest

from board.guard import refusal

GOOD = {"X-Lab": "board", "Origin": "http://localhost:8080", "Host": "localhost:8080", "Sec-Fetch-Site": "same-origin"}


def test_the_board_s_own_page_may() -> None:
    """With what a browser sends."""
    assert "" == refusal(GOOD)


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Lab": ""},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_others_may_not(changed: dict[str, str]) -> None:
    """Each of the signs is enough to be refused."""
    assert refusal({**GOOD, **changed})
