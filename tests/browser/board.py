"""The board's page as a person uses it."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, expect

SIDES = ("flask", "async")
WATCH = """([name, state]) => {
  window.snapshots = [];
  window.shown = null;
  const part = document.querySelector(`#picture g[data-part=${name}]`);
  const look = () => { if (part.dataset.state === state) window.shown ??= window.snapshots.length; };
  new MutationObserver(look).observe(part, { attributes: true, attributeFilter: ["data-state"] });
}"""
NOT_LOADED = "Failed to load resource"
CHANGED = "net::ERR_NETWORK_CHANGED"
"""The browser breaks off what it loads when this computer's network changes, as when somebody starts a container."""


@dataclass
class Board:
    """One visit to the board."""

    page: Page
    home: str
    errors: list[str] = field(default_factory=list)
    """What the browser's console has called an error."""

    def __post_init__(self) -> None:
        self.broken_off = 0
        self.passed_over = CHANGED
        self.page.on("requestfailed", lambda request: self._failed(str(request.failure)))
        self.page.on("console", lambda message: self._said(message.type, message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and CHANGED not in text and self.passed_over not in text:
            self.errors.append(text)

    def goes_without(self) -> None:
        """Something does not answer in this visit, as the test will have it: the browser calls that an error."""
        self.passed_over = NOT_LOADED
        self.errors[:] = [one for one in self.errors if NOT_LOADED not in one]

    def _failed(self, why: str) -> None:
        self.broken_off += CHANGED in why

    def go(self, path: str) -> None:
        """Load an address, to the end."""
        loaded = False
        while not loaded:
            before = self.broken_off
            self.page.goto(self.home + path)
            loaded = self.broken_off == before

    def live(self) -> "Board":
        """The same, once the first snapshot is there."""
        expect(self.page.locator("#pulse")).to_have_attribute("data-state", "live")
        expect(self.part("mongo")).to_have_attribute("data-state", "ready")
        return self

    def part(self, name: str) -> Locator:
        """A part of the drawing."""
        return self.page.locator(f"#picture g[data-part={name}]")

    def figure(self, name: str) -> int:
        """How many messages the drawing says are ready, or unacked."""
        return int((self.page.locator(f"[data-figure={name}]").text_content() or "0").replace(",", ""))

    def send(self, side: str, count: int, title: str = "", io_ms: int = 0) -> None:
        """Press the button that sends that many."""
        if title:
            self.page.fill("#title", title)
        self.page.fill("#io", str(io_ms))
        self.page.click(f"[data-to={side}][data-count='{count}']")

    def arrived(self, title: str) -> Locator:
        """The lines of the list with this title."""
        return self.page.locator("#list li", has_text=title)

    def worker(self, name: str, action: str) -> None:
        """Press one of a worker's buttons, and wait until the agent has said what it did."""
        said = self.page.locator("#agent")
        button = self.page.locator(f"[data-worker={name}] [data-action='{action}']")
        expect(button).to_be_enabled()
        with self.page.expect_response(
            lambda answer: f"/workers/{name}/" in answer.url and answer.request.method == "POST"
        ) as told:
            button.click()
        assert told.value.ok, told.value.text()
        expect(said).not_to_contain_text("…")

    def watch(self, name: str, state: str) -> None:
        """From now on the page notes when a part is first shown in this state."""
        self.page.evaluate(WATCH, [name, state])

    def is_shown(self) -> bool:
        """Whether it was."""
        return bool(self.page.evaluate("window.shown !== null"))

    def snapshots_until_shown(self, since: float) -> list[float]:
        """How many seconds after ``since``, a time of this computer, each snapshot was made, up to the one that shows
        it so."""
        made = self.page.evaluate("window.snapshots.slice(0, window.shown)")
        return [at - since for at in made if at >= since]

    def letters(self, text: str) -> Locator:
        """The dead letters that are shown with this text."""
        return self.page.locator("#letters li", has_text=text)

    def evaluate(self, script: str) -> Any:
        """What a script of the test's own finds in the page."""
        return self.page.evaluate(script)
