"""HTTP by hand, for what no client library would send."""

import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@dataclass(frozen=True)
class Heard:
    """Everything the server sent before it closed the connection or fell silent."""

    data: bytes
    closed: bool

    @property
    def statuses(self) -> list[int]:
        """The status of each answer, in order."""
        return [int(start[1]) for start in STATUS_LINE.finditer(self.data)]

    @property
    def last(self) -> httpx.Response:
        """The last answer, parsed."""
        start = list(STATUS_LINE.finditer(self.data))[-1]
        head, _, body = self.data[start.start() :].partition(b"\r\n\r\n")
        headers = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
        return httpx.Response(int(start[1]), headers=[(name, value) for name, value in headers], content=body)


def talk(base_url: str, data: bytes, finish: bool = False, patience: float = 3.0) -> Heard:
    """Send ``data``, with ``finish`` also the end of the stream, and hear what comes until ``patience`` runs out."""
    address = urlsplit(base_url)
    with socket.create_connection((address.hostname or "", address.port or 80), timeout=patience) as connection:
        with suppress(ConnectionError):  # The server may refuse before it has read everything.
            connection.sendall(data)
            if finish:
                connection.shutdown(socket.SHUT_WR)
        return _hear(connection)


def _hear(connection: socket.socket) -> Heard:
    heard = b""
    try:
        while received := connection.recv(65536):
            heard += received
    except TimeoutError:
        return Heard(heard, closed=False)
    except ConnectionError:
        pass
    return Heard(heard, closed=True)
