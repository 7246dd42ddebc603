"""The agent's few addresses. Each request passes the guard first; whoever may not ask learns nothing but why."""

import asyncio
from collections.abc import Callable
from typing import Any

from quart import Quart, request

from cli.agent import guard
from cli.agent.actions import act
from cli.agent.experiment import Experiment
from cli.config import Lab
from cli.course import course, reading
from cli.errors import CliError

Answer = tuple[dict[str, Any], int]
FAR = 403
FAILED = 409


def build(lab: Lab, token: str) -> tuple[Quart, Experiment]:
    """The application, and the experiment that must be ended with it."""
    app, gate, hand = Quart("agent", static_folder=None), guard.of(lab, token), asyncio.Lock()
    experiment = Experiment(lab)
    app.config["MAX_CONTENT_LENGTH"] = 4096

    async def done(work: Callable[[], Any]) -> Any:
        async with hand:
            return await asyncio.to_thread(work)

    @app.before_request
    async def pass_the_guard() -> Answer | None:
        # The question of a browser whether it may ask at all carries no token yet.
        if request.method == "OPTIONS":
            return ({}, 200) if gate.origin(request.headers) else ({"detail": "no"}, FAR)
        why = gate.refusal(request.headers)
        return ({"detail": why}, FAR) if why else None

    @app.after_request
    async def say_who_may_read(response: Any) -> Any:
        if origin := gate.origin(request.headers):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = f"Content-Type, {guard.TOKEN}"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Vary"] = "Origin"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.errorhandler(CliError)
    async def refuse(error: CliError) -> Answer:
        return {"detail": f"{error.part}: {error}. {error.mend}".strip()}, FAILED

    @app.get("/agent")
    async def alive() -> Answer:
        return {"lab": lab.name}, 200

    @app.get("/course")
    async def progress() -> Answer:
        known = await done(lambda: course.load(lab))
        lessons = [{"name": one.name, "title": one.title, "passed": known.is_passed(one)} for one in known.lessons]
        return {"lessons": lessons, "next": reading.next_step(known)}, 200

    @app.post("/workers/<worker>/<action>")
    async def do(worker: str, action: str) -> Answer:
        given = await request.get_json(force=True, silent=True)
        count = given.get("count", 0) if isinstance(given, dict) else 0
        count = count if isinstance(count, int) else 0
        return {"done": await done(lambda: act(lab, worker, action, count))}, 200

    @app.post("/bench")
    async def begin() -> Answer:
        await done(experiment.begin)
        return experiment.told(), 202

    @app.get("/bench")
    async def told() -> Answer:
        return experiment.told(), 200

    return app, experiment
