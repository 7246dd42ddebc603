"""The way of one task, by its id, wherever it is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.topology import topology
from tests.browser.board import Board
from tests.browser.test_doing import given_up
from tests.support.api import Api, unique
from tests.support.broker import Broker


def test_the_passport_of_a_stored_task_has_every_hop(
    opened: Callable[..., Board], api: Api, shot: Callable[[Page, str], None]
) -> None:
    """At the address of the task, and by whom."""
    title = f"Water the plants {unique()[-4:]}"
    task_id = api.send(title, work={"io_ms": 120})
    document = api.stored(task_id)

    page = opened(f"/tasks/{task_id}").page

    expect(page.locator("#passport-title")).to_have_text(title)
    expect(page.locator("#passport-state")).to_have_text("Stored")
    expect(page.locator("#way .bar")).to_have_count(3)
    facts = page.locator("#facts")
    for text in (
        task_id,
        document["worker"],
        document["passport"]["times"]["received"],
        document["passport"]["request_id"],
    ):
        expect(facts).to_contain_text(text)
    shot(page, "board-passport")


def test_the_passport_is_found_by_typing_the_id(board: Board, apis: dict[str, Api]) -> None:
    """And the page goes on being the board when it is closed."""
    task_id = apis["flask"].send(title := unique("typed"))
    apis["flask"].stored(task_id)
    board.page.fill("#find-id", task_id)
    board.page.keyboard.press("Enter")
    expect(board.page.locator("#passport-title")).to_have_text(title)
    expect(board.page).to_have_url(f"{board.home}/tasks/{task_id}")
    board.page.keyboard.press("Escape")
    expect(board.page.locator("#passport")).to_be_hidden()
    # The browser tells the page a moment after it has closed the dialog.
    expect(board.page).to_have_url(f"{board.home}/")


def test_a_dead_letter_s_passport_says_why(opened: Callable[..., Board], broker: Broker) -> None:
    """With the reason and the number of attempts."""
    task_id = given_up(broker, title := unique("dead"))
    try:
        page = opened(f"/tasks/{task_id}").page
        expect(page.locator("#passport-title")).to_have_text(title)
        expect(page.locator("#passport-state")).to_contain_text("after 4 attempt(s): the store was away")
    finally:
        broker.dead_letters(lambda _: True)


def test_a_task_that_failed_says_why_and_when_it_is_tried_again(opened: Callable[..., Board], broker: Broker) -> None:
    """While it waits for the next attempt."""
    queue = topology(broker.queue).retries[-1]
    task_id = given_up(broker, unique("again"), queue.name, 3)

    page = opened(f"/tasks/{task_id}").page

    state = page.locator("#passport-state")
    expect(state).to_have_text(f"Failed (the store was away), and waits up to {queue.delay_ms // 1000} s for attempt 3")


@pytest.mark.parametrize("task_id", ["00000000-0000-7000-8000-000000000000"])
def test_an_id_that_nobody_knows_is_said_to_be_unknown(opened: Callable[..., Board], task_id: str) -> None:
    """Rather than waited for in silence."""
    page = opened(f"/tasks/{task_id}").page
    expect(page.locator("#passport-state")).to_contain_text("No queue holds it")
