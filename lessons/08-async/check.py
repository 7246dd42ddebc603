"""Whether service.py waits for many at once, is never kept from answering, and does what it has promised.

Judged by what happens while something else is held up: the relay in front of the lab decides when a request goes on.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition
from time import monotonic
from typing import Any

import httpx

from lessons.kit import hops
from lessons.kit.between import Answered, Asked, Forward, Hook, between, plainly
from lessons.kit.place import Place
from lessons.kit.ports import free_port
from lessons.kit.program import Running, wait_until
from lessons.kit.steps import step
from lessons.kit.verdict import NotYet, expect
from lessons.kit.waiting import settled, until

FILE = "service.py"
ROUNDS = 1_000_000
SALT = b"lesson 8"
KEY = "Idempotency-Key"
PATIENT = 30.0
QUIET = 4.0
"""Requests that have not come after so many seconds without a new one are not coming."""
ANSWERS_WITHIN = 4.0
ENDS_WITHIN = 15.0
SIGHTINGS = 2
ALMOST = 0.2
"""The pulse is taken every 0.05 s: so much of a standstill may stay unseen."""


@dataclass
class Service:
    """The student's service, as its clients meet it."""

    http: httpx.Client
    running: Running
    pool: ThreadPoolExecutor

    def post(self, path: str, body: object) -> "Future[httpx.Response]":
        """The answer, later."""
        return self.pool.submit(self._post, path, body)

    def _post(self, path: str, body: object) -> httpx.Response:
        try:
            return self.http.post(path, json=body)
        except httpx.HTTPError as error:
            seen = f"{type(error).__name__}; its log:\n{self.running.last}"
            raise NotYet(f"an answer to POST {path} within {PATIENT:g} s", seen) from error

    def health(self, within: float = PATIENT) -> dict[str, Any]:
        """What /healthz says; empty where it says nothing."""
        try:
            found: dict[str, Any] = self.http.get("/healthz", timeout=within).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return found

    def said(self, answer: httpx.Response) -> str:
        """An answer in words; what the service has printed, where that is an error."""
        what = f"{answer.status_code}: {answer.text.strip()[:120]}"
        return what if answer.is_success else f"{answer.status_code}, and in the service's log:\n{self.running.last}"


@contextmanager
def _service(place: Place, hook: Hook = plainly) -> Iterator[Service]:
    """Running, with the relay between it and the lab."""
    port = free_port()
    base, one_each = f"http://127.0.0.1:{port}", httpx.Limits(max_keepalive_connections=0)
    with (
        between(place.addresses["http"], hook) as passed,
        place.running(FILE, str(port), LAB_HTTP=passed.url) as running,
        httpx.Client(base_url=base, timeout=PATIENT, trust_env=False, limits=one_each) as http,
        ThreadPoolExecutor() as pool,
    ):
        service = Service(http, running, pool)
        wait_until(running, lambda: service.health(within=1), "service.py answers on the port that it was given")
        yield service


def _titles(place: Place) -> list[str]:
    count = place.random.randint(5, 8)
    return [f"{place.word} {number}" for number in range(1, count + 1)]


def _ids(service: Service, answer: httpx.Response, count: int) -> list[str]:
    """The ids in the answer to a batch, one for each title."""
    what = f'{{"ids": [...]}} with the ids of {count} tasks'
    found = _member(answer, "ids")
    whole = isinstance(found, list) and len(found) == count and all(isinstance(one, str) for one in found)
    expect(whole, what, service.said(answer))
    return list(found or [])


def _member(answer: httpx.Response, name: str) -> Any:
    try:
        return answer.json()[name]
    except (ValueError, KeyError, TypeError):
        return None


@dataclass
class Notes:
    """Which title got which id, and how often it was asked for."""

    ids: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, float]] = field(default_factory=list)

    def forward(self, asked: Asked, forward: Forward) -> Answered:
        """Forwards a request, and writes down what became of it."""
        answer = forward(asked)
        if answer.status == httpx.codes.ACCEPTED:
            self.ids[_title(asked)] = json.loads(answer.body)["id"]
        return answer

    def note(self, asked: Asked) -> str:
        """Writes down that it came; its title."""
        self.asked.append((_title(asked), asked.headers.get(KEY, ""), monotonic()))
        return _title(asked)

    def of(self, title: str) -> list[tuple[str, float]]:
        """The key and the moment of each request for a title."""
        return [(key, moment) for one, key, moment in self.asked if one == title]


def _title(asked: Asked) -> str:
    try:
        return str(json.loads(asked.body)["title"])
    except (ValueError, KeyError, TypeError):
        return ""


@step("a batch is sent, and answered with its ids")
def sends(place: Place) -> None:
    """The plain case."""
    titles, notes = _titles(place), Notes()
    with _service(place, notes.forward) as service:
        ids = _ids(service, service.post("/batch", {"titles": titles}).result(), len(titles))
    expect(set(ids) == set(notes.ids.values()), "the ids that the lab gave", f"{len(notes.ids)} tasks sent, other ids")


