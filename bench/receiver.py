"""A collector that takes spans and forgets them: ``python -m bench.receiver PORT``."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cli.ports import LOOPBACK


class Handler(BaseHTTPRequestHandler):
    """Answers every request that it has read with 200."""

    def do_POST(self) -> None:
        """Read it to its end."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


if __name__ == "__main__":
    ThreadingHTTPServer((LOOPBACK, int(sys.argv[1])), Handler).serve_forever()
