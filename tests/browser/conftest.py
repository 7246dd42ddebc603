"""A browser, and the board with its agent. After each test the page has had no error and broken no policy."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cli import packages
from cli.agent import process
from cli.config import load
from tests.browser.board import Board
from tests.support.serving import wait_until_everything_is_ready
from tests.support.stack import Stack

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PROJECTOR = (1280, 720)
PATIENCE_MS = 20_000
LISTEN = """
window.broken = [];
window.snapshots = [];
window.EventSource = class extends EventSource {
  constructor(...address) {
    super(...address);
    // Before the page's own listener: when a snapshot was made, by the clock of this computer.
    this.addEventListener("message", (event) => window.snapshots.push(JSON.parse(event.data).at));
  }
};
document.addEventListener("securitypolicyviolation", (event) => {
  window.broken.push(event.violatedDirective + " " + event.blockedURI);
});
"""
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, or another one that is there, without a window."""
    path = packages.browser()
    assert path, "there is no browser: run these tests with ./lab test browser"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield made
        made.close()


@pytest.fixture(scope="session")
def _agent(stack: Stack) -> Iterator[None]:
    """``./lab up`` in a lab that is up starts the agent, and nothing else."""
    stack.lab("up")
    stack.refresh()
    yield
    process.stop(load())


@pytest.fixture
def opened(browser: Browser, stack: Stack, _agent: None) -> Iterator[Callable[..., Board]]:
    """Opens the board at an address, as one who has never been there; each opening is a new visit."""
    # "localhost", as people type it: the agent answers to that and to 127.0.0.1.
    home = stack.addresses["http"].replace("127.0.0.1", "localhost")
    visits: list[Board] = []

    def visit(
        path: str = "/",
        size: tuple[int, int] = PROJECTOR,
        scheme: str = "light",
        motion: str = "no-preference",
        everything: bool = True,
    ) -> Board:
        if everything:
            wait_until_everything_is_ready(stack)
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion=motion,  # type: ignore[arg-type]
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(LISTEN)
        board = Board(page, home)
        visits.append(board)
        board.go(path)
        return board

    yield visit
    for board in visits:
        broken = board.page.evaluate("window.broken")
        board.page.context.close()
        assert [] == broken
        assert [] == board.errors


@pytest.fixture
def board(opened: Callable[..., Board]) -> Board:
    """The board as a projector shows it, with its first snapshot there."""
    return opened().live()


@pytest.fixture
def shot(stack: Stack) -> Callable[[Page, str], None]:
    """Keeps what the page looks like: in the lab's folder, or where ``LAB_SCREENSHOTS`` says, for the README."""
    folder = Path(os.environ.get("LAB_SCREENSHOTS") or Path(stack.status["state_dir"], "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return lambda page, name: page.screenshot(path=folder / f"{name}.png") and None
