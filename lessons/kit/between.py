"""Something that stands between a student's program and the lab: it notes each request, and may change or lose it."""

import http.server
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Thread

import httpx

LEAVE_OUT = {"host", "content-length", "transfer-encoding", "connection"}
TIMEOUT = 20.0


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True)
class Answered:
    """What was answered to it."""

    status: int
    headers: httpx.Headers
    body: bytes


Forward = Callable[[Asked], Answered]
Hook = Callable[[Asked, Forward], Answered | None]
"""Answers a request, mostly by forwarding it; None breaks the connection off without an answer."""


@dataclass
class Between:
    """Where it listens, and what has passed."""

    url: str = ""
    passed: list[tuple[Asked, Answered | None]] = field(default_factory=list)


def plainly(asked: Asked, forward: Forward) -> Answered:
    """As if nothing stood between."""
    return forward(asked)


@contextmanager
def between(lab: str, hook: Hook = plainly) -> Iterator[Between]:
    """In front of ``lab`` while the block lasts."""
    notes = Between()
    with httpx.Client(base_url=lab, timeout=TIMEOUT, trust_env=False) as client:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(client, hook, notes))
        notes.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield notes
        finally:
            server.shutdown()
            server.server_close()


def _handler(client: httpx.Client, hook: Hook, notes: Between) -> type[http.server.BaseHTTPRequestHandler]:
    def forward(asked: Asked) -> Answered:
        found = client.request(asked.method, asked.path, headers=asked.headers, content=asked.body)
        return Answered(found.status_code, found.headers, found.content)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = [(name, value) for name, value in self.headers.items() if name.lower() not in LEAVE_OUT]
            asked = Asked(self.command, self.path, httpx.Headers(kept), body)
            answer = hook(asked, forward)
            notes.passed.append((asked, answer))
            if answer is None:
                self.close_connection = True
                return
            _send(self, answer)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass  # noqa: N815

    return Handler


def _send(handler: http.server.BaseHTTPRequestHandler, answer: Answered) -> None:
    handler.send_response_only(answer.status, HTTPStatus(answer.status).phrase)
    for name, value in answer.headers.items():
        if name.lower() not in LEAVE_OUT:
            handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(answer.body)))
    handler.end_headers()
    handler.wfile.write(answer.body)
