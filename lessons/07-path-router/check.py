"""Whether mine.conf routes as it should, and says what is wrong where the services behind it do not answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from lessons.kit.behind import BROKEN, MISSING, SLOW, Service, dead, service
from lessons.kit.place import Place
from lessons.kit.router import Router, router
from lessons.kit.steps import step
from lessons.kit.verdict import NotYet, expect

FILE = "mine.conf"
PREFIX = "/mine"
PROBLEM = "application/problem+json"
PATIENCE = 7.0
"""Twice a second, once for each service, is what a good answer takes."""
MAY, MUST_NOT = 8_000, 9_000
OK, NOT_FOUND, TOO_LARGE, BAD_GATEWAY, TOO_LATE = 200, 404, 413, 502, 504


@dataclass(frozen=True)
class Asking:
    """The student's router, asked from outside."""

    router: Router
    client: httpx.Client

    def ask(self, method: str, path: str, body: bytes = b"") -> httpx.Response:
        """NotYet where no answer comes."""
        try:
            return self.client.request(method, PREFIX + path, content=body or None)
        except httpx.ReadTimeout as error:
            seen = f"none within {PATIENCE:g} s: nginx still waits for the service (60 s, unless it is told otherwise)"
            raise NotYet(f"an answer to {method} {PREFIX}{path}", seen, self.router.last()) from error
        except httpx.HTTPError as error:
            raise NotYet(f"an answer to {method} {PREFIX}{path}", repr(error), self.router.last()) from error

    def from_whom(self, answer: httpx.Response) -> str:
        """Its status, and whose it is: a service tells its name."""
        whose = "from the service" if '"service"' in answer.text or "has no" in answer.text else "from nginx itself"
        kind = answer.headers.get("Content-Type", "no Content-Type")
        return f"{answer.status_code} {whose}, {kind}: {answer.text.strip()[:300]}"


@contextmanager
def _asking(place: Place, first: str, second: str) -> Iterator[Asking]:
    """The student's router in front of these two."""
    values = {"FIRST": first, "SECOND": second}
    with (
        router(place.folder / FILE, place.scratch, values) as own,
        httpx.Client(base_url=own.url, timeout=PATIENCE, trust_env=False) as client,
    ):
        yield Asking(own, client)


@contextmanager
def _both(place: Place) -> Iterator[tuple[Asking, Service, Service]]:
    with (
        service("the first") as first,
        service("the second") as second,
        _asking(place, first.address, second.address) as asking,
    ):
        yield asking, first, second


def _must_be_a_problem(asking: Asking, answer: httpx.Response, status: int) -> None:
    what = f"{status} as a problem document ({PROBLEM}, with type, title, status and detail)"
    seen, hop = asking.from_whom(answer), asking.router.last()
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    expect(answer.status_code == status and kind == PROBLEM, what, seen, hop)
    try:
        told = json.loads(answer.text)
    except ValueError as error:
        raise NotYet(what, f"no JSON ({error}): {answer.text[:300]}", hop) from error
    whole = isinstance(told, dict) and {"type", "title", "status", "detail"} <= set(told) and told["status"] == status
    expect(whole, what, seen, hop)


@step("what is under /mine/ goes to a service behind, with the path as it was written")
def routes(place: Place) -> None:
    """%2F stays %2F: for RabbitMQ it is the name of a virtual host, and no step down."""
    word = place.word
    path = f"/{word}/%2F/{word[:4]}%20{word[4:]}?{word}=%2F"
    with _both(place) as (asking, first, second):
        answer = asking.ask("GET", path)
        arrived = first.arrived + second.arrived
        hop = asking.router.last()
        expect(answer.status_code == OK and arrived, "200 from a service", asking.from_whom(answer), hop)
        found = arrived[0].path
        expect(found == path, f"{path} arrives", f"{found}: it was decoded on the way, or not cut as it should be", hop)
        prefix = arrived[0].headers.get("X-Forwarded-Prefix")
        expect(prefix == PREFIX, f"X-Forwarded-Prefix: {PREFIX} arrives", f"X-Forwarded-Prefix: {prefix}", hop)


@step("what the service says itself passes as it is, its errors too")
def passes_on(place: Place) -> None:
    """Only the service knows why it has no such thing."""
    with _both(place) as (asking, *_):
        answer = asking.ask("GET", f"{MISSING}/{place.word}")
        own = answer.status_code == NOT_FOUND and place.word in answer.text
        what = f"the service's own answer: {NOT_FOUND}, with its own words"
        expect(own, what, asking.from_whom(answer), asking.router.last())


@step("a body of more than 8 kB is refused with 413, and reaches no service")
def limits(place: Place) -> None:
    """And one that is just smaller arrives whole."""
    with _both(place) as (asking, first, second):
        answer = asking.ask("POST", f"/{place.word}", b"x" * MUST_NOT)
        _must_be_a_problem(asking, answer, TOO_LARGE)
        expect(not first.arrived + second.arrived, "no service gets it", "one has got it", asking.router.last())
        answer = asking.ask("POST", f"/{place.word}", b"x" * MAY)
        sizes = [len(asked.body) for asked in first.arrived + second.arrived]
        what = f"{OK}, and {MAY} bytes that arrive"
        expect(answer.status_code == OK and sizes == [MAY], what, asking.from_whom(answer), asking.router.last())


@step("where one of the two is dead, the other answers; where both are, it is 502")
def survives(place: Place) -> None:
    """Nothing was sent to who cannot be reached, so that even a POST may go to the other."""
    with dead() as nobody, service("the second") as second, _asking(place, nobody, second.address) as asking:
        for method in ("GET", "POST", "GET"):
            answer = asking.ask(method, f"/{place.word}")
            what = f"{OK} from the one that lives, for {method}"
            expect(answer.status_code == OK, what, asking.from_whom(answer), asking.router.last())
    with dead() as nobody, _asking(place, nobody, nobody) as asking:
        _must_be_a_problem(asking, asking.ask("GET", f"/{place.word}"), BAD_GATEWAY)


@step("a service that says nothing is given up after a second: 504")
def gives_up(place: Place) -> None:
    """Somebody waits for the answer."""
    with _both(place) as (asking, *_):
        _must_be_a_problem(asking, asking.ask("GET", f"{SLOW}/{place.word}"), TOO_LATE)


@step("a POST that a service has got is not sent to the other")
def does_not_repeat(place: Place) -> None:
    """It broke off, or was too slow: whether it has done the work, nobody knows."""
    for path, status in ((BROKEN, BAD_GATEWAY), (SLOW, TOO_LATE)):
        with _both(place) as (asking, first, second):
            answer = asking.ask("POST", f"{path}/{place.word}", place.word.encode())
            times = len(first.arrived) + len(second.arrived)
            hop = asking.router.last()
            expect(times == 1, "the POST arrives once", f"it has arrived {times} times: two tasks instead of one", hop)
            _must_be_a_problem(asking, answer, status)
