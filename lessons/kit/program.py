"""The student's programs: run as the student would run them, watched, and ended whatever they do."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lessons.kit.verdict import NotYet
from lessons.kit.waiting import until

LAST_LINES = 6
STARTS_WITHIN = 10.0
ENDS_WITHIN = 10.0


@dataclass(frozen=True)
class Ended:
    """How a program has ended."""

    code: int
    printed: str
    said: str
    """What it wrote to standard error."""

    @property
    def last(self) -> str:
        """Its last words, for a person."""
        lines = (self.said or self.printed).strip().splitlines()[-LAST_LINES:]
        return "\n".join(lines) or "nothing"


def finish(
    folder: Path, file: str, arguments: Sequence[str], environ: Mapping[str, str], within: float = ENDS_WITHIN
) -> Ended:
    """Runs a program to its end; NotYet where that does not come in time."""
    try:
        done = subprocess.run(
            _command(file, arguments),
            cwd=folder, env=_environ(environ), capture_output=True, text=True, timeout=within, check=False,
            stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NotYet(f"{file} ends within {within:g} s", "it still runs") from error
    return Ended(done.returncode, done.stdout, done.stderr)


@dataclass
class Running:
    """A program that runs until it is ended."""

    file: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def runs(self) -> bool:
        """Whether it has not ended by itself."""
        return self.process.poll() is None

    def said(self) -> str:
        """Everything that it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """As the kernel ends what takes too much memory: at once, without a word."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Asked to stop, and killed where it does not."""
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def must_run(self) -> None:
        """NotYet, with its last words, where it has ended."""
        if not self.runs:
            words = Ended(self.process.returncode, self.said(), "").last
            raise NotYet(f"{self.file} goes on running", f"it has ended with {self.process.returncode}:\n{words}")

    def _signal(self, number: int) -> None:
        if self.runs:
            # Its own children too: a session of its own was made for them.
            os.killpg(self.process.pid, number) if hasattr(os, "killpg") else self.process.send_signal(number)


@contextmanager
def running(
    folder: Path, file: str, arguments: Sequence[str], environ: Mapping[str, str], log: Path
) -> Iterator[Running]:
    """A program, while the block lasts."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            _command(file, arguments), cwd=folder, env=_environ(environ), stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    started = Running(file, process, log)
    try:
        yield started
    finally:
        started.end()


def wait_until(
    program: Running, look: Callable[[], object], expected: str, seconds: float = STARTS_WITHIN, hop: str = ""
) -> None:
    """Returns when ``look`` holds; NotYet where the program ends before, or the time is over."""
    found = until(lambda: not program.runs or look(), seconds)
    program.must_run()
    if not found:
        raise NotYet(expected, f"not within {seconds:g} s", hop)


def _command(file: str, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, file, *arguments]


def _environ(own: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **own, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
