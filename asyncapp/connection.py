"""The connection to the broker: one write for all that a turn of the event loop has to send."""

from typing import Any

from pika.adapters.asyncio_connection import AsyncioConnection


class Connection(AsyncioConnection):  # type: ignore[misc]
    """Gathers the frames of one turn of the event loop.

    pika hands the operating system each frame by itself, and a message has three. Each such call costs more than the
    frame, wakes the broker, and in the sync case gives Python's lock away to the threads that handle requests.
    """

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        self._unsent = bytearray()
        super().__init__(*arguments, **keywords)

    def _adapter_emit_data(self, data: bytes) -> None:
        """Send soon, as pika asks of its adapters: when everything that is ready has had its turn."""
        if not self._unsent:
            self.ioloop.call_later(0, self._write)
        self._unsent += data

    def _write(self) -> None:
        data, self._unsent = bytes(self._unsent), bytearray()
        if self._transport is not None:
            super()._adapter_emit_data(data)
