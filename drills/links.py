"""Links that can be broken: named TCP connections through ``drills.proxy``, and what may be done to them."""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import IO, Any, Self, cast

from drills.proxy import Mode
from drills.toxics import Direction, Flow

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 5.0
"""Seconds that the proxy has to answer and to end."""

PASS = Mode()
"""Everything is forwarded."""
CUT = Mode("cut")
"""The port is closed, so that new connections are refused; existing ones are closed (FIN)."""
RESET = Mode("reset")
"""Existing connections are reset (RST); new ones are accepted and reset at once."""
BLACK_HOLE = Mode("black hole", Flow(held=True), Flow(held=True))
"""Everything stays open and nothing goes on; new connections are accepted, and reach the upstream after the heal."""


def one_way(drop: Direction, lose: bool = False) -> Mode:
    """Bytes of the direction ``drop`` are kept back until the heal; with ``lose`` their connections are closed then."""
    held = Flow(held=True, lose=lose)
    return Mode(requests=held) if drop == "requests" else Mode(answers=held)


def delay(requests_ms: float = 0, answers_ms: float = 0, jitter_ms: float = 0) -> Mode:
    """Each direction is late by its milliseconds, give or take the jitter; connecting is not."""
    requests, answers = (
        Flow(delay=late / 1000, jitter=jitter_ms / 1000 if late else 0.0) for late in (requests_ms, answers_ms)
    )
    return Mode(requests=requests, answers=answers)


def throttle(requests: float = 0, answers: float = 0) -> Mode:
    """Each direction of each connection carries that many bytes per second; 0: no limit."""
    return Mode(requests=Flow(rate=requests), answers=Flow(rate=answers))


def sliced(largest: int) -> Mode:
    """Bytes are written in pieces of 1 to ``largest``, both ways."""
    return Mode(requests=Flow(largest=largest), answers=Flow(largest=largest))


def flapping(up: float, down: float) -> Mode:
    """Forwards for ``up`` seconds, is cut for ``down`` seconds, and so on until the next mode."""
    return Mode("flapping", up=up, down=down)


@dataclass(frozen=True)
class Stats:
    """What is known of a link since it was opened."""

    accepted: int
    """Connections."""
    open: int
    """Connections, now."""
    requests: int
    """Bytes forwarded to the upstream."""
    answers: int
    """Bytes forwarded to the clients."""
    held: int
    """Bytes that were read and not sent on, now."""
    faults: int
    """Connections that a mode closed, reset, or kept bytes of; each counts once a mode."""


class LinkError(Exception):
    """A link did not do what was asked; the message says which, and why."""


class ProxyEnded(LinkError):
    """The proxy's process has ended, or was ended because it did not answer; all links are gone."""


class Links:
    """Links by name, all through one process, which ends with this one. May be used by many threads."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._names: list[str] = []
        self._lock = Lock()
        self._answers: SimpleQueue[str] = SimpleQueue()
        """Lines of the proxy; an empty one when it has ended."""
        self._process: subprocess.Popen[str] | None = None
        self._over = "the proxy is not running: use the links in a with block"

    def __enter__(self) -> Self:
        command, pipe = [sys.executable, "-m", "drills.proxy"], subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, encoding="utf-8")
        self._commands = cast(IO[str], self._process.stdin)
        self._listener = Thread(target=self._listen, args=(self._process.stdout,), name="links", daemon=True)
        self._listener.start()
        return self

    @property
    def pid(self) -> int:
        """The proxy's process; 0 where there is none."""
        return self._process.pid if self._process else 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, name: str, upstream_host: str, upstream_port: int, listen_port: int = 0) -> int:
        """The port of 127.0.0.1 that now leads to the upstream; 0 takes a free one.

        Where nobody listens upstream, a connection is accepted and then reset: the proxy learns it too late to refuse.
        """
        upstream, seed = [upstream_host, upstream_port], f"{self._seed} {name}"
        port: int = self._ask({"open": name, "upstream": upstream, "listen": listen_port, "seed": seed}, name)
        self._names.append(name)
        return port

    def set(self, name: str, mode: Mode) -> None:
        """The mode of a link from now on, for the connections there are and those to come."""
        self._ask({"set": name, "mode": asdict(mode)}, name)

    def heal(self, name: str | None = None) -> None:
        """Forward everything again: through one link, or through all."""
        for each in [name] if name is not None else list(self._names):
            self.set(each, PASS)

    def stats(self, name: str) -> Stats:
        """What is known of a link now."""
        return Stats(**self._ask({"stats": name}, name))

    def close(self) -> None:
        """End the process, and with it every connection through it; doing it twice is fine."""
        with self._lock:
            self._end("the links were closed")

    def _ask(self, command: dict[str, Any], name: str) -> Any:
        with self._lock:
            try:
                answer = json.loads(self._exchange(json.dumps(command)))
            except ProxyEnded as error:
                raise ProxyEnded(f"link {name!r}: {error}") from error
        if "error" in answer:
            raise LinkError(f"link {name!r}: {answer['error']}")
        return answer["ok"]

    def _exchange(self, line: str) -> str:
        if self._process is None:
            raise ProxyEnded(self._over)
        try:
            self._commands.write(f"{line}\n")
            self._commands.flush()
            if answer := self._answers.get(timeout=PATIENCE):
                return answer
            self._end("the proxy has ended")
        except OSError:
            self._end("the proxy has ended")
        except Empty:
            self._process.kill()
            self._end(f"the proxy did not answer {line} within {PATIENCE:g} s and was killed")
        raise ProxyEnded(self._over)

    def _end(self, why: str) -> None:
        if self._process is None:
            return
        with suppress(OSError):
            self._commands.close()
        try:
            status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._listener.join(PATIENCE)
        self._process, self._over = None, f"{why} (exit status {status})"

    def _listen(self, said: IO[str]) -> None:
        with said:
            for line in said:
                self._answers.put(line)
        self._answers.put("")