class Gate:
    """Holds every request back until it is opened; lets the first title through last."""

    def __init__(self, notes: Notes, last: str) -> None:
        self._notes, self._last = notes, last
        self._changed = Condition()
        self._open = False
        self.there = 0
        self.most = 0

    def __call__(self, asked: Asked, forward: Forward) -> Answered:
        """A hook."""
        with self._changed:
            self.there += 1
            self.most = max(self.most, self.there)
            self._changed.wait_for(lambda: self._open, PATIENT)
            if _title(asked) == self._last:
                self._changed.wait_for(lambda: self.there == 1, ANSWERS_WITHIN)
        answer = self._notes.forward(asked, forward)
        with self._changed:
            self.there -= 1
            self._changed.notify_all()
        return answer

    def open(self) -> None:
        """From now on everything goes through."""
        with self._changed:
            self._open = True
            self._changed.notify_all()


@step("its requests are all on their way at the same time")
def waits_for_many(place: Place) -> None:
    """Held back by the relay, they gather there; and the service answers somebody else meanwhile."""
    titles, notes = _titles(place), Notes()
    gate = Gate(notes, last=titles[0])
    with _service(place, gate) as service:
        answer = service.post("/batch", {"titles": titles})
        most = settled(lambda: gate.most, lambda found: found == len(titles) or answer.done(), QUIET)
        answers = service.health(within=ANSWERS_WITHIN)
        gate.open()
        ids = _ids(service, answer.result(), len(titles))
    others = (
        "one waits for the other" if answers else "and meanwhile it answers nobody: its event loop waits with the first"
    )
    what = f"{len(titles)} requests on their way at the same time, and /healthz answered meanwhile"
    expect(most == len(titles) and answers, what, f"{most} at a time: {others}")
    expect(ids == [notes.ids[title] for title in titles], "the ids in the order of the titles", "another order")


@step("told to wait, it waits without keeping others waiting")
def pauses(place: Place) -> None:
    """503 with Retry-After, and then the pulse."""
    titles, notes, seconds = _titles(place)[:2], Notes(), place.random.choice([2, 3])

    def busy(asked: Asked, forward: Forward) -> Answered:
        first = notes.note(asked) == titles[0] and len(notes.of(titles[0])) == 1
        return _not_now(seconds) if first else notes.forward(asked, forward)

    with _service(place, busy) as service:
        _ids(service, service.post("/batch", {"titles": titles}).result(), len(titles))
        stood_still = float(service.health().get("stood_still", 0))
    _expect_patience(notes.of(titles[0]), seconds)
    seen = f"its event loop stood still for {stood_still:.1f} s: for so long it answers nobody at all"
    expect(stood_still < seconds - ALMOST, "an event loop that goes on while this one task waits", seen)


def _expect_patience(attempts: list[tuple[str, float]], seconds: int) -> None:
    what = f"another attempt after {seconds} s, as Retry-After says, with the same {KEY}"
    expect(len(attempts) == 2, what, f"{len(attempts)} attempt(s)")
    (first, begun), (second, again) = attempts
    expect(again - begun >= seconds, what, f"it asked again after {again - begun:.1f} s")
    expect(first and first == second, what, f"the keys {first!r} and {second!r}")


def _not_now(seconds: int) -> Answered:
    headers = httpx.Headers({"Retry-After": str(seconds), "Content-Type": "application/problem+json"})
    return Answered(503, headers, json.dumps({"title": "Service Unavailable", "detail": "busy"}).encode())


@step("while it works out a seal, it answers others")
def computes(place: Place) -> None:
    """What /healthz says while the seal is being worked out."""
    text = f"{place.word} {place.random.random()}"
    with _service(place) as service:
        answer = service.post("/seal", {"text": text})
        sightings = _count(answer, lambda: "seal" in service.health().get("doing", []))
        done = answer.result()
        said = service.said(done)
    seal = hashlib.pbkdf2_hmac("sha256", text.encode(), SALT, ROUNDS).hex()
    expect(done.is_success and _member(done, "seal") == seal, "the fingerprint of the text", said)
    seen = "nobody was answered until the seal was there: it was worked out on the event loop"
    expect(sightings >= SIGHTINGS, "/healthz answered while the seal is worked out", seen)


def _count(answer: "Future[httpx.Response]", look: Callable[[], bool]) -> int:
    """How often that was seen before the answer came; no longer than needed."""
    found = 0
    while not answer.done() and found < SIGHTINGS:
        found += look()
    return found


@step("what it has promised is done, also when it is asked to stop")
def finishes(place: Place) -> None:
    """Asked to stop while the promised task waits for its second attempt."""
    title, notes, seconds = f"{place.word} later", Notes(), place.random.choice([2, 3])

    def busy(asked: Asked, forward: Forward) -> Answered:
        notes.note(asked)
        return _not_now(seconds) if len(notes.of(title)) == 1 else notes.forward(asked, forward)

    with _service(place, busy) as service:
        answer = service.post("/later", {"title": title}).result()
        expect(answer.status_code == httpx.codes.ACCEPTED, "202 for what is done later", service.said(answer))
        wait_until(service.running, lambda: notes.asked, "the promised task sent soon after the 202")
        service.post("/stop", {}).result()
        ended = until(lambda: not service.running.runs, ENDS_WITHIN)
        last = service.running.last
    seen = f"it has ended, and the task was never sent: it was told to wait {seconds} s, and did not get them"
    expect(title in notes.ids, "what was answered with 202 in the lab before the service ends", seen, hops.way(place))
    expect(ended, "a service that ends once everything is done", f"it still runs; its log:\n{last}")
