"""Keyboard, screen readers, colours, a telephone; and the lessons."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.board import Board
from tests.support.api import unique

SERIOUS = {"serious", "critical"}
PHONE = (390, 844)
FOCUSED = "document.activeElement.dataset.to + document.activeElement.dataset.count"


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody out."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in SERIOUS]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_the_board(
    opened: Callable[..., Board], scheme: str, shot: Callable[[Page, str], None]
) -> None:
    """With tasks on the page, and with the passport open."""
    board = opened(scheme=scheme).live()
    board.send("flask", 10, title := f"Water the plants {unique()[-4:]}")
    expect(board.arrived(title)).to_have_count(10)
    board.send("async", 10, "Water the plants #home")
    board.page.wait_for_timeout(1200)
    if scheme == "dark":
        shot(board.page, "board-dark")

    assert [] == serious(board.page)
    board.arrived(title).first.locator("a").click()
    expect(board.page.locator("#passport-state")).to_have_text("Stored")
    assert [] == serious(board.page)


@pytest.mark.parametrize("path", ["/lessons/", "/lessons/01-one-task/"])
def test_a_lesson_is_read_in_the_browser(opened: Callable[..., Board], path: str) -> None:
    """With the next command to type, and the lessons there are."""
    page = opened(path).page

    expect(page.locator("#next")).to_contain_text("./lab")
    expect(page.locator("#marks a").first).to_be_visible()
    expect(page.locator("article h1")).to_have_count(1)
    assert [] == serious(page)


def test_a_lesson_leads_to_the_files_it_names_and_to_itself_in_another_language(opened: Callable[..., Board]) -> None:
    """And back: each is a page of the board."""
    page = opened("/lessons/05-first-consumer/", everything=False).page
    page.click("article a[href='/board/source/app/consumer.py']")
    expect(page.locator("article pre")).to_contain_text("class Consumer")
    assert [] == serious(page)
    page.go_back()

    page.click("article .languages a[lang=ru]")

    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.locator("article h1")).to_contain_text("потребитель")
    assert [] == serious(page)


def test_a_task_is_sent_with_the_keyboard_alone(board: Board) -> None:
    """Tab leads to every button, and Enter presses it."""
    board.page.fill("#title", title := unique("keys"))
    board.page.focus("#title")
    for _ in range(3):
        board.page.keyboard.press("Tab")
    assert "flask1" == board.evaluate(FOCUSED)

    board.page.keyboard.press("Enter")

    expect(board.arrived(title)).to_have_count(1)


def test_a_telephone_shows_all_of_it(opened: Callable[..., Board], shot: Callable[[Page, str], None]) -> None:
    """Drawn upright, and nothing stands out to the side."""
    board = opened(size=PHONE).live()
    expect(board.page.locator("#picture svg")).to_have_class("tall")
    board.send("async", 1, title := f"Call home {unique()[-4:]}")
    expect(board.arrived(title)).to_have_count(1)
    board.evaluate("window.scrollTo(0, 0)")
    assert board.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shot(board.page, "board-phone")


def test_a_projector_shows_the_drawing_and_the_buttons_without_scrolling(board: Board) -> None:
    """1280 by 720."""
    for name in ("#picture", "#send-form", "#controls", "#charts"):
        box = board.page.locator(name).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720, name


def test_who_wants_no_motion_sees_the_numbers_only(opened: Callable[..., Board]) -> None:
    """As the system's settings say."""
    board = opened(motion="reduce").live()
    board.send("flask", 10, title := unique("still"))
    expect(board.arrived(title)).to_have_count(10)
    assert 0 == board.page.locator("#picture .message").count()


def test_dark_and_light_can_be_changed_and_are_kept(board: Board) -> None:
    """Whatever the system wants."""
    board.page.click("#theme")
    assert "dark" == board.evaluate("document.documentElement.dataset.theme")
    board.page.reload()
    assert "dark" == board.evaluate("document.documentElement.dataset.theme")
