"""``python -m cli.agent``: serves the agent on loopback, until its record is gone or names another."""

import asyncio
import logging
import os

import uvicorn

from cli.agent import process
from cli.agent.app import build
from cli.agent.token import token
from cli.config import load
from cli.ports import LOOPBACK

LOOK = 2.0


async def main() -> None:
    """Returns when it has been asked to stop, or when the lab it belongs to is no more."""
    lab = load()
    app, experiment = build(lab, token(lab))
    config = uvicorn.Config(
        app, host=LOOPBACK, port=lab.port("AGENT_PORT"), log_level=logging.WARNING, access_log=False, lifespan="off",
        server_header=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not serving.done():
        await asyncio.wait({serving}, timeout=LOOK)
        if process.recorded(lab) != os.getpid():
            server.should_exit = True
    experiment.end()
    await serving


if __name__ == "__main__":
    asyncio.run(main())
