"""What is done from the page: poison, dead letters, workers."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Page, expect

from core.ids import new_id
from core.message import dead_letter, encode, retry
from core.task import Task
from core.topology import topology
from tests.browser.board import Board
from tests.support.api import Api, unique
from tests.support.broker import Broker
from tests.support.waiting import wait_until


@pytest.fixture
def _no_letters(broker: Broker) -> Iterator[None]:
    """No dead letters of other tests before, none of this one afterwards."""
    broker.dead_letters(lambda _: True)
    yield
    broker.dead_letters(lambda _: True)


def given_up(broker: Broker, title: str, queue: str = "", attempts: int = 4) -> str:
    """A good task among the dead letters, as if its database had been away for too long; returns its id.

    ``queue``: another one that it waits in, such as one for the next attempt.
    """
    moment = datetime.now(UTC).replace(microsecond=0)
    task_id = new_id(int(moment.timestamp() * 1000), unique().encode()[-10:])
    task = Task(id=task_id, title=title, source="flask", host="test", request_id="test", accepted=moment)
    original, reason = encode(task, broker.queue), "the store was away"
    dead = dead_letter(original, topology(broker.queue).dead.name, reason, attempts, moment)
    letter = retry(original, queue, attempts, 0, reason) if queue else dead
    Broker(broker.url, letter.queue).publish_all([(letter.body, task_id)], dict(letter.headers))
    return task_id


@pytest.mark.usefixtures("_no_letters")
def test_poison_appears_among_the_dead_letters_and_is_requeued_and_purged(board: Board) -> None:
    """With the reason. A new start does not make a task of it, so it comes back; then it is deleted."""
    board.page.click("[data-poison=text]")

    letter = board.letters("Water the plants")
    expect(letter).to_have_count(1)
    expect(letter).to_contain_text("not JSON")
    expect(board.page.locator("#dead-count")).to_have_text("1")
    expect(board.part("dead")).to_have_attribute("data-state", "filled")

    letter.locator("[data-act=requeue]").click()
    expect(board.page.locator("#settled")).to_contain_text("1 put back")
    expect(board.page.locator("#dead-count")).to_have_text("1")
    expect(letter).to_have_count(1)

    letter.locator("[data-act=purge]").click()
    expect(board.page.locator("#settled")).to_contain_text("1 deleted")
    expect(board.page.locator("#dead-count")).to_have_text("0")
    expect(letter).to_have_count(0)


@pytest.mark.usefixtures("_no_letters")
def test_a_dead_letter_that_can_be_stored_now_is_requeued_and_arrives(
    board: Board, broker: Broker, apis: dict[str, Api]
) -> None:
    """And what is deleted by one press more is gone."""
    title = unique("late")
    task_id = given_up(broker, title)

    board.letters(title).locator("[data-act=requeue]").click()

    expect(board.arrived(title)).to_have_count(1)
    assert title == apis["flask"].stored(task_id)["title"]
    given_up(broker, unique("gone"))
    expect(board.page.locator("#dead-count")).to_have_text("1")
    board.page.click("#purge-all")
    board.page.get_by_text("Sure?").click()
    expect(board.page.locator("#dead-count")).to_have_text("0")


def test_a_worker_that_is_killed_turns_red_and_its_messages_are_ready_again(
    board: Board, shot: Callable[[Page, str], None]
) -> None:
    """Nobody is told: the broker notices the broken connection, and gives them to whoever comes next."""
    red = re.compile("down|back")
    board.worker("asyncworker", "stop")
    expect(board.part("asyncworker")).to_have_attribute("data-state", "down")
    # The first one it takes alone; after it, it takes all that there are.
    board.send("flask", 1, "Feed the cat")
    wait_until(lambda: board.page.locator("#list li a").count() >= 1, 20, "the first is stored")
    board.send("flask", 10, held := f"Bake a cake {unique()[-4:]}", io_ms=1500)
    wait_until(lambda: board.figure("unacked") >= 5, 20, "the worker holds messages")

    board.worker("pyworker", "kill")

    expect(board.part("pyworker")).to_have_attribute("data-state", red)
    wait_until(lambda: board.figure("ready") >= 5, 20, "its messages are ready again")
    shot(board.page, "board-killed")
    expect(board.part("pyworker")).to_have_attribute("data-state", "ready")
    board.worker("asyncworker", "start")
    expect(board.arrived(held)).to_have_count(10, timeout=60_000)


def test_a_worker_is_frozen_thawed_and_scaled(board: Board) -> None:
    """A frozen one is there, and does not answer."""
    board.worker("pyworker", "freeze")
    expect(board.part("pyworker")).to_have_attribute("data-state", "down")
    board.worker("pyworker", "thaw")
    expect(board.part("pyworker")).to_have_attribute("data-state", "ready")

    board.worker("pyworker", "+")

    expect(board.part("pyworker")).to_contain_text("2 processes", timeout=60_000)
    expect(board.page.locator("[data-worker=pyworker] output")).to_have_text("2")
    board.worker("pyworker", "−")
    expect(board.part("pyworker")).to_contain_text("1 process", timeout=60_000)


def test_the_agent_listens_to_the_board_s_page_only(board: Board) -> None:
    """Not to a page of another site, not to one that lacks the token, not by another name."""
    told = board.evaluate("fetch('/board/settings').then((answer) => answer.json())")["agent"]
    url = f"http://127.0.0.1:{told['port']}"
    good = {"Origin": board.home, "X-Lab-Token": told["token"], "Sec-Fetch-Site": "same-site"}
    bad = (
        {"Origin": "http://evil.example"},
        {"Origin": ""},
        {"X-Lab-Token": "guessed"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    )

    def status(changed: dict[str, str]) -> int:
        return httpx.post(
            f"{url}/workers/pyworker/thaw", headers={**good, **changed}, json={}, trust_env=False
        ).status_code

    assert 200 == status({})
    assert [403] * len(bad) == [status(changed) for changed in bad]


def test_the_board_does_nothing_for_other_sites(board: Board) -> None:
    """What deletes or poisons asks for a header that only its own page can send."""
    url = f"{board.home.replace('localhost', '127.0.0.1')}/board/poison"
    answers = [
        httpx.post(url, json={"kind": "text"}, headers=headers, trust_env=False).status_code
        for headers in (
            {},
            {"X-Lab": "board", "Origin": "http://evil.example"},
            {"X-Lab": "board", "Sec-Fetch-Site": "cross-site"},
        )
    ]
    assert [403] * 3 == answers
