"""Addresses of a cluster's nodes, as people write them: host or host:port, with commas between."""

from urllib.parse import urlsplit

Address = tuple[str, int]
"""Host and port."""


def hosts(text: str) -> tuple[str, ...]:
    """Each node of a list; raises ValueError where one of them is no host or host:port."""
    found = tuple(part.strip() for part in text.split(","))
    for part in found:
        _split(part)
    return found


def address(text: str, usual_port: int) -> Address:
    """Host and port of one node; an address of IPv6 stands in brackets. Raises ValueError."""
    host, port = _split(text)
    return host, port or usual_port


def _split(text: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.netloc != text or set("@ ") & set(text) or text.endswith(":") or port == 0:
        raise ValueError(f"{text!r} is no host; it must be a list such as rabbit-1,rabbit-2:5673")
    return host, port
