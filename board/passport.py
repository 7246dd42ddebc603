"""The way of one task: from its document where it is stored, else from the message where it lies, else from its id."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pika.exceptions import ChannelClosed

from board import dead
from board.settings import LETTERS_SEARCHED, Board
from cli import letters
from cli.letters import Letter
from core.clock import text
from core.letters import why
from core.message import ATTEMPT, attempt_of

TIME_ORDERED = 7


def checked(task_id: str) -> str | None:
    """The id as the lab writes it; None where it cannot be one."""
    try:
        return str(UUID(task_id))
    except ValueError:
        return None


def made_at(task_id: str) -> str | None:
    """When a producer made the id; None for one that was derived from an idempotency key."""
    value = UUID(task_id)
    if value.version != TIME_ORDERED:
        return None
    return text(datetime.fromtimestamp((value.int >> 80) / 1000, UTC))


def unstored(board: Board, task_id: str) -> dict[str, Any]:
    """What the queues tell of a task that is not stored.

    The work queue itself is not searched: a look there would count as a delivery, and the workers are quicker anyway.
    """
    names = board.topology
    with letters.opened(dead.url(board)) as connection:
        if letter := _find(connection, names.dead.name, task_id):
            return _dead(letter)
        for queue in names.retries:
            if letter := _find(connection, queue.name, task_id):
                return _retrying(letter, queue.delay_ms)
        ready = sum(_count(connection, queue) for queue in names.works)
    return {"state": "waiting" if ready else "unknown", "accepted": made_at(task_id), "ready": ready}


def _find(connection: Any, queue: str, task_id: str) -> Letter | None:
    found = None
    try:
        # To the end, also where it is found before: only then does everything go back in its order.
        for letter in letters.look(connection, queue, min(letters.count(connection, queue), LETTERS_SEARCHED)):
            found = letter if letter.id == task_id else found
    except ChannelClosed:
        return None
    return found


def _count(connection: Any, queue: str) -> int:
    try:
        return letters.count(connection, queue)
    except ChannelClosed:
        return 0


def _dead(letter: Letter) -> dict[str, Any]:
    told = why(letter.headers)
    return {
        "state": "dead",
        "reason": told.reason,
        "attempts": told.attempts,
        "dead_at": told.when,
        **_of_message(letter),
    }


def _retrying(letter: Letter, delay_ms: int) -> dict[str, Any]:
    # The header already says which attempt it waits for.
    attempt = attempt_of({ATTEMPT: letter.headers.get(ATTEMPT, 1)})
    reason = str(letter.headers.get("reason", ""))
    return {"state": "retrying", "attempts": attempt, "reason": reason, "delay_ms": delay_ms, **_of_message(letter)}


def _of_message(letter: Letter) -> dict[str, Any]:
    task = dead.task_of(letter)
    if task is None:
        return {}
    return {
        "title": task.title,
        "source": task.source,
        "accepted": text(task.accepted),
        "nginx": task.nginx and text(task.nginx),
        "request_id": task.request_id,
        "host": task.host,
    }
