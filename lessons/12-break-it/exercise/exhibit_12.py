"""A service on a TCP port that takes tasks, one a line, and sends them to the queue behind its clients' backs.

A line is answered with ``taken``, or with ``busy`` where the client shall try later.
What was taken is sent as soon as it can be.
"""

import asyncio
from queue import Queue
from threading import Thread

import pika
from wiring import PORT, QUEUE, broker

KEPT = pika.BasicProperties(content_type="application/json", delivery_mode=2)
waiting: "Queue[bytes]" = Queue()


def send() -> None:
    """Everything that waits, one after the other, each until the broker has confirmed it."""
    channel = pika.BlockingConnection(broker()).channel()
    channel.confirm_delivery()
    while True:
        channel.basic_publish("", QUEUE, waiting.get(), KEPT, mandatory=True)


def take(line: bytes) -> str:
    """What a line is answered with."""
    waiting.put(line.strip())
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
