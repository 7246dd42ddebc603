"""What a task costs besides time: bytes over each connection, and bytes that reach the disk."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psutil

from bench.book import Bench, Point
from bench.candidates import Ours
from core.documents import COLLECTION

STATISTICS_AGE = 12.0
"""The broker counts the bytes of its connections every five seconds, and answers from memory for some more."""
Bytes = Mapping[str, float]


@contextmanager
def metered(bench: Bench, one: Ours, point: Point, done: list[int]) -> Iterator[None]:
    """Writes down the bytes that each of the ``done`` tasks of the block took, part by part."""
    before = _read(bench, one)
    yield
    after = _read(bench, one)
    for name, value in after.items():
        bench.book.put(point, name, "bytes", (value - before.get(name, 0.0)) / max(1, sum(done)))


def _read(bench: Bench, one: Ours) -> Bytes:
    """Everything since the programs began. The database writes what it still holds back first."""
    with bench.stage.database.client() as client:
        client.admin.command("fsync")
        network = client.admin.command("serverStatus")["network"]
    time.sleep(STATISTICS_AGE)
    return {
        **_connections(bench, one),
        "into MongoDB": network["bytesIn"],
        "out of MongoDB": network["bytesOut"],
        "RabbitMQ to disk": _written(bench, "rabbitmq"),
        "MongoDB to disk": _written(bench, "mongo"),
    }


def _connections(bench: Bench, one: Ours) -> Bytes:
    """The twin's own: its API publishes, its worker consumes. The broker names each as its client did."""
    found = dict.fromkeys(("API to RabbitMQ", "RabbitMQ to API", "RabbitMQ to worker", "worker to RabbitMQ"), 0.0)
    for each in bench.stage.broker.api("GET", "/connections").json():
        name = each.get("client_properties", {}).get("connection_name", "")
        client = {one.name: "API", one.side.worker: "worker"}.get(name)
        if client is not None:
            found[f"{client} to RabbitMQ"] += each["recv_oct"]
            found[f"RabbitMQ to {client}"] += each["send_oct"]
    return found


def _written(bench: Bench, service: str) -> float:
    """Bytes that its processes have caused to be written, by the system's own account."""
    return float(sum(psutil.Process(pid).io_counters().write_bytes for pid in bench.stage.pids(service)))


def stored(bench: Bench, point: Point) -> None:
    """Writes down how much a stored task keeps: of the data, compressed, and of the indexes."""
    with bench.stage.database.client() as client:
        told = client[bench.stage.database.name].command("collStats", COLLECTION)
    bench.book.put(point, "kept in the collection", "bytes", told["storageSize"] / max(1, told["count"]))
    bench.book.put(point, "kept in its indexes", "bytes", told["totalIndexSize"] / max(1, told["count"]))


def exchanged(one: Ours, body: str) -> tuple[int, int]:
    """Bytes of one request, as the load generator sends it, and of the answer to it."""
    address = urlsplit(one.url)
    connection = HTTPConnection(address.hostname or "", address.port)
    connection.request("POST", address.path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    asked = f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
    asked += f"Content-Length: {len(body)}\r\n\r\n{body}"
    heads = [f"{name}: {value}\r\n" for name, value in answer.getheaders()]
    return len(asked), len(f"HTTP/1.1 {answer.status} {answer.reason}\r\n\r\n") + len("".join(heads)) + len(said)
