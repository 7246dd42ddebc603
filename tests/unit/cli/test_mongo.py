"""The one-node replica set of the native lab is made, or mended, by one who waits until it is done."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from pymongo.errors import OperationFailure

from cli import mongo
from cli.config import Lab

LAB = cast("Lab", SimpleNamespace(port=lambda _: 27017))
SLOW_DISK_MS = 10_000


class Server:
    """A mongod that refuses its status with a code; remembers what it is told, and how long the client would wait."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.told: list[tuple[str, int]] = []

    def client(self, _: str, **options: int) -> "Client":
        """What stands in for MongoClient."""
        return Client(self, options["timeoutMS"])


class Client:
    """One connection to it."""

    def __init__(self, server: Server, patience: int) -> None:
        self.server = server
        self.patience = patience
        self.admin = self

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def command(self, name: str, *_: Any) -> dict[str, Any]:
        """Answers as mongod does."""
        self.server.told.append((name, self.patience))
        if name == "replSetGetStatus" and self.server.code:
            raise OperationFailure("no replset config has been received", self.server.code)
        return {}


def told(monkeypatch: pytest.MonkeyPatch, code: int) -> dict[str, int]:
    """The commands that a server with this status gets, with the milliseconds that each may take."""
    server = Server(code)
    monkeypatch.setattr("pymongo.MongoClient", _Generic(server.client))
    mongo.ensure_replica_set(LAB)
    return dict(server.told)


class _Generic:
    """A class that is called with its type written out."""

    def __init__(self, made: Any) -> None:
        self.made = made

    def __getitem__(self, _: Any) -> Any:
        return self.made


def test_who_makes_the_set_waits_for_a_slow_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that has left has it undone; who only asks is answered at once or not at all."""
    commands = told(monkeypatch, mongo.NOT_INITIATED)
    assert commands["replSetInitiate"] >= SLOW_DISK_MS > commands["replSetGetStatus"]


def test_a_set_that_is_there_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is only asked."""
    assert ["replSetGetStatus"] == list(told(monkeypatch, 0))
