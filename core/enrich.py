"""What a worker adds to a task before it is stored: the derived fields, and the passport."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.clock import milliseconds_between
from core.task import Task

SLUG_LENGTH = 80

Document = dict[str, Any]


@dataclass(frozen=True)
class Receipt:
    """Who received a task, when, and on which attempt."""

    worker: str
    host: str
    attempt: int
    redelivered: bool
    received: datetime


def slug(title: str) -> str:
    """The title as a readable part of an address: lower case, words joined by hyphens, letters of every script."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", title).lower())
    return "-".join(words)[:SLUG_LENGTH].strip("-") or "task"


def hashtags(text: str) -> list[str]:
    """Every ``#tag`` of the text, once, in order of appearance, in lower case."""
    return list(dict.fromkeys(tag.lower() for tag in re.findall(r"(?<!\w)#(\w+)", text)))


def enrich(task: Task, receipt: Receipt, stored: datetime) -> Document:
    """The document to store for ``task``; ``stored`` is the moment the write is handed to the database."""
    text = f"{task.title}\n{task.notes}"
    return {
        "_id": task.id,
        **content(task),
        "source": task.source,
        "worker": receipt.worker,
        "slug": slug(task.title),
        "words": len(text.split()),
        "characters": len(task.title) + len(task.notes),
        "hashtags": hashtags(text),
        "passport": passport(task, receipt, stored),
    }


def content(task: Task) -> Document:
    """What the client asked for, as it is stored."""
    return {
        "title": task.title,
        "notes": task.notes,
        "work": {"io_ms": task.work.io_ms, "cpu_ms": task.work.cpu_ms},
    }


def passport(task: Task, receipt: Receipt, stored: datetime) -> Document:
    """Who handled the task, on which attempt, how long it waited in the queue, and when it passed each hop."""
    return {
        "request_id": task.request_id,
        "producer": {"name": task.source, "host": task.host},
        "worker": {"name": receipt.worker, "host": receipt.host},
        "attempt": receipt.attempt,
        "redelivered": receipt.redelivered,
        "waited_ms": milliseconds_between(task.accepted, receipt.received),
        "times": {
            "nginx": task.nginx,
            "accepted": task.accepted,
            "received": receipt.received,
            "stored": stored,
        },
    }
