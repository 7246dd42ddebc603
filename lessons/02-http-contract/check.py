"""Whether client.py keeps the contract: what is worth another attempt, what is not, and the same task only once."""

import json
import time
import uuid
from dataclasses import dataclass, field

import httpx

from lessons.kit import hops
from lessons.kit.between import Answered, Asked, Forward, Hook, between, plainly
from lessons.kit.place import Place
from lessons.kit.program import Ended
from lessons.kit.steps import step
from lessons.kit.verdict import expect
from lessons.kit.waiting import until

FILE = "client.py"
KEY = "Idempotency-Key"
STORED_WITHIN = 10.0
LATEST = 100


@dataclass
class Seen:
    """The requests that came, with the moments at which they did."""

    requests: list[Asked] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    done: Ended | None = None

    @property
    def keys(self) -> set[str]:
        """Their idempotency keys."""
        return {one.headers.get(KEY, "") for one in self.requests}


def _run(place: Place, title: str, hook: Hook = plainly) -> Seen:
    seen = Seen()

    def note(asked: Asked, forward: Forward) -> Answered | None:
        seen.moments.append(time.monotonic())
        seen.requests.append(asked)
        return hook(asked, forward)

    with between(place.addresses["http"], note) as passed:
        seen.done = place.finish(FILE, title, LAB_HTTP=passed.url)
    return seen


def _said(seen: Seen) -> str:
    assert seen.done is not None
    return f"exit code {seen.done.code}, and:\n{seen.done.last}"


def _queued(seen: Seen) -> str:
    assert seen.done is not None
    words = seen.done.printed.split()
    return words[1] if seen.done.code == 0 and words[:1] == ["queued"] and len(words) > 1 else ""


@step("a task is queued, and its id printed")
def sends(place: Place) -> None:
    """The plain case."""
    seen = _run(place, f"Plain {place.word}")
    expect(_queued(seen), "queued and the id of the task", _said(seen), hops.way(place))
    expect(len(seen.requests) == 1, "one request", f"{len(seen.requests)} of them")


@step("what is no task is not sent again")
def gives_in(place: Place) -> None:
    """4xx is the client's own mistake."""
    seen = _run(place, "")
    assert seen.done is not None
    what = "refused, the API's reason, and 2 as the exit code"
    expect(seen.done.code == 2 and seen.done.printed.startswith("refused"), what, _said(seen))
    expect(
        len(seen.requests) == 1, "one request: an empty title stays empty", f"it was sent {len(seen.requests)} times"
    )


@step("told that the API is busy, it waits as long as it is told")
def waits(place: Place) -> None:
    """503 with Retry-After."""
    refused, seconds = iter([True]), place.random.choice([2, 3])

    def busy(asked: Asked, forward: Forward) -> Answered:
        if not next(refused, False):
            return forward(asked)
        headers = httpx.Headers({"Retry-After": str(seconds), "Content-Type": "application/problem+json"})
        return Answered(503, headers, json.dumps({"title": "Service Unavailable", "detail": "busy"}).encode())

    seen = _run(place, f"Busy {place.word}", busy)
    what = f"another attempt after {seconds} s, and then queued"
    expect(_queued(seen) and len(seen.requests) == 2, what, _said(seen))
    waited = seen.moments[1] - seen.moments[0]
    expect(waited >= 1, what, "it has asked again at once")
    expect(waited >= seconds, what, f"it has asked again after {waited:.1f} s")


@step("where the answer is lost, it sends the same task again")
def repeats(place: Place) -> None:
    """The request arrived: nobody can know that who gets no answer."""
    title, lost = f"Lost {place.word} {uuid.uuid4().hex[:8]}", iter([True])

    def lose(asked: Asked, forward: Forward) -> Answered | None:
        answer = forward(asked)
        return None if next(lost, False) else answer

    seen = _run(place, title, lose)
    expect(_queued(seen) and len(seen.requests) == 2, "another attempt, and then queued", _said(seen))
    until(lambda: _count(place, title), STORED_WITHIN)
    with place.http(timeout=STORED_WITHIN) as http:
        # Whatever was sent before is stored once this one is.
        after = http.post("/flask/tasks", json={"title": f"After {title}"}).json()["id"]
        http.get(f"/flask/tasks/{after}", headers={"Prefer": "wait=5"})
    count = _count(place, title)
    seen_words = f"it is stored {'twice' if count == 2 else f'{count} times'}; the attempts had {len(seen.keys)} key(s)"
    expect(
        count == 1 and len(seen.keys) == 1,
        "one task in the database, and one Idempotency-Key for both attempts",
        seen_words,
    )


def _count(place: Place, title: str) -> int:
    with place.http() as http:
        items = http.get(f"/flask/tasks?limit={LATEST}").json()["items"]
    return sum(one["title"] == title for one in items)
