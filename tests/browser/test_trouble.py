"""Trouble, as the board shows it: a part that is down, a queue that grows, a broker that takes nothing."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from cli import ways
from cli.compose import ComposeStack
from cli.config import load
from cli.native import NativeStack
from drills.stage import beside_the_broker
from tests.browser.board import Board
from tests.support.api import unique
from tests.support.stack import Stack
from tests.support.waiting import wait_until

WORKERS = ("pyworker", "asyncworker")
SNAPSHOTS = 4
"""A part is asked with every third snapshot, and has a second to answer. So the worst moment to go down is while one is
made, after its answer: three more come, the last of them a second late. On a quiet computer these are three seconds."""
WATERMARK = "set_vm_memory_high_watermark"


@contextmanager
def frozen(stack: Stack, service: str) -> Iterator[float]:
    """Every process of a service is stopped while the block lasts; when that was."""
    pids = stack.pids(service, "any")
    since = time.time()
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield since
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("service", "part"),
    [("flask", "flask"), ("asyncapp", "asyncapp"), ("pyworker", "pyworker"), ("mongo", "mongo"), ("rabbitmq", "queue")],
)
def test_a_part_that_does_not_answer_is_shown_to_be_down_within_three_seconds(
    board: Board, stack: Stack, service: str, part: str
) -> None:
    """Counted in snapshots, which are sent late where the computer is busy; and it is shown to be well again."""
    board.watch(part, "down")

    with frozen(stack, service) as since:
        wait_until(board.is_shown, 30, f"{part} is shown to be down")

    made = board.snapshots_until_shown(since)
    print(f"{part}: {len(made)} snapshots, the last made after {made[-1]:.1f} s")
    assert 1 <= len(made) <= SNAPSHOTS, made
    expect(board.part(part)).to_have_attribute("data-state", "ready", timeout=60_000)


def test_a_queue_that_grows_is_shown_to_grow_until_somebody_consumes(board: Board) -> None:
    """More wait with every look, and the drawing says so; then it empties."""
    for worker in WORKERS:
        board.worker(worker, "stop")
        expect(board.part(worker)).to_have_attribute("data-state", "down")
    board.watch("queue", "growing")

    board.send("flask", 1000, unique("grows"))

    wait_until(board.is_shown, 60, "the queue is shown to grow")
    expect(board.page.locator("#sent")).to_contain_text("1000 accepted", timeout=120_000)
    wait_until(lambda: board.figure("ready") == 1000, 30, "all that was accepted waits")
    expect(board.part("queue")).to_have_attribute("data-state", "ready")
    for worker in WORKERS:
        board.worker(worker, "start")
    wait_until(lambda: board.figure("ready") == 0, 60, "the queue is empty again")


def test_a_broker_that_is_short_of_memory_is_shown_to_be_blocked(board: Board, opened: Callable[..., Board]) -> None:
    """With the reason, in the drawing and in words; what is sent meanwhile is refused. Then it is well again."""
    lab = load()
    running = ways.running(lab)
    assert isinstance(running, NativeStack | ComposeStack)
    board.goes_without()
    board.watch("queue", "blocked")
    try:
        beside_the_broker(lab, running, ["rabbitmqctl", WATERMARK, "0"])
        wait_until(board.is_shown, 60, "the broker is shown to be blocked")
        expect(board.part("queue")).to_contain_text("memory")
        expect(board.page.locator("#words [data-part=queue]")).to_contain_text("blocked")
        board.send("flask", 1, unique("blocked"))
        expect(board.page.locator("#sent")).to_contain_text("0 accepted", timeout=60_000)
    finally:
        beside_the_broker(lab, running, ["rabbitmqctl", WATERMARK, "0.6"])
    expect(board.part("queue")).to_have_attribute("data-state", "ready", timeout=60_000)
