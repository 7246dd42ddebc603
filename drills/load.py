"""Tasks sent from threads in the background, with every answer written into a history."""

import http.client
import json
import select
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from urllib.parse import urlsplit

from cli.send import NOTHING_QUEUED
from drills.history import History, Outcome, Request, hash_of
from drills.waiting import TooLate, wait_until

CLIENT_TIMEOUT = 20.0
"""Longer than any answer may take, so that a late answer is seen as late and not as none."""
AFTER_ERROR = 0.05
JSON = "application/json"
ACCEPTED = 202
REQUEST_ID = "X-Request-ID"
"""The load's requests are told apart by their titles, also in nginx's log."""

Judged = tuple[Outcome, int, str, str]


def unique(word: str = "task") -> str:
    """A word that no other task of this or any other run has."""
    return f"{word}-{uuid.uuid4().hex}"


class Client:
    """One connection to one API, opened again when it breaks."""

    def __init__(self, base_url: str, api: str, history: History) -> None:
        address = urlsplit(base_url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=CLIENT_TIMEOUT)
        self._api = api
        self._history = history

    def send(self, title: str, headers: dict[str, str] | None = None, known_id: str = "") -> Request:
        """Send one task and write down what became of it."""
        notes = self._history.mark
        start = time.time()
        outcome, status, task_id, said = self._ask(json.dumps({"title": title, "notes": notes}), headers or {})
        request = Request(
            title, hash_of(title, notes), self._api, start, time.time(), outcome, status, task_id or known_id, said
        )
        self._history.add(request)
        return request

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, body: str, headers: dict[str, str]) -> Judged:
        self._leave_closed_connection()
        try:
            self._connection.request("POST", f"/{self._api}/tasks", body, {"Content-Type": JSON, **headers})
            answer = self._connection.getresponse()
            return judge(answer.status, answer.read())
        except ConnectionRefusedError as error:
            self.close()
            return Outcome.REFUSED, 0, "", type(error).__name__
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Outcome.UNKNOWN, 0, "", type(error).__name__

    def _leave_closed_connection(self) -> None:
        """What every good client does before it uses a connection again: see whether the server has closed it."""
        if self._connection.sock is not None and select.select([self._connection.sock], [], [], 0)[0]:
            self.close()


def judge(status: int, body: bytes) -> Judged:
    """Outcome, status, id and words of an answer. A refusal is definite only where its words say so."""
    try:
        document = json.loads(body)
    except ValueError:
        return Outcome.UNKNOWN, status, "", "the answer is not JSON"
    if status == ACCEPTED:
        return Outcome.OK, status, document["id"], ""
    said = str(document.get("detail", ""))
    return (Outcome.REFUSED if NOTHING_QUEUED in said else Outcome.UNKNOWN), status, "", said


@dataclass
class Load:
    """While the block lasts, ``clients`` threads an API send one task after the other, with ``pause`` between."""

    base_url: str
    apis: Sequence[str]
    clients: int = 4
    pause: float = 0.02
    history: History = field(default_factory=lambda: History(unique("load")))
    _stop: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)
    _may_send: Event = field(default_factory=Event)

    def __enter__(self) -> History:
        self._may_send.set()
        self._threads = [Thread(target=self._run, args=(api,)) for api in self.apis for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        if self._threads:
            wait_until(lambda: self.history.requests, CLIENT_TIMEOUT, "the load has begun")
        return self.history

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._stop.set()
        self._may_send.set()
        for thread in self._threads:
            thread.join(CLIENT_TIMEOUT + 5)
        if any(thread.is_alive() for thread in self._threads):
            raise TooLate("a client got no answer")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing new is sent while the block lasts."""
        self._may_send.clear()
        try:
            yield
        finally:
            self._may_send.set()

    def _run(self, api: str) -> None:
        client = Client(self.base_url, api, self.history)
        while not self._stop.wait(self.pause):
            self._may_send.wait()
            title = unique()
            if client.send(title, {REQUEST_ID: title}).outcome is not Outcome.OK:
                self._stop.wait(AFTER_ERROR)
        client.close()
