"""One connection to RabbitMQ, kept open: lost, it is opened again.

In the sync case a thread owns the connection and runs pika's own event loop; every other thread hands it work with
``call``, because a pika connection may be touched by its own thread only. In the async case the running event loop
owns it, and there is nothing to hand over.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event, Thread
from typing import Any

from pika.adapters.select_connection import IOLoop

from app.connection import Connection
from app.nodes import Nodes
from core.settings import LIMITS, Settings
from core.topology import Topology, topology

log = logging.getLogger(__name__)

Channel = Any


class Broker:
    """A connection with one channel, on which all queues of the lab are declared."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        on_ready: Callable[[Channel], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """``on_ready`` is called with every new channel, ``on_lost`` when it is gone: on the connection's thread."""
        self.topology: Topology = topology(settings.rabbit_queue, settings.queue_shards)
        self.missing = "RabbitMQ is not connected yet"
        """Why nothing can be published now; empty when all is well."""
        self._nodes = Nodes(settings, name)
        self._on_ready = on_ready
        self._on_lost = on_lost
        self._connection: Any = None
        self._reason = ""
        self._closing = False
        self._tried = Event()
        self._declaring = False
        self._loop = IOLoop()
        self._thread = Thread(target=self._run, name=f"broker-{name}", daemon=True)

    def start(self) -> None:
        """Begin to connect, and go on until it works; returns at once."""
        self._thread.start()

    def first_try(self) -> None:
        """Return when the first attempt to connect has worked or failed, or takes too long."""
        self._tried.wait(LIMITS.first_try)

    def call(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` run on the connection's thread, after those handed over before it."""
        self._loop.add_callback_threadsafe(callback)

    def close(self) -> None:
        """Close the connection; what is not acknowledged goes back to its queue. Bounded by the connect time-out."""
        self.call(self._close)
        self._thread.join(LIMITS.connect_timeout)

    def reconnect(self, why: str) -> None:
        """Give the connection up and open a new one. On the connection's thread only."""
        log.warning("reconnecting to the broker", extra={"reason": why})
        if self._connection is not None and self._connection.is_open:
            self._connection.close()

    def declare(self, channel: Channel, done: Callable[[], None]) -> None:
        """Declare everything, which changes nothing where it is as it should be. Then ``done``."""
        *others, last = self._declarations(channel)
        for declare in others:
            declare(callback=lambda _: None)
        last(callback=lambda _: done())

    def _declarations(self, channel: Channel) -> Iterator[Callable[..., None]]:
        """Every queue, and then what spreads tasks over those that are there."""
        for queue in self.topology.queues:
            yield partial(channel.queue_declare, queue.name, durable=True, arguments=queue.arguments)
        for one in self.topology.exchanges:
            yield partial(channel.exchange_declare, one.name, one.kind, durable=True, arguments=one.arguments)
            yield from (partial(channel.queue_bind, name, one.name, one.weight) for name in one.queues)

    def declare_again(self, channel: Channel) -> None:
        """Declare every queue a moment from now, once however often it is asked for.

        RabbitMQ needs the moment to end the subscriptions of a deleted queue. One that meets a new queue of that name
        before it has ended stays, counts as a consumer, and is never delivered anything (seen with 3.10).
        """
        if not self._declaring:
            self._declaring = True
            self._loop.call_later(LIMITS.redeclare, partial(self._declare_if_open, channel))

    def _declare_if_open(self, channel: Channel) -> None:
        self._declaring = False
        if channel.is_open:
            self.declare(channel, lambda: None)

    def _run(self) -> None:
        self._connect()
        while not self._closing:
            try:
                self._loop.start()
            except Exception:
                # A callback has failed, and pika's state with it: begin anew instead of leaving the thread dead.
                log.exception("the broker connection begins anew")
                self._loop = IOLoop()
                self._lost("an unforeseen error")
        self._loop.close()

    def _connect(self) -> None:
        self._connection = Connection(
            self._nodes.next(),
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_closed,
            on_close_callback=self._on_closed,
            custom_ioloop=self._loop,
        )

    def _on_open(self, connection: Connection) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        self.declare(channel, lambda: self._ready(channel))

    def _ready(self, channel: Channel) -> None:
        log.info("connected to the broker")
        self._nodes.works()
        self._declaring = False
        self._tried.set()
        self.missing = ""
        self._on_ready(channel)

    def _on_blocked(self, _: Connection, method: Any) -> None:
        self.missing = f"RabbitMQ takes no messages now ({method.method.reason})"
        log.warning("the broker has blocked publishing", extra={"reason": self.missing})

    def _on_unblocked(self, _: Connection, __: Any) -> None:
        self.missing = ""
        log.info("the broker takes messages again")

    def _on_channel_closed(self, _: Channel, reason: Exception) -> None:
        if self._connection.is_open:
            # The broker gives its reason here; the close of the connection, which is ours, has none.
            self._reason = self._nodes.explain(reason)
            self.reconnect(self._reason)

    def _on_closed(self, _: Connection, reason: BaseException) -> None:
        if self._closing:
            self._loop.stop()
        else:
            self._lost(self._reason or self._nodes.explain(reason))

    def _lost(self, why: str) -> None:
        if self._nodes.is_new(why):
            log.warning("the broker is not available", extra={"reason": why})
        self.missing, self._reason = why, ""
        self._tried.set()
        self._on_lost(why)
        self._loop.call_later(self._nodes.fails(), self._connect)

    def _close(self) -> None:
        self._closing = True
        if self._connection.is_open:
            # A broker that hangs never answers the close.
            self._loop.call_later(LIMITS.probe_timeout, self._loop.stop)
            self._connection.close()
        else:
            self._loop.stop()
