"""Sends one task and follows it until it is stored: ``./lab run follow.py TITLE``.

Prints three lines: the task's id, who stored it, and how many milliseconds lay between accepted and stored.
"""

import os
import sys
from datetime import datetime

import httpx


def send(http: httpx.Client, title: str) -> str:
    """Post a task with this title to /flask/tasks; the id from the answer."""
    raise NotImplementedError("your turn")


def find(http: httpx.Client, task_id: str) -> dict:
    """The stored task with this id. It is stored a moment after it was accepted, not at once."""
    raise NotImplementedError("your turn")


def waited(task: dict) -> int:
    """Milliseconds from accepted to stored, from the task's passport."""
    raise NotImplementedError("your turn")


def moment(text: str) -> datetime:
    """A time of a passport, such as 2026-11-21T10:11:26.855Z."""
    return datetime.fromisoformat(text)


def main(title: str) -> None:
    with httpx.Client(base_url=os.environ.get("LAB_HTTP", "http://localhost"), timeout=15) as http:
        task_id = send(http, title)
        print(task_id)
        task = find(http, task_id)
        print(task["worker"])
        print(waited(task))


if __name__ == "__main__":
    main(sys.argv[1])
