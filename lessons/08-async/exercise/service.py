"""A small asynchronous service: ``./lab run service.py PORT``.

POST /batch  {"titles": [...]}  sends each as a task to the lab, all at the same time: {"ids": [...]}
POST /seal   {"text": "..."}    a fingerprint that is slow on purpose, as those of passwords are: {"seal": "..."}
POST /later  {"title": "..."}   202 at once; the task is sent afterwards, even if the service is asked to stop
POST /stop                      asks it to stop
GET  /healthz                   what it is doing, and for how long its event loop stood still
"""

import asyncio
import hashlib
import os
import sys
import uuid
from collections.abc import Coroutine

import httpx
from pulse import Pulse
from quart import Quart, request

ROUNDS = 1_000_000


async def send(http: httpx.AsyncClient, title: str) -> str:
    """Send one task to /async/tasks; its id.

    Where the answer is 503, wait as many seconds as Retry-After says and send it again, with the same Idempotency-Key.
    """
    raise NotImplementedError("your turn")


async def send_all(http: httpx.AsyncClient, titles: list[str]) -> list[str]:
    """Send all of them at the same time; their ids, in the order of the titles."""
    raise NotImplementedError("your turn")


def fingerprint(text: str) -> str:
    """Half a second of work or more for one processor. Nothing to do here."""
    return hashlib.pbkdf2_hmac("sha256", text.encode(), b"lesson 8", ROUNDS).hex()


async def seal(text: str) -> str:
    """The fingerprint of a text. While it is worked out, everybody else is answered."""
    raise NotImplementedError("your turn")


class Later:
    """Work that goes on after the answer."""

    def begin(self, work: Coroutine) -> None:
        """Start it, and return at once."""
        raise NotImplementedError("your turn")

    async def finish(self) -> None:
        """Return once everything that was begun is done."""
        raise NotImplementedError("your turn")


def create_app(http: httpx.AsyncClient, pulse: Pulse, later: Later, stopped: asyncio.Event) -> Quart:
    app = Quart(__name__)

    @app.post("/batch")
    async def batch():
        titles = (await request.get_json())["titles"]
        with pulse.doing("batch"):
            return {"ids": await send_all(http, titles)}

    @app.post("/seal")
    async def sealed():
        text = (await request.get_json())["text"]
        with pulse.doing("seal"):
            return {"seal": await seal(text)}

    @app.post("/later")
    async def promised():
        title = (await request.get_json())["title"]
        later.begin(send(http, title))
        return {"status": "promised"}, 202

    @app.post("/stop")
    async def stop():
        stopped.set()
        return {"status": "stopping"}, 202

    @app.get("/healthz")
    async def healthz():
        return pulse.told()

    return app


async def main(port: int) -> None:
    pulse, later, stopped = Pulse(), Later(), asyncio.Event()
    async with httpx.AsyncClient(base_url=os.environ.get("LAB_HTTP", "http://localhost"), timeout=30) as http:
        beating = asyncio.create_task(pulse.beat())
        await create_app(http, pulse, later, stopped).run_task("127.0.0.1", port, shutdown_trigger=stopped.wait)
        await later.finish()
        beating.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
