"""How the lab logs: JSON, one line an event, with the ids that let one task be followed with grep."""

from collections.abc import Iterator
from typing import Any

FORMAT = "{levelname}{name}{message}{process}"
NAMES = {"levelname": "level", "name": "logger", "message": "event"}
PIECE = 4096
"""So many bytes Linux writes to a pipe in one go, whoever else writes to it (pipe(7), PIPE_BUF)."""


def logging_config(service: str, level: str, handler: str) -> dict[str, Any]:
    """A configuration for ``logging.config.dictConfig``: every event as one line of JSON, to standard error.

    ``handler``: the name of the class that writes them.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.msgspec.MsgspecFormatter",
                "fmt": FORMAT,
                "style": "{",
                "rename_fields": NAMES,
                "timestamp": "time",
                "static_fields": {"service": service},
            }
        },
        "handlers": {"stderr": {"class": handler, "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {
            # pika tells every reconnect at length; the broker modules say it in one line.
            "pika": {"level": "CRITICAL"},
            "pymongo": {"level": "WARNING"},
            # OpenTelemetry tells every span it drops; telemetry.py says once that there is no collector.
            "opentelemetry": {"level": "CRITICAL"},
            # The servers' own events in the same form; uvicorn's worker takes over the handlers of gunicorn's.
            "gunicorn.error": {"handlers": ["stderr"], "propagate": False},
        },
    }


def pieces(lines: list[str]) -> Iterator[str]:
    """The same text in as few pieces as can be of whole lines and up to PIECE bytes; a longer line is one."""
    piece, size = "", 0
    for line in lines:
        length = len(line.encode())
        if piece and size + length > PIECE:
            yield piece
            piece, size = "", 0
        piece += line
        size += length
    if piece:
        yield piece
