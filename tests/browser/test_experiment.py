"""The button that starts a bench; and a lab whose buttons are off."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from cli.agent import experiment, process
from cli.config import load
from tests.browser.board import SIDES, Board
from tests.support.agents import served
from tests.support.stack import Stack

MEASURED_WITHIN_MS = 420_000
SHORT = ("bench", "work", "--rounds", "1", "--size", "0.001")
"""Sixty tasks a point instead of hundreds: what is tested is the way from the button to the drawing."""
FORBIDDEN = 403


@pytest.fixture
def own_agent(stack: Stack, _agent: None) -> Iterator[None]:
    """The lab's agent has made room for the test's own."""
    process.stop(load())
    yield
    stack.lab("up")


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("own_agent")
def test_the_button_runs_a_bench_and_draws_what_it_has_found(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a lab of its own, and says how far it is; a curve a twin, over the waiting times that were measured."""
    board.goes_without()
    monkeypatch.setattr(experiment, "COMMAND", SHORT)
    with served(load()):
        said, result = board.page.locator("#benched"), board.page.locator("#result svg")
        expect(board.page.locator("#bench")).to_be_enabled(timeout=60_000)

        board.page.click("#bench")

        expect(said).to_contain_text("Measuring in a lab of its own")
        expect(said).to_contain_text("Tasks stored a second by one worker", timeout=MEASURED_WITHIN_MS)
        expect(result).to_have_count(1)
        for side in SIDES:
            curve = result.locator(f"path.curve.{side}").get_attribute("d") or ""
            assert 4 == len(curve.replace("M", "L").split("L")[1:]), curve
        assert ["0", "5", "20", "100"] == result.locator("text.tick.middle").all_text_contents()
        expect(board.page.locator("#pulse")).to_have_attribute("data-state", "live")


@pytest.mark.usefixtures("own_agent")
def test_a_bench_that_cannot_run_says_why(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the last of its own words."""
    board.goes_without()
    monkeypatch.setattr(experiment, "COMMAND", ("bench", "nothing"))
    with served(load()):
        expect(board.page.locator("#bench")).to_be_enabled(timeout=60_000)

        board.page.click("#bench")

        expect(board.page.locator("#benched")).to_contain_text("It failed", timeout=60_000)
        expect(board.page.locator("#benched")).to_contain_text("Parts: ")
        expect(board.page.locator("#result svg")).to_have_count(0)


def test_with_controls_off_there_is_no_button_and_nobody_obeys(
    board: Board, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No agent listens; one that is started all the same refuses the word of before. Messages can still be sent."""
    told = board.evaluate("fetch('/board/settings').then((answer) => answer.json())")["agent"]
    headers = {"Origin": board.home, "X-Lab-Token": told["token"], "Sec-Fetch-Site": "same-site"}
    url = f"http://127.0.0.1:{told['port']}/workers/pyworker/thaw"

    def thaw() -> int:
        return httpx.post(url, headers=headers, json={}, trust_env=False).status_code

    assert 200 == thaw()
    board.goes_without()
    monkeypatch.setenv("LAB_CONTROLS", "off")
    try:
        stack.lab("up")
        with pytest.raises(httpx.ConnectError):
            thaw()
        board.go("/")
        board.live()
        expect(board.page.locator("#agent")).to_contain_text("LAB_CONTROLS=off")
        expect(board.page.locator("#controls button:visible")).to_have_count(0)
        expect(board.page.locator("#bench:visible")).to_have_count(0)
        expect(board.page.locator("[data-to=flask][data-count='1']")).to_be_enabled()
        with served(load()):
            assert FORBIDDEN == thaw()
    finally:
        monkeypatch.setenv("LAB_CONTROLS", "on")
        stack.lab("up")
    board.go("/")
    expect(board.page.locator("#controls button").first).to_be_enabled(timeout=60_000)
