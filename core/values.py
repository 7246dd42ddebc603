"""What the settings may hold: each of these reads a text, and raises ValueError saying what it must be."""

from urllib.parse import urlsplit

LEVELS = ("debug", "info", "warning", "error")


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


def port(text: str) -> int:
    """The number of a port."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ValueError("it must be a port number from 1 to 65535")
    return int(text)


def count(text: str) -> int:
    """How many of something there are."""
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise ValueError("it must be a whole number from 1 to 256")
    return int(text)


def word(text: str) -> str:
    """A name or an address."""
    if not text.isprintable() or " " in text:
        raise ValueError("it must be one word, without blanks")
    return text


def label(text: str) -> str:
    """A name that people read."""
    if len(text) > 128:
        raise ValueError("it must have at most 128 characters")
    return word(text)


def queue_name(text: str) -> str:
    """The name of a queue."""
    if len(text.encode()) > 200 or text.startswith("amq."):
        raise ValueError("it must have at most 200 bytes and must not begin with 'amq.', which RabbitMQ reserves")
    return word(text)


def mongo_uri(text: str) -> str:
    """An address of MongoDB."""
    if urlsplit(text).scheme not in {"mongodb", "mongodb+srv"}:
        raise ValueError("it must begin with mongodb:// or mongodb+srv://")
    return text


def database_name(text: str) -> str:
    """The name of a database."""
    if len(text) > 63 or any(character in '/\\. "$*<>:|?' for character in text):
        raise ValueError('it must have at most 63 characters and none of /\\. "$*<>:|?')
    return text


def level(text: str) -> str:
    """How much is logged."""
    if text.lower() not in LEVELS:
        raise ValueError(f"it must be one of {', '.join(LEVELS)}")
    return text.lower()
