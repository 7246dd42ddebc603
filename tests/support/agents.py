"""The agent, served by the test itself: as ``./lab up`` starts it, with what the test has changed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from cli.agent.app import build
from cli.agent.token import token
from cli.config import Lab
from cli.ports import LOOPBACK
from tests.support.waiting import wait_until

STARTS_WITHIN = 30.0
ENDS_WITHIN = 30.0


@contextmanager
def served(lab: Lab) -> Iterator[None]:
    """It answers on the lab's own port while the block lasts; another one must have been stopped."""
    app, experiment = build(lab, token(lab))
    config = uvicorn.Config(app, host=LOOPBACK, port=lab.port("AGENT_PORT"), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, STARTS_WITHIN, "the agent listens")
        yield
    finally:
        experiment.end()
        server.should_exit = True
        thread.join(ENDS_WITHIN)
        assert not thread.is_alive(), "the agent has not ended"
