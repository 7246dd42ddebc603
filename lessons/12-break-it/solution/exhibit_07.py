"""A producer for large files: two processes share the work: ``exhibit_07.py FILE``, with one task a line.

Prints ``sent ID`` for each task that the broker has confirmed. Where there is no broker one hears of it at once.
"""

import json
import sys
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import pika
from wiring import QUEUE, broker

PROCESSES = 2
KEPT = pika.BasicProperties(content_type="application/json", delivery_mode=2)


def send(lines: Sequence[str]) -> None:
    """One after the other, over a connection of this process's own."""
    channel = pika.BlockingConnection(broker()).channel()
    channel.confirm_delivery()
    for line in lines:
        channel.basic_publish("", QUEUE, line.encode(), KEPT, mandatory=True)
        sys.stdout.write(f"sent {json.loads(line)['id']}\n")


def main(file: str) -> None:
    """A share for each process."""
    pika.BlockingConnection(broker()).close()
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    fork = get_context("fork")
    shares = [lines[number::PROCESSES] for number in range(PROCESSES)]
    processes = [fork.Process(target=send, args=(share,)) for share in shares]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    sys.exit(max(abs(process.exitcode or 0) for process in processes))


if __name__ == "__main__":
    main(sys.argv[1])
