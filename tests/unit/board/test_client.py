"""The board asks the same address again and again."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from board.client import Client
from cli.ports import LOOPBACK


@contextmanager
def counting() -> Iterator[str]:
    """The address of a server that answers with how often it was asked, and by whom."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = f"{len(asked)} {self.path} {self.headers['Authorization']}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}"
        server.shutdown()
        thread.join()


def test_each_time_it_is_asked_anew() -> None:
    """What is put together once is the question, not the answer; each address has its own, and the login is there."""

    async def ask(url: str) -> list[str]:
        async with Client(("user", "word")) as http:
            return [(await http.ask(f"{url}{path}")).text for path in ("/a", "/b", "/a")]

    with counting() as url:
        found = [text.split() for text in asyncio.run(ask(url))]
    assert [["1", "/a"], ["2", "/b"], ["3", "/a"]] == [words[:2] for words in found]
    assert {("Basic", "dXNlcjp3b3Jk")} == {tuple(words[2:]) for words in found}


def test_silence_is_an_error_and_no_old_answer() -> None:
    """The part may have answered a moment ago."""

    async def ask(url: str) -> None:
        async with Client() as http:
            await http.ask(url)

    with counting() as url:
        asyncio.run(ask(url))
    with pytest.raises(httpx.TransportError):
        asyncio.run(ask(url))
