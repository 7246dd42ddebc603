"""A service on a TCP port that takes tasks, one a line, and sends them to the queue behind its clients' backs.

A line is answered with ``taken``, or with ``busy`` where the client shall try later.
What was taken is sent as soon as it can be.
"""

import asyncio
from collections import deque
from threading import Condition, Thread

import pika
from wiring import PORT, QUEUE, broker

KEPT = pika.BasicProperties(content_type="application/json", delivery_mode=2)
waiting: "deque[bytes]" = deque(maxlen=100)
arrived = Condition()


def send() -> None:
    """Everything that waits, one after the other, each until the broker has confirmed it."""
    channel = pika.BlockingConnection(broker()).channel()
    channel.confirm_delivery()
    while True:
        with arrived:
            arrived.wait_for(lambda: waiting)
            line = waiting.popleft()
        channel.basic_publish("", QUEUE, line, KEPT, mandatory=True)


def take(line: bytes) -> str:
    """What a line is answered with."""
    with arrived:
        waiting.append(line.strip())
        arrived.notify()
    return "taken"


async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client, until it goes away."""
    async for line in reader:
        writer.write(f"{take(line)}\n".encode())
        await writer.drain()
    writer.close()


async def main() -> None:
    """Serve for ever."""
    Thread(target=send, daemon=True).start()
    server = await asyncio.start_server(client, "127.0.0.1", PORT)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
