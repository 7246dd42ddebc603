"""A student's own service, in any language: its two programs, and a router that has it behind ``/yours/``.

``python -m lessons.kit.yours FOLDER`` runs it until Ctrl-C, on a queue and a collection of the student's own.
"""

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from core.topology import topology
from lessons.kit import node
from lessons.kit.place import Place
from lessons.kit.ports import free_port
from lessons.kit.program import Running, started, wait_until
from lessons.kit.router import router
from lessons.kit.verdict import CannotJudge, NotYet

SETTINGS = "service.toml"
PROGRAMS = ("producer", "worker")
ROUTES = Path(__file__).with_name("yours.conf")
CONTRACT = Path(__file__).resolve().parents[2] / "core" / "openapi.yaml"
STARTS_WITHIN = 60.0
"""Some languages compile what they are about to run."""
LESSON = 16
LOOK_AGAIN = 0.5
OK = 200


@dataclass(frozen=True)
class Yours:
    """Where it is, and its programs."""

    url: str
    producer: Running
    worker: Running

    def must_run(self) -> None:
        """NotYet, with its last words, where one of the two has ended."""
        self.producer.must_run()
        self.worker.must_run()


def commands(folder: Path) -> dict[str, list[str]]:
    """What service.toml says; NotYet, with what is wrong, where that cannot be used."""
    file = folder / SETTINGS
    what = f"{SETTINGS} with a command, as a list of words, for {' and for '.join(PROGRAMS)}"
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotYet(what, f"{type(error).__name__}: {error}") from error
    for name in PROGRAMS:
        words = told.get(name)
        if not (isinstance(words, list) and words and all(isinstance(word, str) for word in words)):
            raise NotYet(what, f"{name} = {words!r}")
    return {name: told[name] for name in PROGRAMS}


def declare(place: Place) -> None:
    """The queues of the student's service are there, as those of the lab are."""
    with place.channel() as channel:
        for queue in topology(place.queue).queues:
            channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))


@contextmanager
def yours(place: Place) -> Iterator[Yours]:
    """The service, while the block lasts; NotYet where it does not start, or does not say that it is ready."""
    words, port = commands(place.folder), free_port()
    told = {**place.environ, "PORT": str(port), "CONTRACT": str(CONTRACT), **node.environ(place.folder)}
    address = f"127.0.0.1:{port}"
    with (
        _program(place, "producer", words, told) as producer,
        _program(place, "worker", words, told) as worker,
        router(ROUTES, place.scratch, {"SERVICE": address}) as front,
    ):
        found = Yours(f"{front.url}/yours", producer, worker)
        _wait_until_ready(found, port)
        yield found


@contextmanager
def _program(place: Place, name: str, words: Mapping[str, list[str]], told: Mapping[str, str]) -> Iterator[Running]:
    command = words[name]
    path = told.get("PATH", os.environ.get("PATH", ""))
    own = place.folder / command[0]
    program = str(own) if own.is_file() else shutil.which(command[0], path=path)
    if program is None:
        seen = f"there is no {command[0]}, neither beside {SETTINGS} nor on PATH"
        raise NotYet(f"a program for {name} = {command}", seen)
    with started(place.folder, name, [program, *command[1:]], told, place.scratch / f"{name}.log") as running:
        yield running


def _wait_until_ready(found: Yours, port: int) -> None:
    listening = lambda: not found.worker.runs or _listens(port)  # noqa: E731
    wait_until(found.producer, listening, f"the producer listens on 127.0.0.1, port {port} (PORT)", STARTS_WITHIN)
    found.must_run()
    ready = lambda: not found.worker.runs or _is_ready(found.url)  # noqa: E731
    wait_until(found.producer, ready, f"{OK} for GET /readyz", STARTS_WITHIN)
    found.must_run()


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5.0, trust_env=False).status_code == OK
    except httpx.HTTPError:
        return False


def _addresses() -> dict[str, Any]:
    """Of the lab, as it runs."""
    done = subprocess.run([sys.executable, "lab", "status", "--json"], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit("the lab is not running: ./lab up")
    return dict(json.loads(done.stdout)["addresses"])


def main(folder: Path) -> None:
    """Until Ctrl-C. The queue is another one than the check's, which may run meanwhile."""
    student = f"{os.environ.get('LAB_STUDENT') or getpass.getuser()}-hand"
    with tempfile.TemporaryDirectory() as scratch:
        place = Place(student, LESSON, folder, Path(scratch), _addresses())
        declare(place)
        try:
            with yours(place) as found:
                where = f"--queue {place.queue} --collection {place.documents.full_name}"
                sys.stdout.write(f"Your service: {found.url} (Ctrl-C ends it)\n  ./lab conform {found.url} {where}\n")
                sys.stdout.flush()
                while True:
                    found.must_run()
                    time.sleep(LOOK_AGAIN)
        finally:
            place.clean()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main(Path(sys.argv[1]).resolve())
    except KeyboardInterrupt:
        sys.exit(0)
    except (NotYet, CannotJudge) as error:
        sys.exit(f"{error} {getattr(error, 'mend', '')}")
