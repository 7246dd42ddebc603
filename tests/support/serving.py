"""Whether the parts are back, and whether the whole serves."""

import socket
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import httpx
import pika
from pika.exceptions import AMQPError

from tests.support.api import Api, http_client, unique
from tests.support.database import takes_writes
from tests.support.stack import Stack
from tests.support.waiting import wait_until

PROBE_TIMEOUT = 2.0
READY_WITHIN = 30.0
BACK_WITHIN = 60.0
SERVES_WITHIN = 10.0


def answers(address: str, path: str) -> bool:
    """Whether a GET is answered 200."""
    try:
        with http_client(address, PROBE_TIMEOUT) as http:
            return http.get(path).status_code == 200
    except httpx.HTTPError:
        return False


def takes_connections(amqp: str) -> bool:
    """Whether the broker lets a client in."""
    try:
        pika.BlockingConnection(pika.URLParameters(f"{amqp}?socket_timeout=2&stack_timeout=2")).close()
    except (AMQPError, OSError):
        return False
    return True


def is_back(stack: Stack, service: str) -> bool:
    """Whether this one service is there again, whatever the others do."""
    looks: dict[str, Callable[[], bool]] = {
        "mongo": lambda: takes_writes(stack),
        "rabbitmq": lambda: takes_connections(stack.addresses["rabbitmq"]),
        "flask": lambda: answers(stack.addresses["flask"], "/healthz"),
        "asyncapp": lambda: answers(stack.addresses["async"], "/healthz"),
        "nginx": lambda: answers(stack.addresses["http"], "/healthz"),
    }
    workers = stack.addresses.get(service, [])
    return looks[service]() if service in looks else all(answers(address, "/healthz") for address in workers)


def everything_is_ready(stack: Stack) -> bool:
    """Whether both APIs and every worker that can be asked say so."""
    workers = [address for kind in ("pyworker", "asyncworker") for address in stack.addresses[kind]]
    return all(answers(stack.addresses["http"], f"/{name}/readyz") for name in ("flask", "async")) and all(
        answers(address, "/readyz") for address in workers
    )


def wait_until_everything_is_ready(stack: Stack) -> None:
    """Returns when everything is ready, before a test."""
    wait_until(lambda: everything_is_ready(stack), READY_WITHIN, "everything is ready before the test")


def assert_serves_again(stack: Stack, apis: dict[str, Api], service: str) -> None:
    """The service comes back, and 10 s later at the latest everything serves, without a hand on anything."""
    wait_until(lambda: is_back(stack, service), BACK_WITHIN, f"{service} is back")
    wait_until(lambda: everything_is_ready(stack), SERVES_WITHIN, f"everything is ready after {service} came back")
    for api in apis.values():
        task_id = wait_until(partial(accepted, api), SERVES_WITHIN, f"{api.name} accepts a task")
        api.stored(task_id, within=SERVES_WITHIN)


def accepted(api: Api) -> str:
    """The id of a new task, or nothing where it is not taken: orphans of a killed master still answer for a moment."""
    try:
        answer = api.post({"title": unique()})
    except httpx.TransportError:
        return ""
    return str(answer.json()["id"]) if answer.status_code == 202 else ""


def listens(address: str) -> bool:
    """Whether somebody takes TCP connections there."""
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), PROBE_TIMEOUT).close()
    except OSError:
        return False
    return True
