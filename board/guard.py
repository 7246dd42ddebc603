"""Who may make the board do something: its own page, and nobody else's that is open in the same browser."""

from typing import Protocol
from urllib.parse import urlsplit

HEADER = "X-Lab"
"""A page of another origin cannot send it: the browser would ask us first, and we do not say yes."""


class Headers(Protocol):
    """A request's headers, as the framework has them or a test."""

    def get(self, name: str, /) -> str | None: ...


def refusal(headers: Headers) -> str:
    """Why a request is refused; empty where it may pass."""
    if headers.get(HEADER) != "board":
        return f"The header {HEADER}: board is missing."
    if (headers.get("Sec-Fetch-Site") or "same-origin") != "same-origin":
        return "The request comes from another site."
    origin = headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("Host"):
        return f"The request comes from {origin}."
    return ""
