"""How the lab logs: JSON, one line an event, with the ids that let one task be followed with grep."""

from typing import Any

FORMAT = "{levelname}{name}{message}{process}"
NAMES = {"levelname": "level", "name": "logger", "message": "event"}


def logging_config(service: str, level: str) -> dict[str, Any]:
    """A configuration for ``logging.config.dictConfig``: every event to standard error, as one line of JSON."""
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
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {
            # pika tells every reconnect at length; the broker modules say it in one line.
            "pika": {"level": "CRITICAL"},
            "pymongo": {"level": "WARNING"},
            # The servers' own events in the same form; uvicorn's worker takes over the handlers of gunicorn's.
            "gunicorn.error": {"handlers": ["stderr"], "propagate": False},
        },
    }
