"""Lines that come soon after each other are written together, and none is lost."""

import errno
import io
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import wait_until
from tests.unit.services.twins import Twin

WITHIN = 5.0


class Broken(io.StringIO):
    """A stream that nothing can be written to, until it is mended."""

    is_broken = True

    def write(self, text: str) -> int:
        """As on a full disk."""
        if self.is_broken:
            raise OSError(errno.ENOSPC, "no space left")
        return super().write(text)


class Log:
    """A logger with a twin's handler that writes to a file."""

    def __init__(self, handler: Any, path: Path) -> None:
        self.handler = handler
        self._path = path
        self._logger = logging.Logger("services")
        self._logger.addHandler(handler)

    def say(self, level: int, *texts: object) -> None:
        """One line each."""
        for text in texts:
            self._logger.log(level, text)

    def written(self) -> list[str]:
        """The lines that have left the process."""
        return self._path.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def log(twin: Twin, tmp_path: Path) -> Iterator[Log]:
    """A log of a test's own."""
    path = tmp_path / "log"
    with path.open("a", encoding="utf-8") as stream:
        made = Log(twin.module("logs").GatheringHandler(stream), path)
        yield made
        made.handler.close()


def test_a_line_is_written_soon(log: Log) -> None:
    """Also where no other follows."""
    log.say(logging.INFO, "alone")
    wait_until(lambda: log.written() == ["alone"], WITHIN, "the line is written")


def test_lines_are_written_in_their_order(log: Log) -> None:
    """And each once, over several writes."""
    wanted = [f"line {number}" for number in range(300)]
    for line in wanted:
        log.say(logging.INFO, line)
    wait_until(lambda: len(log.written()) >= len(wanted), WITHIN, "the lines are written")
    log.say(logging.INFO, "one more")
    wait_until(lambda: len(log.written()) > len(wanted), WITHIN, "one more is written")
    assert [*wanted, "one more"] == log.written()


def test_a_warning_is_written_at_once_and_all_before_it(log: Log) -> None:
    """A process may be killed right after it."""
    log.say(logging.INFO, "first")
    log.say(logging.WARNING, "second")
    assert ["first", "second"] == log.written()


def test_what_is_left_is_written_at_the_end(log: Log) -> None:
    """Python closes the handlers when it ends."""
    log.say(logging.INFO, "last words")
    log.handler.close()
    assert ["last words"] == log.written()


def test_a_child_writes_its_own_lines_and_no_others(log: Log) -> None:
    """gunicorn's master has logged, and forks before that is written."""
    log.say(logging.INFO, "of the parent")
    child = os.fork()
    if child == 0:
        log.say(logging.INFO, "of the child")
        log.handler.flush()
        os._exit(0)
    os.waitpid(child, 0)
    log.handler.flush()
    assert ["of the child", "of the parent"] == sorted(log.written())


def test_a_line_that_cannot_be_made_stops_no_request(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, and the next one is written."""
    told: list[logging.LogRecord] = []
    monkeypatch.setattr(log.handler, "handleError", told.append)

    class Unspeakable:
        def __str__(self) -> str:
            raise ValueError("no words")

    log.say(logging.WARNING, Unspeakable())
    log.say(logging.WARNING, "next")
    assert (1, ["next"]) == (len(told), log.written())


def test_a_log_that_cannot_be_written_stops_no_request_and_goes_on_later(twin: Twin) -> None:
    """Nor is what could not be written kept: it would fill the memory."""
    stream = Broken()
    logger = logging.Logger("services")
    logger.addHandler(twin.module("logs").GatheringHandler(stream))
    logger.warning("lost")
    logger.info("lost as well")
    wait_until(lambda: not logger.handlers[0]._lines._due.is_set(), WITHIN, "it has tried")  # type: ignore[attr-defined]
    logger.handlers[0].flush()
    stream.is_broken = False
    logger.info("written")
    wait_until(lambda: stream.getvalue() == "written\n", WITHIN, "the next line is written")
    logger.handlers[0].close()
