"""Ids of tasks: ordered by time, or derived from an idempotency key."""

import uuid

_KEYS = uuid.UUID("6f1c0b52-6a3e-5d0e-9b1b-8a1d5f6f7a10")


def new_id(epoch_ms: int, random: bytes) -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of time, then ten random bytes; inserts touch one end of an index."""
    value = (epoch_ms & (1 << 48) - 1) << 80 | int.from_bytes(random[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def id_of_key(key: str) -> str:
    """The same id for the same idempotency key, on every producer and after every restart (UUID version 5)."""
    return str(uuid.uuid5(_KEYS, key))
