"""Writing what is logged: lines that come soon after each other go out together."""

import logging
from typing import TextIO

from app.gathering import Gathering
from core.logs import pieces


class GatheringHandler(logging.StreamHandler[TextIO]):
    """Writes lines together, a moment after the first; a warning and all before it at once.

    A write of its own for each line costs a request more than all else that is logged, because it gives Python's lock
    away to the other threads. A process that is killed takes the lines of that moment with it.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._lines: Gathering[str] = Gathering("log", self.flush)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, and see to it that it is written soon."""
        try:
            self._lines.add(self.format(record) + self.terminator)
        except Exception:  # noqa: BLE001 (as logging's own handlers: a line must never be the error)
            self.handleError(record)
        if record.levelno >= logging.WARNING:
            self.flush()

    def flush(self) -> None:
        """Everything that was logged before is written afterwards, or dropped where nothing can be written."""
        self.acquire()
        try:
            for piece in pieces(self._lines.take()):
                self.stream.write(piece)
            super().flush()
        except (OSError, ValueError):
            pass  # Its reader is gone, the disk is full, or it is closed: no request may fail for its log.
        finally:
            self.release()

    def close(self) -> None:
        """Write what is left, and end."""
        self.flush()
        self._lines.close()
        super().close()


def flush() -> None:
    """Everything that was logged before is written afterwards; for a process that does not end in Python's own way."""
    for handler in logging.getLogger().handlers:
        handler.flush()
