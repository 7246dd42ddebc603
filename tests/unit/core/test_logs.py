"""How the lab logs."""

import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest

from core.logs import PIECE, logging_config, pieces

HANDLER = "logging.StreamHandler"

Lines = pytest.CaptureFixture[str]


@pytest.fixture
def lines(capsys: Lines) -> Iterator[Lines]:
    """What is written to standard error, with the logging of the test run put back afterwards."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    others = {name: logging.getLogger(name).level for name in ("pika", "pymongo", "opentelemetry")}
    yield capsys
    root.setLevel(level)
    root.handlers[:] = handlers
    for name, before in others.items():
        logging.getLogger(name).setLevel(before)


def events(written: Lines) -> list[dict[str, Any]]:
    """The events, each from a line of its own."""
    return [json.loads(line) for line in written.readouterr().err.splitlines()]


def test_an_event_is_one_line_of_json(lines: Lines) -> None:
    """Also where it tells of an exception, or of text with line feeds."""
    logging.config.dictConfig(logging_config("flask", "info", HANDLER))
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("app.api").exception("it\nfailed")
    assert ["it\nfailed"] == [event["event"] for event in events(lines)]


def test_an_event_says_when_who_and_what(lines: Lines) -> None:
    """And which process, since there are several."""
    logging.config.dictConfig(logging_config("flask", "info", HANDLER))
    logging.getLogger("app.api").info("task accepted")
    event = events(lines)[0]
    assert {"event": "task accepted", "level": "INFO", "logger": "app.api", "service": "flask"}.items() <= event.items()
    assert {"time", "process"} <= event.keys()


def test_ids_stand_in_the_event_as_members(lines: Lines) -> None:
    """So that one task can be followed with grep."""
    logging.config.dictConfig(logging_config("flask", "info", HANDLER))
    logging.getLogger("x").info("task accepted", extra={"task_id": "t7", "request_id": "r7"})
    assert {"task_id": "t7", "request_id": "r7"}.items() <= events(lines)[0].items()


def test_what_json_does_not_know_is_still_logged(lines: Lines) -> None:
    """Headers of a message can hold anything; a log line must never be the error."""
    logging.config.dictConfig(logging_config("flask", "info", HANDLER))
    logging.getLogger("x").info("not stored", extra={"header": {"when": object(), "raw": b"\xff", "n": 2**70}})
    assert ["not stored"] == [event["event"] for event in events(lines)]


@pytest.mark.parametrize(("level", "count"), [("debug", 2), ("info", 1), ("error", 0)])
def test_the_level_decides_what_is_written(lines: Lines, level: str, count: int) -> None:
    """LOG_LEVEL in the settings."""
    logging.config.dictConfig(logging_config("flask", level, HANDLER))
    logging.getLogger("x").debug("detail")
    logging.getLogger("x").info("event")
    assert count == len(events(lines))


def test_the_client_library_of_the_broker_is_quiet(lines: Lines) -> None:
    """It tells every reconnect at length; the broker modules say it in one line."""
    logging.config.dictConfig(logging_config("flask", "debug", HANDLER))
    logging.getLogger("pika.adapters").error("AMQPConnector - reporting failure")
    assert [] == events(lines)


def test_loggers_made_before_go_on(lines: Lines) -> None:
    """Modules make theirs at import, before the configuration."""
    early = logging.getLogger("early")
    logging.config.dictConfig(logging_config("flask", "info", HANDLER))
    early.warning("still here")
    assert ["still here"] == [event["event"] for event in events(lines)]


def test_lines_are_written_whole() -> None:
    """Several processes write to one pipe, and what is longer than a piece could be torn apart."""
    some = [f"{number:0>{PIECE // 3}}\n" for number in range(5)]
    found = list(pieces(some))
    assert [2, 2, 1] == [piece.count("\n") for piece in found]
    assert "".join(some) == "".join(found)


def test_a_long_line_is_a_piece_of_its_own() -> None:
    """It cannot be made shorter."""
    long = "x" * PIECE + "\n"
    assert ["a\n", long, "b\n"] == list(pieces(["a\n", long, "b\n"]))


def test_nothing_is_no_piece() -> None:
    """And nothing is written."""
    assert [] == list(pieces([]))
