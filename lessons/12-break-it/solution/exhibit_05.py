"""A service on a TCP port that stores tasks for many clients at the same time. It is asked line by line.

``PING`` is answered with ``PONG``, a task as JSON with ``stored ID``, anything else with ``no task``.
"""

import asyncio
import json
from typing import Any

from wiring import PORT, collection

tasks = collection()


async def save(document: dict[str, Any]) -> None:
    """Keep it under its id."""
    await asyncio.to_thread(tasks.replace_one, {"_id": document["_id"]}, document, upsert=True)


async def answer(line: bytes) -> str:
    """What a line is answered with."""
    if line.strip() == b"PING":
        return "PONG"
    try:
        task = json.loads(line)
        document = {"_id": task["id"], "title": task["title"]}
    except (ValueError, KeyError, TypeError):
        return "no task"
    await save(document)
    return f"stored {document['_id']}"


async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client, until it goes away."""
    async for line in reader:
        writer.write(f"{await answer(line)}\n".encode())
        await writer.drain()
    writer.close()


async def main() -> None:
    """Serve for ever."""
    server = await asyncio.start_server(client, "127.0.0.1", PORT)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
