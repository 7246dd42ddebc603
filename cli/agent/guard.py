"""Who may ask the agent: the board's page in a browser on this computer, and nothing else that is open there.

Several things must be right at once: each alone has a hole. The ``Origin`` is written by the browser and no page
can change it; ``Sec-Fetch-Site`` tells the same in another way, and newer browsers always send it; the token is known
to who may read the board's settings, which pages of other origins may not. The ``Host`` keeps out names of others that
have been made to mean this computer.
"""

import hmac
from dataclasses import dataclass
from typing import Protocol

from cli.config import HTTP_DEFAULT_PORT, Lab
from cli.language import _

TOKEN = "X-Lab-Token"
NAMES = ("localhost", "127.0.0.1")
SAME = {"same-site", "same-origin"}


class Headers(Protocol):
    """A request's headers, as the framework has them or a test."""

    def get(self, name: str, /) -> str | None: ...


@dataclass(frozen=True)
class Guard:
    """What a request must carry."""

    origins: frozenset[str]
    hosts: frozenset[str]
    token: str

    def origin(self, headers: Headers) -> str:
        """The origin of the request where that is the board's; else empty."""
        given = headers.get("Origin") or ""
        return given if given in self.origins else ""

    def refusal(self, headers: Headers) -> str:
        """Why the request is refused; empty where it may pass."""
        if headers.get("Host") not in self.hosts:
            return _("It was asked by another name than this computer's.")
        if not self.origin(headers):
            return _("It was not asked by the board's page.")
        if (headers.get("Sec-Fetch-Site") or "same-site") not in SAME:
            return _("It was asked from another site.")
        if not self.token or not hmac.compare_digest((headers.get(TOKEN) or "").encode(), self.token.encode()):
            return _("The token is not this lab's. Load the page again.")
        return ""


def of(lab: Lab, token: str) -> Guard:
    """The guard of a lab's agent."""
    http, own = lab.port("HTTP_PORT"), lab.port("AGENT_PORT")
    port = "" if http == HTTP_DEFAULT_PORT else f":{http}"
    return Guard(
        frozenset(f"http://{name}{port}" for name in NAMES), frozenset(f"{name}:{own}" for name in NAMES), token
    )
