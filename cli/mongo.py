"""MongoDB natively: a one-node replica set, because retryable writes need one."""

from pathlib import Path
from typing import Any

from cli.config import Lab
from cli.ports import LOOPBACK

SET = "rs0"
CACHE_GB = "0.25"
TIMEOUT_MS = 1_500
MENDING_MS = 30_000
"""Making a replica set writes to the disk several times. A client that leaves before it is done has it undone, so on a
slow disk one that is in a hurry would begin again and again."""
NOT_INITIATED = 94
NOT_A_MEMBER = 93


def folder(lab: Lab) -> Path:
    """Where the data live."""
    return lab.state / "mongo"


def command(lab: Lab, mongod: str) -> list[str]:
    """mongod as the lab runs it: loopback only, small cache, log on standard output."""
    options = {
        "--replSet": SET,
        "--bind_ip": LOOPBACK,
        "--port": str(lab.port("MONGO_PORT")),
        "--dbpath": str(folder(lab)),
        "--wiredTigerCacheSizeGB": CACHE_GB,
        "--setParameter": "diagnosticDataCollectionEnabled=false",
    }
    return [mongod, *(word for option in options.items() for word in option), "--nounixsocket", "--quiet"]


def member(lab: Lab) -> str:
    """What the replica set calls its one member: the address clients on this computer can use."""
    return f"localhost:{lab.port('MONGO_PORT')}"


def uri(lab: Lab) -> str:
    """The server itself, whatever its replica set says."""
    return f"mongodb://{LOOPBACK}:{lab.port('MONGO_PORT')}/?directConnection=true"


def is_primary(lab: Lab) -> str:
    """Empty when the server takes writes, else what is missing."""
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    try:
        with MongoClient[dict[str, Any]](uri(lab), timeoutMS=TIMEOUT_MS) as client:
            return (
                "" if client.admin.command("hello").get("isWritablePrimary") else "the replica set has no primary yet"
            )
    except PyMongoError:
        return f"mongod does not answer on port {lab.port('MONGO_PORT')}"


def ensure_replica_set(lab: Lab) -> None:
    """Makes the one-node replica set if it is not there, or gives it its new address; quiet while mongod starts."""
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    try:
        if code := _status(lab):
            with MongoClient[dict[str, Any]](uri(lab), timeoutMS=MENDING_MS) as client:
                _mend(client.admin, lab, code)
    except PyMongoError:
        return


def _status(lab: Lab) -> int:
    """Why the server has no replica set, by MongoDB's number; 0 when it has one. PyMongoError where it is silent."""
    from pymongo import MongoClient
    from pymongo.errors import OperationFailure

    with MongoClient[dict[str, Any]](uri(lab), timeoutMS=TIMEOUT_MS) as client:
        try:
            client.admin.command("replSetGetStatus")
        except OperationFailure as error:
            return error.code or 0
    return 0


def _mend(admin: Any, lab: Lab, code: int) -> None:
    if code == NOT_INITIATED:
        admin.command("replSetInitiate", {"_id": SET, "members": [{"_id": 0, "host": member(lab)}]})
    elif code == NOT_A_MEMBER:
        # The data were made when MONGO_PORT had another value: the set looks for itself at the old address.
        config = admin.client.local.system.replset.find_one()
        if config:
            config["members"][0]["host"] = member(lab)
            config["version"] += 1
            admin.command("replSetReconfig", config, force=True)
