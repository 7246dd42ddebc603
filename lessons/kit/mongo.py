"""A look at the lab's documents: ``python -m lessons.kit.mongo 'tasks.find_one()'`` prints what pymongo gives, as JSON.

Several lines are several expressions. Known in them: ``tasks``, the lab's own collection; ``mine``, one of yours to
play with; ``stages(filter, sort)``, how MongoDB would look for the lab's tasks; ``NEWEST_FIRST``, the lab's order.
"""

import getpass
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bson import json_util
from pymongo import MongoClient
from pymongo.cursor import Cursor
from pymongo.errors import PyMongoError

from core.documents import COLLECTION, NEWEST_FIRST
from lessons.kit import plans
from lessons.kit.place import DATABASE, TIMEOUT

ROOT = Path(__file__).resolve().parents[2]


def _addresses() -> dict[str, Any]:
    """Of the lab, as it runs."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "lab"), "status", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode or not done.stdout:
        sys.exit("the lab is not running: ./lab up")
    return dict(json.loads(done.stdout)["addresses"])


def _known(client: MongoClient[Any], database: str) -> dict[str, Any]:
    """The names that an expression may use."""

    def stages(wanted: Any = None, sort: Any = None) -> list[str]:
        order = {"sort": dict(sort)} if sort else {}
        return plans.stages(client[database], {"find": COLLECTION, "filter": wanted or {}, **order})

    own = f"lesson.{os.environ.get('LAB_STUDENT') or getpass.getuser()}.hand"
    return {
        "tasks": client[database][COLLECTION],
        "mine": client[DATABASE][own],
        "stages": stages,
        "NEWEST_FIRST": NEWEST_FIRST,
    }


def _value(expression: str, known: dict[str, Any]) -> str:
    """As JSON, or MongoDB's no."""
    try:
        value = eval(expression, known)
        value = list(value) if isinstance(value, Cursor) else value
    except PyMongoError as error:
        return f"{type(error).__name__}: {error}"
    return json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS, ensure_ascii=False)


def main(expressions: list[str]) -> None:
    """Prints a line for each."""
    addresses = _addresses()
    with MongoClient[Any](addresses["mongo"], tz_aware=True, timeoutMS=int(TIMEOUT * 1000)) as client:
        known = _known(client, addresses["db"])
        for expression in filter(None, map(str.strip, expressions)):
            sys.stdout.write(f"{_value(expression, known)}\n")


if __name__ == "__main__":
    main("\n".join(sys.argv[1:]).splitlines())
