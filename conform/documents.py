"""What a worker makes of messages: the document in MongoDB, stored once, and the dead letter with its reason."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from conform.creating import accepted
from conform.demand import Unjudged, Violated, demand, must
from conform.sending import PERSISTENT, WORD, message, publish, stored, task, works
from conform.service import Document, Service, brief, until
from conform.tap import Letter, letters_of
from core.enrich import hashtags, slug
from core.message import ATTEMPT, QUEUE, REASON, Message
from core.topology import topology

ANSWERS_WITHIN = 18
TIMES = ("nginx", "accepted", "received", "stored")
PASSPORT = {"request_id", "producer", "worker", "attempt", "redelivered", "waited_ms", "times"}
DIES_WITHIN = 15.0
SETTLED = 0.4


@demand("document", "stored", "A task in the queue is stored, with its id as the _id")
def is_stored(service: Service) -> str:
    """The _id is what keeps it from being stored twice."""
    return f"{works(service)['_id']} in {service.documents.full_name}"


def one_stored(service: Service) -> Document:
    """A document that the worker has stored; Unjudged where it stores nothing: a demand of its own says so."""
    try:
        return works(service)
    except Violated as error:
        raise Unjudged(f"no task is stored: {error}") from error


@demand("document", "document", "The document has what was asked for, and who sent and stored it")
def whole(service: Service) -> str:
    """Letter for letter; title, notes, work, source, worker."""
    found = one_stored(service)
    wrong = [name for name in ("title", "notes", "work", "source", "worker") if name not in found]
    must(not wrong, f"no {', '.join(wrong)}")
    must(found["notes"] == "two words #LÄNGE #Zwei", f"notes {found['notes']!r}")
    must(found["work"] == {"io_ms": 0, "cpu_ms": 0}, f"work {found['work']}")
    must(found["source"] == WORD, f"source {found['source']!r}, and the message said {WORD!r}")
    return f"source {found['source']}, worker {found['worker']}"


@demand("document", "derived", "slug, words, characters and hashtags follow from title and notes")
def derived(service: Service) -> str:
    """By the rules of core/enrich.py, for letters of every script."""
    found = one_stored(service)
    title, notes = str(found.get("title")), str(found.get("notes"))
    text = f"{title}\n{notes}"
    expected = {
        "slug": slug(title), "words": len(text.split()), "characters": len(title) + len(notes),
        "hashtags": hashtags(text),
    }  # fmt: skip
    wrong = {name: found.get(name) for name, value in expected.items() if found.get(name) != value}
    must(not wrong, "; ".join(f"{name} {value!r}, and not {expected[name]!r}" for name, value in wrong.items()))
    return ", ".join(f"{name} {value!r}" for name, value in expected.items())


@demand("document", "passport", "The document has a passport: request, producer, worker, attempt, wait, times")
def passport(service: Service) -> str:
    """Who handled it, and when it passed each hop."""
    found = one_stored(service)
    told = found.get("passport")
    if not isinstance(told, dict):
        raise Violated("no passport")
    must(told.keys() == PASSPORT, f"a passport with {', '.join(told)}")
    must(told["producer"] == {"name": WORD, "host": WORD}, f"producer {told['producer']}")
    must(told["worker"].get("name") == found.get("worker"), f"worker {told['worker']}")
    must(str(told["request_id"]).startswith(service.mark), f"request_id {told['request_id']}")
    must((told["attempt"], told["redelivered"]) == (1, False), f"attempt {told['attempt']}, {told['redelivered']}")
    return f"attempt 1, waited {told['waited_ms']} ms"


@demand("document", "times", "The passport's times are dates, in the order of the hops, and waited_ms fits them")
def times(service: Service) -> str:
    """Dates of MongoDB, and no texts: one can sort and compare them."""
    told = one_stored(service).get("passport")
    if not isinstance(told, dict) or not isinstance(told.get("times"), dict):
        raise Unjudged("the document has no passport with times")
    found = [told["times"].get(hop) for hop in TIMES]
    must(all(isinstance(one, datetime) for one in found), f"{dict(zip(TIMES, found, strict=True))}")
    must(found == sorted(found), f"{', '.join(f'{hop} {when}' for hop, when in zip(TIMES, found, strict=True))}")
    waited = round((found[2] - found[1]).total_seconds() * 1000)
    must(abs(told.get("waited_ms", -1) - waited) <= 1, f"waited_ms {told.get('waited_ms')}, and {waited} by the times")
    return f"waited {waited} ms"


def _dead(service: Service, ids: set[str], count: int) -> list[Letter]:
    found: list[Letter] = []

    def enough() -> bool:
        found.extend(letters_of(service, topology(service.queue).dead.name, ids))
        return len(found) >= count

    until(enough, DIES_WITHIN if count else 0)
    return found


def _markers(service: Service) -> None:
    """Two tasks, one after the other: what was in the queue before them has been handled then."""
    for _ in range(2):
        one = task(service, "marker")
        publish(service, [message(service, one)])
        stored(service, [one.id])


@demand("document", "stored-once", "A message that comes three times is stored once, and the document stays as it was")
def stored_once(service: Service) -> str:
    """At-least-once means that it will happen. A repetition is no error, so there is no dead letter."""
    one_stored(service)
    one = task(service, "repeated")
    again = message(service, one)
    publish(service, [again])
    first = stored(service, [one.id])[0]
    publish(service, [again, again])
    _markers(service)
    changed = until(lambda: _now(service, one.id) != [first], SETTLED)
    now = _now(service, one.title, "title")
    must(len(now) == 1, f"{len(now)} documents")
    must(not changed, f"the document has changed: {_difference(first, now[0])}")
    must(not _dead(service, {one.id}, 0), "a repetition among the dead letters")
    return "one document, unchanged"


def _now(service: Service, value: str, name: str = "_id") -> list[Document]:
    return list(service.documents.find({name: value}))


def _difference(first: Document, now: Document) -> str:
    return ", ".join(name for name in {*first, *now} if first.get(name) != now.get(name))


@demand("document", "conflict", "Another task under a stored id is a dead letter, and the first stays")
def conflict(service: Service) -> str:
    """Neither may be lost: a person has to look."""
    one_stored(service)
    one = task(service, "first")
    other = msgspec.structs.replace(one, title=service.title("second"))
    publish(service, [message(service, one)])
    first = stored(service, [one.id])
    publish(service, [message(service, other)])
    dead = _dead(service, {one.id}, 1)
    must(_now(service, one.id) == first, "the first document was changed")
    must(dead, f"no dead letter within {DIES_WITHIN:g} s: the second task is lost")
    must(dead[0].headers.get(REASON), "a dead letter without a reason")
    return f"reason: {dead[0].headers[REASON]}"


@dataclass(frozen=True)
class Poisoned:
    """Messages that are no tasks, between some that are, and what became of them."""

    bodies: dict[str, bytes]
    """By their message id."""
    dead: list[Letter]
    lost: str
    """What is wrong with their neighbours; empty where they are stored."""


def _bodies(service: Service) -> dict[str, bytes]:
    whole_one: dict[str, Any] = json.loads(message(service, task(service, "poison")).body)
    bodies = {
        "no-json": b"water the plants", "nothing": b"", "no-title": {**whole_one, "title": None},
        "no-id": {**whole_one, "id": "1"}, "too-many": {**whole_one, "extra": 1},
    }  # fmt: skip
    named = {f"{service.mark}-{name}": body for name, body in bodies.items()}
    return {name: body if isinstance(body, bytes) else json.dumps(body).encode() for name, body in named.items()}


def _poison(service: Service) -> Poisoned:
    def look() -> Poisoned:
        one_stored(service)
        bodies = _bodies(service)
        good = [task(service, "neighbour", number=number) for number in range(len(bodies))]
        mixed = []
        for one, (name, body) in zip(good, bodies.items(), strict=True):
            mixed += [message(service, one), Message(service.queue, body, name)]
        publish(service, mixed)
        dead = _dead(service, set(bodies), len(bodies))
        try:
            stored(service, [one.id for one in good])
        except Violated as error:
            return Poisoned(bodies, dead, str(error))
        return Poisoned(bodies, dead, "")

    return service.once("poison", look)


@demand("document", "poison", "What is no task is a dead letter, as it came, persistent, and once")
def poison(service: Service) -> str:
    """It can never be stored, and must not come back for ever."""
    found = _poison(service)
    told = {letter.properties.message_id: letter.body for letter in found.dead}
    missing = [name.removeprefix(f"{service.mark}-") for name in found.bodies if name not in told]
    must(not missing, f"not among the dead letters after {DIES_WITHIN:g} s: {', '.join(missing)}")
    must(told == found.bodies, "a body that was changed")
    must(len(found.dead) == len(told), f"{len(found.dead)} dead letters for {len(told)} messages")
    must({letter.properties.delivery_mode for letter in found.dead} == {PERSISTENT}, "a dead letter that is transient")
    return f"{len(told)} messages, each a dead letter"


@demand("document", "reason", "A dead letter says why, after how many attempts and from which queue")
def reason(service: Service) -> str:
    """Headers reason, attempt and queue: whoever mends it begins there."""
    found = _poison(service)
    if not found.dead:
        raise Unjudged("there is no dead letter")
    for letter in found.dead:
        name = str(letter.properties.message_id).removeprefix(f"{service.mark}-")
        must(letter.headers.get(REASON), f"{name}: no reason")
        seen = {header: letter.headers.get(header) for header in (ATTEMPT, QUEUE)}
        must(seen == {ATTEMPT: 1, QUEUE: service.queue}, f"{name}: {seen}")
    return f"{found.dead[0].headers[REASON]}"


@demand("document", "neighbours", "What is no task keeps none of its neighbours from being stored")
def neighbours(service: Service) -> str:
    """One failure is one failure."""
    found = _poison(service)
    must(not found.lost, found.lost)
    return f"{len(found.bodies)} stored"


@demand("document", "bare", "A task is what its body says: properties and odd headers make no difference")
def bare(service: Service) -> str:
    """Somebody else's producer may set none."""
    one_stored(service)
    one = task(service, "bare")
    body = message(service, one).body
    publish(service, [Message(service.queue, body, "", headers={ATTEMPT: "many", "x-odd": [1, {"a": None}]})])
    document = stored(service, [one.id])[0]
    found = (document.get("passport") or {}).get("attempt", 1)
    must(found == 1, f"attempt {found}")
    return f"{one.id}"


@demand("document", "round-trip", "A task that is posted is found where its Location leads, as soon as it is stored")
def round_trip(service: Service) -> str:
    """From one end to the other."""
    one_stored(service)
    title = service.title("round trip")
    answer = service.post({"title": title})
    link = answer.headers.get("location") or f"{service.prefix}/tasks/{accepted(answer)}"
    found = service.follow(link, headers={"Prefer": f"wait={ANSWERS_WITHIN}"})
    must(found.is_success and title in found.text, f"{link}: {brief(found)}")
    return link


@demand("document", "empty", "Everything was acknowledged: nothing is left in the queue")
def empty(service: Service) -> str:
    """What is stored and not acknowledged comes again for ever."""
    until(lambda: service.waiting() == 0, DIES_WITHIN)
    left = service.waiting()
    must(left == 0, f"{left} messages ready in {service.queue}")
    return "nothing ready"
