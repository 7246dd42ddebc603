"""``python -m board``: serves the board, with one process, so that all who look share one poller."""

import os
import sys

import uvicorn

from board.app import build
from board.settings import read
from core.errors import InvalidSetting

LINGER = 1
"""Seconds: a page that is open never ends by itself, so a board that stops waits for none."""


def main() -> None:
    """Returns when it has been asked to stop."""
    try:
        board = read(os.environ)
    except (InvalidSetting, ValueError) as error:
        sys.exit(f"board: {error}. Correct it in .env or the environment.")
    uvicorn.run(
        build(board), host=board.bind_host, port=board.port, log_level=board.lab.log_level, access_log=False,
        server_header=False, date_header=False, lifespan="off", timeout_graceful_shutdown=LINGER,
    )  # fmt: skip


if __name__ == "__main__":
    main()
