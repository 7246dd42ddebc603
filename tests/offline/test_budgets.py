"""The core lab on a laptop of 4 GB: what it takes, held against what docs/teaching.md promises a room."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.config import ROOT
from tests.offline.conftest import PATIENCE, Class
from tests.offline.namespace import Namespace
from tests.offline.student import Student

pytestmark = pytest.mark.timeout(PATIENCE)
PAGE = ROOT / "docs" / "teaching.md"
ROW = r"^\| {what} \| (?P<budget>[\d,]+) (?P<unit>MB|s) \| (?P<measured>[\d,]+) (?P=unit) \|"
MB = 1_000_000
TASKS = "3000"
POLL = 0.5
LIKE = 1.6
"""A figure on the page and one that is measured now differ by less than this factor."""


def promised(what: str) -> tuple[int, int]:
    """The budget and the figure that the page's table has for it."""
    found = re.search(ROW.format(what=re.escape(what)), PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"docs/teaching.md has no row for: {what}"
    return int(found["budget"].replace(",", "")), int(found["measured"].replace(",", ""))


def holds(what: str, measured: int) -> None:
    """Within the budget, and about what the page says."""
    budget, before = promised(what)
    assert measured <= budget, f"{what}: {measured}, and the budget is {budget}"
    assert before / LIKE < measured < before * LIKE, f"{what}: {measured}, and the page says {before}"


@contextmanager
def watched(net: Namespace) -> Iterator[list[int]]:
    """The memory of everything in the namespace, looked at again and again while the block lasts."""
    seen: list[int] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(POLL):
            seen.append(net.memory())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def test_an_idle_lab_leaves_room_for_a_browser(lesson: Class) -> None:
    """On a computer that has 4 GB for everything."""
    holds("memory, the lab just started", lesson.memory // MB)


def test_a_lesson_s_load_does_too(ada: Student) -> None:
    """More tasks than any lesson sends; the most that was taken at any moment, with the command that sends them."""
    with watched(ada.net) as seen:
        sent = ada.lab("send", TASKS)
        assert 0 == sent.code, sent.text
        ledger = ada.lab("ledger")
        assert 0 == ledger.code, ledger.text
    holds("memory, under a lesson's load", max(seen) // MB)


def test_it_is_ready_soon(lesson: Class) -> None:
    """As the command itself says: the bound is for a computer that is busy with other things."""
    said = re.search(r"ready after ([\d.]+) s", lesson.up.text)
    assert said, lesson.up.text
    assert float(said[1]) <= promised("the first start, after installing")[0]


def test_the_disk_has_room_for_it(ada: Student) -> None:
    """The checkout with all that was installed into it."""
    holds("disk, a student's checkout", size(ada.checkout) // MB)


def size(folder: Path) -> int:
    """The bytes of every file in it that stays."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.lstat().st_blocks * 512 for path in files)


def test_what_both_servers_may_take_is_bounded(ada: Student) -> None:
    """Half the computer's memory would be theirs otherwise: mongod's cache, and the broker's alarm."""
    rabbit = (ada.checkout / ".lab" / "rabbitmq" / "rabbitmq.conf").read_text(encoding="utf-8")
    mongod = next(one for one in ada.net.processes() if one.name() == "mongod").cmdline()
    assert "vm_memory_high_watermark.absolute = " in rabbit
    assert "0.25" == mongod[mongod.index("--wiredTigerCacheSizeGB") + 1]
