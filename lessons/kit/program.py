"""The student's programs: run as the student would run them, watched, and ended whatever they do."""

import os
import re
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
TRACE = "Traceback (most recent call last)"
FRAME = re.compile(r'\s+File "(?P<path>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)')
LIBRARY = re.compile(r"site-packages|dist-packages|[/\\]lib(64)?[/\\]python3|^<")
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
        return last_words(self.said or self.printed)


def finish(
    folder: Path, file: str, arguments: Sequence[str], told: Mapping[str, str], within: float = ENDS_WITHIN
) -> Ended:
    """Runs a program to its end; NotYet where that does not come in time."""
    try:
        done = subprocess.run(
            _command(file, arguments),
            cwd=folder, env=environ(told), capture_output=True, text=True, timeout=within, check=False,
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

    @property
    def last(self) -> str:
        """Its last words, for a person."""
        return last_words(self.said())

    def kill(self) -> None:
        """As the kernel ends what takes too much memory: at once, without a word."""
        if os.name == "nt":
            self.process.kill()
        else:
            self._signal(signal.SIGKILL)
        self.process.wait()

    def ask_to_stop(self) -> None:
        """As whoever watches over a process does it: a signal that it can hear, and then it may finish."""
        # Windows ends a process at once at SIGTERM; Ctrl-Break is what one can hear there.
        self._signal(signal.SIGTERM if os.name != "nt" else signal.CTRL_BREAK_EVENT)  # type: ignore[attr-defined]

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
            raise NotYet(f"{self.file} goes on running", f"it has ended with {self.process.returncode}:\n{self.last}")

    def _signal(self, number: int) -> None:
        if self.runs:
            # Its own children too: a session of its own was made for them.
            os.killpg(self.process.pid, number) if hasattr(os, "killpg") else self.process.send_signal(number)


@contextmanager
def running(folder: Path, file: str, arguments: Sequence[str], told: Mapping[str, str], log: Path) -> Iterator[Running]:
    """A program, while the block lasts."""
    with started(folder, file, _command(file, arguments), told, log) as program:
        yield program


@contextmanager
def started(folder: Path, name: str, command: Sequence[str], told: Mapping[str, str], log: Path) -> Iterator[Running]:
    """A program in whatever language, started by this command, while the block lasts."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environ(told), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True, creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )  # fmt: skip
    program = Running(name, process, log)
    try:
        yield program
    finally:
        program.end()


def wait_until(
    program: Running, look: Callable[[], object], expected: str, seconds: float = STARTS_WITHIN, hop: str = ""
) -> None:
    """Returns when ``look`` holds; NotYet where the program ends before, or the time is over."""
    found = until(lambda: not program.runs or look(), seconds)
    program.must_run()
    if not found:
        raise NotYet(expected, f"not within {seconds:g} s", hop)


def last_words(text: str) -> str:
    """The end of what a program has printed; of a stack trace only the error, and the student's own line in it."""
    begin = text.rfind(TRACE)
    if begin < 0:
        return "\n".join(text.strip().splitlines()[-LAST_LINES:]) or "nothing"
    trace = text[begin:].splitlines()[1:]
    error = [line for line in trace if line and not line.startswith((" ", "\t"))][:LAST_LINES]
    own = [found for line in trace if (found := FRAME.match(line)) and not LIBRARY.search(found["path"])]
    where = [f"in {Path(own[-1]['path']).name}, line {own[-1]['line']}, {own[-1]['function']}"] if own else []
    return "\n".join([*error, *where]) or "nothing"


def _command(file: str, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, file, *arguments]


def environ(own: Mapping[str, str]) -> dict[str, str]:
    """What a program finds in its environment: ours, and what it is told."""
    return {**os.environ, **own, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
