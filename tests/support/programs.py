"""A worker or an API of a test's own, as the lab itself would run it."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from cli.ports import LOOPBACK, free_port
from tests.support.stack import ROOT

ENDS_WITHIN = 15.0

Process = subprocess.Popen[bytes]


@contextmanager
def worker(package: str, environ: Mapping[str, str], log: Path, through: Sequence[str] = ()) -> Iterator[Process]:
    """A worker of that package while the block lasts; then it is asked to stop, and must end well.

    ``through``: a module that becomes the worker, and its arguments.
    """
    told = {**environ, "WORKER_PORT": str(free_port())}
    with _running([sys.executable, "-m", *through, f"{package}.worker"], told, log) as process:
        yield process


@contextmanager
def api(
    package: str, environ: Mapping[str, str], log: Path, processes: int = 1, through: Sequence[str] = ()
) -> Iterator[str]:
    """The address of that package's API, with that many processes, while the block lasts; then it must end well."""
    port = str(free_port())
    told = {**environ, "FLASK_PORT": port, "ASYNC_PORT": port, "API_PROCESSES": str(processes)}
    served = ["-c", f"{package}/gunicorn.conf.py", f"{package}.app:create_app()"]
    command = [sys.executable, "-m", *through, "gunicorn", *served]
    with _running(command, told, log):
        yield f"http://{LOOPBACK}:{port}"


def serving(url: str) -> list[psutil.Process]:
    """The processes that listen there, without their master, which is the parent of the others."""
    port = urlsplit(url).port
    found = [one for one in psutil.Process().children(recursive=True) if ports_of(one, psutil.CONN_LISTEN)[port]]
    return [one for one in found if one.is_running() and one.ppid() != os.getpid() and one.num_threads() > 1]


def ports_of(process: psutil.Process, status: str) -> Counter[int]:
    """Its own ports of TCP connections in that state, and how many it has of each; none where it has just ended."""
    try:
        return Counter(each.laddr.port for each in process.net_connections("tcp") if each.status == status)
    except psutil.Error:
        return Counter()


@contextmanager
def _running(command: list[str], environ: Mapping[str, str], log: Path) -> Iterator[Process]:
    told = {**os.environ, **environ, "BIND_HOST": LOOPBACK}
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=told, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        yield process
    finally:
        status = _ended(process)
    assert 0 == status, log.read_text()[-4000:]


def _ended(process: Process) -> int:
    process.terminate()
    try:
        return process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
