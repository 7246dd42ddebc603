"""Writing what is logged: lines that come soon after each other go out together."""

import logging
import os
import time
from threading import Event, Thread
from typing import TextIO

from core.logs import pieces
from core.settings import LIMITS


class GatheringHandler(logging.StreamHandler[TextIO]):
    """Writes lines together, a moment after the first; a warning and all before it at once.

    A write of its own for each line costs a request more than all else that is logged, because it gives Python's lock
    away to the other threads. A process that is killed takes the lines of that moment with it.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._lines: list[str]
        self._is_open = True
        self._begin()
        # The lines of a process are not written again by its child, which has no thread to do so either.
        os.register_at_fork(after_in_child=self._begin)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, and see to it that it is written soon."""
        try:
            self._lines.append(self.format(record) + self.terminator)
        except Exception:  # noqa: BLE001 (as logging's own handlers: a line must never be the error)
            self.handleError(record)
        if record.levelno >= logging.WARNING:
            self.flush()
        elif not self._due.is_set():
            self._due.set()
            self._ensure_writer()

    def flush(self) -> None:
        """Everything that was logged before is written afterwards, or dropped where nothing can be written."""
        self.acquire()
        try:
            lines, self._lines = self._lines, []
            for piece in pieces(lines):
                self.stream.write(piece)
            super().flush()
        except (OSError, ValueError):
            pass  # Its reader is gone, the disk is full, or it is closed: no request may fail for its log.
        finally:
            self.release()

    def close(self) -> None:
        """Write what is left, and end."""
        self.acquire()
        self.flush()
        self._is_open = False
        self.release()
        self._due.set()
        super().close()

    def _begin(self) -> None:
        self._lines = []
        self._due = Event()
        self._writer: Thread | None = None

    def _ensure_writer(self) -> None:
        if self._writer is None:
            self._writer = Thread(target=self._write, name="log", daemon=True)
            self._writer.start()

    def _write(self) -> None:
        while self._due.wait() and self._is_open:
            time.sleep(LIMITS.gather)
            self._due.clear()
            self.flush()


def flush() -> None:
    """Everything that was logged before is written afterwards; for a process that does not end in Python's own way."""
    for handler in logging.getLogger().handlers:
        handler.flush()
