"""Tasks sent from threads in the background, with an account of every answer."""

import http.client
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread
from types import TracebackType
from urllib.parse import urlsplit

from tests.support.api import JSON, unique
from tests.support.ledger import Entry, Ledger, Outcome
from tests.support.waiting import wait_until

CLIENT_TIMEOUT = 20.0
"""Longer than any answer may take, so that a late answer is seen as late and not as none."""
PAUSE = 0.02
AFTER_ERROR = 0.05


class Client:
    """One connection to one API, opened again when it breaks."""

    def __init__(self, base_url: str, prefix: str, ledger: Ledger) -> None:
        address = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=CLIENT_TIMEOUT)
        self._path = f"{prefix}/tasks"
        self._ledger = ledger

    def send(self, title: str) -> Entry:
        """Send one task and write down what became of it."""
        started = time.monotonic()
        outcome, status, task_id, said = self._ask(json.dumps({"title": title, "notes": self._ledger.mark}))
        entry = Entry(title, outcome, status, task_id, time.monotonic() - started, said)
        self._ledger.write(entry)
        return entry

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, body: str) -> tuple[Outcome, int, str, str]:
        try:
            self._connection.request("POST", self._path, body, {"Content-Type": JSON})
            answer = self._connection.getresponse()
            return self._judge(answer.status, answer.read())
        except ConnectionRefusedError as error:
            self.close()
            return Outcome.REFUSED, 0, "", type(error).__name__
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Outcome.UNKNOWN, 0, "", type(error).__name__

    def _judge(self, status: int, body: bytes) -> tuple[Outcome, int, str, str]:
        document = json.loads(body)
        if status == 202:
            return Outcome.ACCEPTED, status, document["id"], ""
        definite = "othing was queued" in document["detail"]
        return (Outcome.REFUSED if definite else Outcome.UNKNOWN), status, "", document["detail"]


@dataclass
class Load:
    """While the block lasts, ``clients`` threads send to the APIs in turn, one task after the other."""

    base_url: str
    prefixes: Sequence[str]
    clients: int = 4
    pause: float = PAUSE
    ledger: Ledger = field(default_factory=lambda: Ledger(unique("load")))
    _stop: Event = field(default_factory=Event)

    def __enter__(self) -> Ledger:
        prefixes = [self.prefixes[number % len(self.prefixes)] for number in range(self.clients)]
        self._threads = [Thread(target=self._run, args=(prefix,)) for prefix in prefixes]
        for thread in self._threads:
            thread.start()
        wait_until(lambda: self.ledger.entries, CLIENT_TIMEOUT, "the load has begun")
        return self.ledger

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(CLIENT_TIMEOUT + 5)
        assert not any(thread.is_alive() for thread in self._threads), "a client got no answer"

    def _run(self, prefix: str) -> None:
        client = Client(self.base_url, prefix, self.ledger)
        while not self._stop.wait(self.pause):
            if client.send(unique()).outcome is not Outcome.ACCEPTED:
                self._stop.wait(AFTER_ERROR)
        client.close()


def send_many(base_url: str, prefix: str, tasks: int, connections: int) -> Ledger:
    """``tasks`` tasks over that many connections at once, as fast as they are answered."""
    ledger = Ledger(unique("many"))
    numbers = count()

    def run() -> None:
        with connected(base_url, prefix, ledger) as client:
            while next(numbers) < tasks:
                client.send(unique())

    threads = [Thread(target=run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ledger


@contextmanager
def connected(base_url: str, prefix: str, ledger: Ledger) -> Iterator[Client]:
    """A client that is closed in the end."""
    client = Client(base_url, prefix, ledger)
    try:
        yield client
    finally:
        client.close()
