"""A service under judgement, from all its sides: HTTP, the queue of its producer, the collection of its worker."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
import pika
from pymongo.collection import Collection

Document = dict[str, Any]
Channel = Any
Found = TypeVar("Found")

HTTP_TIMEOUT = 20.0
POLL = 0.03
JSON = {"Content-Type": "application/json"}
SHOWN = 160
"""So many letters of an answer are shown."""


def brief(answer: httpx.Response) -> str:
    """An answer in one line."""
    text = " ".join(answer.text.split())
    return f"{answer.status_code} {text[:SHOWN]}{'…' if len(text) > SHOWN else ''}".strip()


def until(look: Callable[[], Found], seconds: float) -> Found:
    """What ``look`` finds as soon as that is something; at the end of the time, whatever it finds then."""
    ends = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < ends:
        time.sleep(POLL)
    return found


@dataclass
class Service:
    """Where it is, and what has been seen of it."""

    http: httpx.Client
    """Its base is the address that is judged, with the prefix behind a router."""
    rabbit: str
    """The broker's address."""
    queue: str
    """What its producer publishes to and its worker consumes."""
    documents: Collection[Document]
    """Where its worker stores."""
    mark: str = field(default_factory=lambda: f"conform-{uuid.uuid4().hex[:10]}")
    """The beginning of every title that is sent: nobody else's task has it."""
    _seen: dict[str, Any] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """The path under which clients see the service; empty without a router."""
        return urlsplit(str(self.http.base_url)).path.rstrip("/")

    def title(self, word: str = "task") -> str:
        """One that no other task has."""
        return f"{self.mark} {word} {uuid.uuid4().hex[:8]}"

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer to a request for a path behind the prefix."""
        return self.http.request(method, f"{str(self.http.base_url).rstrip('/')}{path}", **options)

    def follow(self, link: str, **options: Any) -> httpx.Response:
        """The answer at the other end of a link."""
        return self.http.get(urljoin(f"{self.http.base_url}", link), **options)

    def post(self, document: Any, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """The answer to ``POST /tasks`` with this document."""
        return self.ask("POST", "/tasks", json=document, headers=headers or {})

    @contextmanager
    def channel(self) -> Iterator[Channel]:
        """A channel of the judge's own, with publisher confirms."""
        connection = pika.BlockingConnection(pika.URLParameters(f"{self.rabbit}?heartbeat=60&socket_timeout=5"))
        try:
            channel = connection.channel()
            channel.confirm_delivery()
            yield channel
        finally:
            if connection.is_open:
                connection.close()

    def waiting(self) -> int:
        """How many messages are ready in the queue."""
        with self.channel() as channel:
            return int(channel.queue_declare(self.queue, passive=True).method.message_count)

    def once(self, name: str, look: Callable[[], Found]) -> Found:
        """What ``look`` found when it was first asked, its error too: several demands are about one thing."""
        if name not in self._seen:
            try:
                self._seen[name] = look()
            except Exception as error:  # noqa: BLE001
                self._seen[name] = error
        found = self._seen[name]
        if isinstance(found, Exception):
            raise found
        return found  # type: ignore[no-any-return]

    def forget(self) -> None:
        """Deletes what was stored of what the judge has sent."""
        self.documents.delete_many({"title": {"$regex": f"^{self.mark}"}})
