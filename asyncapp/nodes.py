"""The nodes of the broker: which one is tried next, and when. One node is a cluster of one."""

import random

import pika

from core.addresses import Address
from core.retry import backoff
from core.settings import LIMITS, Settings


class Nodes:
    """Each attempt goes to the next node, in an order of its own: those who lose one spread over the others."""

    def __init__(self, settings: Settings, name: str) -> None:
        addresses = settings.rabbit_nodes
        self._round = [_parameters(one, settings, name) for one in random.sample(addresses, len(addresses))]
        self._failures = 0
        self._told: set[str] = set()

    def next(self) -> pika.ConnectionParameters:
        """The node to try now."""
        self._round.append(self._round.pop(0))
        return self._round[-1]

    def works(self) -> None:
        """The last one does: the next failure is another one."""
        self._failures = 0
        self._told.clear()

    def fails(self) -> float:
        """Seconds until the next attempt: none before another node, more after each round of all of them."""
        self._failures += 1
        rounds, tried = divmod(self._failures, len(self._round))
        return 0.0 if tried else backoff(rounds - 1, random.random())

    def is_new(self, why: str) -> bool:
        """Whether nobody has been told of this reason since the last one worked."""
        told = why in self._told
        self._told.add(why)
        return not told

    def explain(self, reason: BaseException) -> str:
        """What went wrong with the last one, and what mends it."""
        where = f"RabbitMQ at {self._round[-1].host}:{self._round[-1].port}"
        text = str(reason)
        if "inequivalent arg" in text:
            cure = "delete it, then this mends itself"
            return f"{where} holds a queue of the same name with other arguments: {cure} ({text})"
        if "exchange type" in text:
            return f"{where} needs its plugin rabbitmq_consistent_hash_exchange for QUEUE_SHARDS above 1 ({text})"
        if "ACCESS_REFUSED" in text or "Authentication" in type(reason).__name__:
            return f"{where} refuses the user: check RABBIT_USER and RABBIT_PASSWORD"
        return f"{where} does not answer ({text or type(reason).__name__})"


def _parameters(node: Address, settings: Settings, name: str) -> pika.ConnectionParameters:
    host, port = node
    return pika.ConnectionParameters(
        host=host,
        port=port,
        credentials=pika.PlainCredentials(settings.rabbit_user, settings.rabbit_password),
        heartbeat=LIMITS.heartbeat,
        socket_timeout=LIMITS.connect_timeout,
        stack_timeout=LIMITS.connect_timeout,
        # A computer that has vanished answers nothing, and missing heartbeats tell so after 15 seconds and more.
        tcp_options={"TCP_USER_TIMEOUT": round(LIMITS.unreachable * 1000)},
        client_properties={"connection_name": name},
    )
