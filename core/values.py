"""What the settings of the traces may hold; each raises ValueError saying what it must be."""

from urllib.parse import urlsplit


def http_address(text: str) -> str:
    """An address with a host, and perhaps a port and a path; no name and password, which nothing here would send."""
    parts = urlsplit(text)
    is_plain = text.isascii() and text.isprintable() and not set(text) & {" ", "@", "?", "#"}
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0 or not is_plain:
        raise ValueError("it must be an address such as http://collector:4318")
    return text


def share(text: str) -> float:
    """A share of the whole."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise ValueError("it must be a number from 0 (none) to 1 (all)")
    return found
