"""The agent's few addresses. Each request passes the guard first; whoever may not ask learns nothing but why."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from quart import Quart, Response, request

from cli.agent import guard
from cli.agent.actions import act
from cli.agent.experiment import Experiment
from cli.config import Lab
from cli.course import course, reading
from cli.errors import CliError

Answer = tuple[dict[str, Any], int]
Done = TypeVar("Done")
FAR = 403
FAILED = 409
SMALL = 4096
"""Bytes: nobody sends more than a number."""


def build(lab: Lab, token: str) -> tuple[Quart, Experiment]:
    """The application, and the experiment that must be ended with it."""
    app, agent = Quart("agent", static_folder=None), Agent(lab, token)
    app.config["MAX_CONTENT_LENGTH"] = SMALL
    routes: dict[tuple[str, str], Callable[..., Any]] = {
        ("GET", "/agent"): agent.alive,
        ("GET", "/course"): agent.progress,
        ("POST", "/workers/<worker>/<action>"): agent.act,
        ("POST", "/bench"): agent.begin,
        ("GET", "/bench"): agent.told,
    }
    for (method, rule), view in routes.items():
        app.add_url_rule(rule, f"{method} {rule}", view, methods=[method])
    app.before_request(agent.pass_the_guard)
    app.after_request(agent.say_who_may_read)
    app.register_error_handler(CliError, _refuse)
    return app, agent.experiment


async def _refuse(error: CliError) -> Answer:
    return {"detail": f"{error.part}: {error}. {error.mend}".strip()}, FAILED


class Agent:
    """The views."""

    def __init__(self, lab: Lab, token: str) -> None:
        self._lab = lab
        self._gate = guard.of(lab, token)
        self._one_hand = asyncio.Lock()
        self.experiment = Experiment(lab)

    async def _done(self, work: Callable[[], Done]) -> Done:
        """What it returns. One thing is done at a time."""
        async with self._one_hand:
            return await asyncio.to_thread(work)

    async def pass_the_guard(self) -> Answer | None:
        """Nobody whom the guard refuses comes further."""
        # The question of a browser whether it may ask at all carries no token yet.
        if request.method == "OPTIONS":
            return ({}, 200) if self._gate.origin(request.headers) else ({"detail": "no"}, FAR)
        why = self._gate.refusal(request.headers)
        return ({"detail": why}, FAR) if why else None

    async def say_who_may_read(self, response: Response) -> Response:
        """The board's page and no other, as the browser is told."""
        if origin := self._gate.origin(request.headers):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = f"Content-Type, {guard.TOKEN}"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Vary"] = "Origin"
        response.headers["Cache-Control"] = "no-store"
        return response

    async def alive(self) -> Answer:
        """That it is there, and for which lab."""
        return {"lab": self._lab.name}, 200

    async def progress(self) -> Answer:
        """How far the student is, and what comes next."""
        known = await self._done(lambda: course.load(self._lab))
        lessons = [{"name": one.name, "title": one.title, "passed": known.is_passed(one)} for one in known.lessons]
        return {"lessons": lessons, "next": reading.next_step(known)}, 200

    async def act(self, worker: str, action: str) -> Answer:
        """One of the few actions, on one of the two workers."""
        given = await request.get_json(force=True, silent=True)
        count = given.get("count", 0) if isinstance(given, dict) else 0
        count = count if isinstance(count, int) else 0
        return {"done": await self._done(lambda: act(self._lab, worker, action, count))}, 200

    async def begin(self) -> Answer:
        """Start the experiment."""
        await self._done(self.experiment.begin)
        return self.experiment.told(), 202

    async def told(self) -> Answer:
        """How far the experiment is."""
        return self.experiment.told(), 200
