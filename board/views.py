"""What the board answers: pages, the feed, passports, dead letters. Nothing is opened before somebody asks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
from pymongo.errors import PyMongoError
from quart import Response, render_template, request, send_from_directory

from board import arrivals, broker, dead, lessons, passport
from board.client import Client
from board.poller import Poller
from board.settings import Board
from core import reply
from core.documents import COLLECTION, public
from core.problem import Problem, unavailable

WWW = Path(__file__).resolve().parent / "www"
POISON = {
    "text": "Water the plants",
    "fields": '{"title": "No id, no source: nobody knows where I came from"}',
}
"""Messages that are no tasks: text that is not JSON, and JSON that lacks what a task has."""


class Service:
    """The views. Each waits for nothing but what it is asked for."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._poller = Poller(board)
        self._one_hand = asyncio.Lock()
        """Two who take the same letters at once would each see only a part of them."""

    async def page(self, task_id: str = "") -> Response:
        """The board; also at the address of a task, whose passport the page then opens."""
        if task_id and passport.checked(task_id) is None:
            return problem(404, "This is not the id of a task. It is in the answer to POST /flask/tasks.")
        return await _file("index.html")

    async def lesson(self, name: str = "") -> Response:
        """The list of lessons, or one of them, in the language of ``?lang=`` or else of the browser."""
        asked = request.args.get("lang", "")
        wished = asked or request.accept_languages.best_match(list(lessons.LANGUAGES)) or lessons.ENGLISH
        found = lessons.page(name, wished, asked if asked in lessons.LANGUAGES else "")
        if found is None:
            return problem(404, "There is no such lesson. /lessons/ lists those there are.")
        return await _reading(found)

    async def source(self, path: str) -> Response:
        """A file that a lesson points to."""
        found = lessons.source(path)
        if found is None:
            return problem(404, "No lesson points to a file of this name, or the board does not have it.")
        return await _reading(found)

    async def static(self, name: str) -> Response:
        """A file of the page."""
        return await _file(name)

    async def settings(self) -> Response:
        """What the page must know about the lab, and how it reaches the agent."""
        told = self._board
        return _json({"controls": told.controls, "agent": {"port": told.agent_port, "token": told.agent_token}})

    async def feed(self) -> Response:
        """Server-sent events: a snapshot each half second."""
        response = Response(self._events(), content_type="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        response.headers["Cache-Control"] = "no-store"
        response.timeout = None
        return response

    async def _events(self) -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        async for snapshot in self._poller.snapshots():
            yield b"data: " + snapshot + b"\n\n"

    async def looks(self) -> Response:
        """How often the board has looked at the lab since it started: it does not while nobody has the page open."""
        return _json({"looks": self._poller.looks})

    async def task(self, task_id: str) -> Response:
        """The passport of a task, wherever it is."""
        known = passport.checked(task_id)
        if known is None:
            return problem(404, "This is not the id of a task.")
        client = arrivals.opened(self._board)
        try:
            found = await client[self._board.lab.db_name][COLLECTION].find_one({"_id": known})
        except PyMongoError:
            found = None
        finally:
            client.close()
        if found is not None:
            return _json({"state": "stored", "task": public(found)})
        return _json(await self._letters(partial(passport.unstored, self._board, known)))

    async def dead(self) -> Response:
        """The dead letters."""
        return _json(await self._letters(partial(dead.listed, self._board)))

    async def settle(self, what: str) -> Response:
        """Requeue or purge: those whose keys are given, or all."""
        acts: dict[str, Callable[[Board, list[str]], int]] = {"requeue": dead.requeue, "purge": dead.purge}
        wish = await _wish()
        keys = wish.get("keys")
        if what not in acts or not (keys == "all" or (isinstance(keys, list) and keys)):
            return problem(400, 'Say which: {"keys": ["…"]} or {"keys": "all"}, to requeue or to purge.')
        named = [] if keys == "all" else [str(one) for one in keys]
        return _json({"done": await self._letters(partial(acts[what], self._board, named))})

    async def poison(self) -> Response:
        """Puts a message that is no task into the work queue, past the APIs."""
        body = POISON.get(str((await _wish()).get("kind")))
        if body is None:
            return problem(400, f"There are these kinds: {', '.join(POISON)}.")
        login = (self._board.lab.rabbit_user, self._board.lab.rabbit_password)
        async with Client(login) as http:
            try:
                routed = await broker.publish(http, self._board.management, self._board.lab.rabbit_queue, body)
            except httpx.HTTPError as error:
                return not_now(f"RabbitMQ: {broker.silence(error)}")
        return _json({"routed": routed})

    async def healthz(self) -> Response:
        """Alive."""
        return _json({"status": "alive"})

    async def _letters(self, work: Callable[[], Any]) -> Any:
        """Work with pika, which waits: in a thread, one at a time."""
        async with self._one_hand:
            return await asyncio.to_thread(work)


def request_id() -> str:
    """What nginx calls the request."""
    return request.headers.get("X-Request-ID", "")


def problem(status: int, detail: str) -> Response:
    """A problem document."""
    return sent(reply.problem(Problem(status, detail), request_id()))


def not_now(detail: str) -> Response:
    """503: a part that is needed does not answer."""
    return sent(reply.problem(unavailable(detail), request_id()))


def sent(answer: reply.Reply) -> Response:
    """The framework's response for an answer."""
    return Response(answer.body, answer.status, answer.headers)


def _json(value: Any) -> Response:
    response = Response(msgspec.json.encode(value), content_type=reply.JSON)
    response.headers["Cache-Control"] = "no-store"
    return response


async def _wish() -> dict[str, Any]:
    found = await request.get_json(force=True)
    return found if isinstance(found, dict) else {}


async def _reading(page: lessons.Page) -> Response:
    html = await render_template("lesson.html", page=page)
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Vary"] = "Accept-Language"
    return response


async def _file(name: str) -> Response:
    return await send_from_directory(WWW, name)
