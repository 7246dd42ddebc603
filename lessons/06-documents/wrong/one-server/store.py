"""Keeps tasks in MongoDB: ``python store.py save FILE``, and ``python store.py page LIMIT [AFTER]``.

FILE holds a task a line, a JSON object with ``id``, ``title`` and ``created`` (a whole number of milliseconds). It is
stored as ``{"_id": its id, "title": …, "created": …}``.

``save`` prints a line for each task, in order: ``stored ID``; ``again ID`` where just this task was there already;
``conflict ID`` where another task has that id. What is stored is never changed.

``page`` prints ``task ID TITLE`` for each, the newest first (of those created at the same time the greatest id first),
and ``next AFTER`` where there are more.
"""

import json
import os
import sys
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import BulkWriteError

NEWEST_FIRST = [("created", -1), ("_id", -1)]
DUPLICATE_KEY = 11000


def open_tasks(client):
    """The collection. What a write to it has answered must outlive any one server, and a power cut."""
    return client[os.environ["DB_NAME"]][os.environ["COLLECTION"]]


def prepare(tasks):
    """The index along which pages are read. Called before the first write; the second time it changes nothing."""
    tasks.create_index(NEWEST_FIRST)


def save(tasks, batch):
    """Store documents in one write. A word for each, in order: stored, again or conflict."""
    words = ["stored"] * len(batch)
    try:
        tasks.insert_many(batch, ordered=False)
    except BulkWriteError as error:
        failed = error.details["writeErrors"]
        if error.details["writeConcernErrors"] or any(one["code"] != DUPLICATE_KEY for one in failed):
            raise
        for one in failed:
            document = batch[one["index"]]
            there = tasks.find_one({"_id": document["_id"]})
            words[one["index"]] = "again" if there == document else "conflict"
    return words


def page(tasks, limit, after):
    """So many documents behind the place that the text ``after`` stands for (empty: the beginning), and the text for
    the place behind them (empty: nothing is there). What the text looks like is yours to decide."""
    behind = {}
    if after:
        created, _, last = after.partition(".")
        behind = {"$or": [{"created": {"$lt": int(created)}}, {"created": int(created), "_id": {"$lt": last}}]}
    found = list(tasks.find(behind, sort=NEWEST_FIRST, limit=limit + 1))
    shown = found[:limit]
    return shown, f"{shown[-1]['created']}.{shown[-1]['_id']}" if len(found) > limit else ""


def read(file):
    """The documents for the tasks in a file."""
    told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [{"_id": task["id"], "title": task["title"], "created": task["created"]} for task in told]


def main(command, *arguments):
    with MongoClient(os.environ["MONGO_URI"], timeoutMS=5000) as client:
        tasks = open_tasks(client)
        if command == "save":
            prepare(tasks)
            batch = read(Path(arguments[0]))
            for document, word in zip(batch, save(tasks, batch), strict=True):
                print(word, document["_id"])
        else:
            limit, after = int(arguments[0]), "".join(arguments[1:])
            found, following = page(tasks, limit, after)
            for document in found:
                print("task", document["_id"], document["title"])
            if following:
                print("next", following)


if __name__ == "__main__":
    main(*sys.argv[1:])
