"""Reading log files: the last lines, and lines as they come, across supervisord's rotation."""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

POLL = 0.2
BLOCK = 64 * 1024


def last_lines(path: Path, count: int) -> list[str]:
    """At most ``count`` lines from the end of the file, none where there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            data = b""
            while size and data.count(b"\n") <= count:
                step = min(BLOCK, size)
                size = file.seek(size - step)
                data = file.read(step) + data
    except OSError:
        return []
    return data.decode(errors="replace").splitlines()[-count:] if count else []


def follow(files: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    """The label and each line that is added to one of ``files``, for ever."""
    readers = {label: Reader(path) for label, path in files.items()}
    while True:
        begun = time.monotonic()
        for label, reader in readers.items():
            for line in reader.lines():
                yield label, line
        time.sleep(max(0.0, POLL - (time.monotonic() - begun)))


class Reader:
    """Reads a growing file from its present end; begins anew when another file takes its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: IO[bytes] | None = None
        self.rest = b""
        self._open(at_end=True)

    def close(self) -> None:
        """The file is not held any longer."""
        if self.file:
            self.file.close()

    def lines(self) -> Iterator[str]:
        """The whole lines that have come since the last call."""
        yield from self._read()
        if self._replaced():
            self._open(at_end=False)
            yield from self._read()

    def _read(self) -> Iterator[str]:
        if self.file is None:
            return
        *whole, self.rest = (self.rest + self.file.read()).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")

    def _replaced(self) -> bool:
        try:
            now = self.path.stat()
        except OSError:
            return False
        if self.file is None:
            return True
        then = os.fstat(self.file.fileno())
        return (now.st_dev, now.st_ino) != (then.st_dev, then.st_ino) or now.st_size < self.file.tell()

    def _open(self, at_end: bool) -> None:
        self.close()
        self.rest = b""
        try:
            self.file = self.path.open("rb")
        except OSError:
            self.file = None
            return
        if at_end:
            self.file.seek(0, os.SEEK_END)
