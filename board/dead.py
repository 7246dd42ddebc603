"""Dead letters for the page: shown, put back into the work queue, deleted. By the same code as ``./lab dead``."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from board.settings import LETTERS, LETTERS_SEARCHED, Board
from cli import letters
from cli.letters import Letter
from core.errors import DecodeError
from core.letters import why
from core.message import decode
from core.task import Task

PREVIEW = 200

Act = Callable[[Any, Letter], None]


def url(board: Board) -> str:
    """The broker's address, as pika reads it."""
    host, port = board.lab.rabbit_nodes[0]
    login = f"{quote(board.lab.rabbit_user, safe='')}:{quote(board.lab.rabbit_password, safe='')}"
    return f"amqp://{login}@{host}:{port}/%2F"


def task_of(letter: Letter) -> Task | None:
    """The task in a letter; None where it is none."""
    try:
        return decode(letter.body)
    except DecodeError:
        return None


def key(letter: Letter) -> str:
    """What tells a letter from others, also one without an id: letters that are the same in all share it."""
    return hashlib.sha256(letter.id.encode() + b"\0" + letter.body).hexdigest()[:16]


def listed(board: Board) -> dict[str, Any]:
    """The oldest letters and how many there are. They stay where they are, in their order."""
    queue = board.topology.dead.name
    with letters.opened(url(board)) as connection:
        total = letters.count(connection, queue)
        found = [_shown(one) for one in letters.look(connection, queue, min(total, LETTERS))]
    return {"total": total, "letters": found}


def _shown(letter: Letter) -> dict[str, Any]:
    task, told = task_of(letter), why(letter.headers)
    return {
        "key": key(letter),
        "id": task.id if task else "",
        "text": task.title if task else letter.body[:PREVIEW].decode("utf-8", "replace"),
        "reason": told.reason,
        "attempts": told.attempts,
        "when": told.when,
    }


def requeue(board: Board, keys: Sequence[str]) -> int:
    """Gives letters a new start; all that are there now where no key is given. Returns how many."""
    names = board.topology
    return _settle(
        board, keys, lambda channel, letter: letters.requeue(channel, letter, names.name, names.exchange_to(names.name))
    )


def purge(board: Board, keys: Sequence[str]) -> int:
    """Deletes letters, for good."""
    if keys:
        return _settle(board, keys, lambda _, letter: letters.erase(letter))
    queue = board.topology.dead.name
    with letters.opened(url(board)) as connection:
        return sum(1 for _ in letters.drop(connection, queue, letters.count(connection, queue)))


def _settle(board: Board, keys: Sequence[str], act: Act) -> int:
    queue, done = board.topology.dead.name, 0
    with letters.opened(url(board)) as connection:
        channel = letters.confirming(connection)
        total = letters.count(connection, queue)
        if not keys:
            # No more than were there at first: one that dies again comes behind them.
            for hand in letters.hands(connection, queue, total):
                for letter in hand:
                    act(channel, letter)
                    done += 1
            return done
        wanted = set(keys)
        for letter in list(letters.look(connection, queue, min(total, LETTERS_SEARCHED))):
            if key(letter) in wanted:
                act(channel, letter)
                done += 1
    return done
