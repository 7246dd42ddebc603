"""Whether each user of the broker may do its work and nothing else, and whether service.py refuses what would harm it.

Judged by attacks: what an attacker with that password, a stranger, or a page of another site would try.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import httpx
import psutil

from lessons.kit.place import Channel, Place
from lessons.kit.ports import free_port
from lessons.kit.program import Running, wait_until
from lessons.kit.rights import Deed, User, may
from lessons.kit.steps import step
from lessons.kit.verdict import expect

FILE, GRANT = "service.py", "grant.py"
STARTS_WITHIN = 40.0
JSON = {"Content-Type": "application/json"}
OTHER_SITE = "https://prices.example"
MOST_LETTERS, LIMIT = 200, 8 * 1024
SIZE, SECONDS = 20, 2.0
"""Of the bucket: so many tokens, and one more each so many seconds."""
DOUBT = 2
SECRETS = "secrets"
SCRIPT = '<script>alert(1)</script><img src=x onerror=alert(1)> & "more"'
TITLES = ("Water the plants", "Feed the cat", "<b onmouseover=alert(1)>Read me</b>")
SERVICES = ("producer", "worker")


@dataclass(frozen=True)
class Granted:
    """A virtual host as the student's permissions.json makes it, with something beside that belongs to others."""

    vhost: str
    scratch: Path
    other: str

    def user(self, service: str) -> User:
        """One of the two users, with the password that was made for it."""
        password = (self.scratch / SECRETS / service).read_text(encoding="utf-8").strip()
        return User(f"{self.vhost}.{service}", password, self.vhost)


@contextmanager
def _granted(place: Place) -> Iterator[Granted]:
    """While the block lasts; beside the one that the student has made."""
    found = Granted(f"{place.name}.check", place.scratch.resolve() / "check", f"{place.word}-tasks")
    with place.management() as http:
        _revoke(http, found)
        try:
            done = place.finish(GRANT, RABBIT_QUEUE=found.vhost, LAB_SCRATCH=str(found.scratch))
            expect(done.code == 0, "RabbitMQ takes what grant.py makes of permissions.json", done.last)
            http.post("/definitions", json=_others(found)).raise_for_status()
            yield found
        finally:
            _revoke(http, found)


def _revoke(http: httpx.Client, granted: Granted) -> None:
    for path in (f"vhosts/{granted.vhost}", *(f"users/{granted.vhost}.{one}" for one in SERVICES)):
        http.delete(f"/{path}")


def _others(granted: Granted) -> dict[str, object]:
    """An exchange and a queue of another service, whose names hold the word that the student's have too."""
    made = {"name": granted.other, "vhost": granted.vhost, "durable": True, "auto_delete": False, "arguments": {}}
    return {"exchanges": [{**made, "type": "fanout", "internal": False}], "queues": [made]}


def _publish(exchange: str, key: str) -> Deed:
    return lambda channel: channel.basic_publish(exchange, key, b"{}")


def _get(queue: str) -> Deed:
    return lambda channel: channel.basic_get(queue, auto_ack=True)


def _declare(queue: str) -> Deed:
    return lambda channel: channel.queue_declare(queue)


def _delete(queue: str) -> Deed:
    return lambda channel: channel.queue_delete(queue)


def _consume(channel: Channel) -> None:
    channel.basic_consume("tasks", lambda *_: None)


def _must(place: Place, user: User, wanted: Mapping[str, Deed], forbidden: Mapping[str, Deed]) -> None:
    """What is forbidden is tried first: it would destroy what is wanted, if it were allowed."""
    service = user.name.rpartition(".")[2]
    with user.connected(place) as connection:
        for what, deed in forbidden.items():
            expect(not may(connection, deed), f"the user of the {service} may not {what}", "the broker lets it do so")
        for what, deed in wanted.items():
            seen = "the broker refuses: 403 ACCESS_REFUSED"
            expect(may(connection, deed), f"the user of the {service} may {what}: that is its work", seen)


@step("the producer's user may publish to the exchange tasks, and nothing else")
def producer(place: Place) -> None:
    """With its own name and password."""
    with _granted(place) as granted:
        wanted = {"publish to the exchange tasks": _publish("tasks", "tasks")}
        forbidden = {
            "read the queue tasks": _get("tasks"),
            "publish past the exchange tasks into any queue": _publish("", "tasks.dead"),
            f"publish to {granted.other}, an exchange of others": _publish(granted.other, ""),
            "declare a queue": _declare(f"{place.word}-mine"),
            "delete the queue tasks": _delete("tasks"),
        }
        _must(place, granted.user("producer"), wanted, forbidden)


@step("the worker's user may read the queue tasks, and nothing else")
def worker(place: Place) -> None:
    """What it rejects the broker itself puts among the dead letters."""
    with _granted(place) as granted:
        wanted = {"consume the queue tasks": _consume}
        forbidden = {
            "publish to the exchange tasks": _publish("tasks", "tasks"),
            "publish into any queue": _publish("", "tasks.dead"),
            "read tasks.dead": _get("tasks.dead"),
            f"read {granted.other}, a queue of others": _get(granted.other),
            "declare a queue": _declare(f"{place.word}-mine"),
            "delete the queue tasks": _delete("tasks"),
        }
        _must(place, granted.user("worker"), wanted, forbidden)


@dataclass
class Service:
    """The student's service, as strangers meet it."""

    place: Place
    granted: Granted
    running: Running
    http: httpx.Client

    @property
    def origin(self) -> str:
        """Its own."""
        return str(self.http.base_url).rstrip("/")

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        """Sends a body, as JSON where nothing else is said."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, content=content, headers={**JSON, **told})

    def said(self, answer: httpx.Response) -> str:
        """An answer in words; what the service has printed, where that is an error of its own."""
        words = f"{answer.status_code}: {answer.text.strip()[:200]}"
        return words if answer.status_code < 500 else f"{answer.status_code}, and in its log:\n{self.running.last}"

    def waiting(self) -> int:
        """How many tasks are in the queue: whoever may connect may ask that."""
        with self.granted.user("worker").connected(self.place) as connection:
            return int(connection.channel().queue_declare("tasks", passive=True).method.message_count)


@contextmanager
def _service(place: Place) -> Iterator[Service]:
    """Running, with nothing in its queue and nothing in its collection."""
    place.documents.drop()
    port = free_port()
    with (
        _granted(place) as granted,
        place.running(
            FILE,
            str(port),
            RABBIT_QUEUE=granted.vhost,
            LAB_SCRATCH=str(granted.scratch),
            RABBIT_PASSWORD="",
            RABBIT_USER="",
        ) as running,
        httpx.Client(base_url=f"http://localhost:{port}", timeout=30, trust_env=False) as http,
    ):
        wait_until(running, lambda: _answers(http), "service.py answers on the port that it was given", STARTS_WITHIN)
        yield Service(place, granted, running, http)


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/healthz").status_code > 0
    except httpx.HTTPError:
        return False


@step("the service connects as its own user, and its password stands nowhere but in its file")
def keeps_its_secret(place: Place) -> None:
    """Neither in its log, nor in its command line, nor in an answer; also where it is wrong."""
    with _service(place) as service:
        secret = service.granted.user("producer").password
        answer = service.post("/tasks", {"title": place.word})
        what = "202, and the task in the queue: published as the user that it was told, with the password of the file"
        expect(answer.status_code == httpx.codes.ACCEPTED, what, service.said(answer))
        expect(service.waiting() == 1, what, "202, and nothing is in the queue")
        (service.granted.scratch / SECRETS / "producer").write_text(f"wrong-{secret}\n", encoding="utf-8")
        failed = service.post("/tasks", {"title": place.word})
        told = {
            "its log": service.running.said(),
            "its command line": _commands(service.running),
            "its answers": answer.text + failed.text,
        }
        seen = f"{failed.status_code}: so the password comes from elsewhere, or is read only once"
        expect(failed.is_server_error, "an error from now on, since its file holds a wrong password", seen)
    for where, text in told.items():
        line = next((line for line in text.splitlines() if secret in line), "").replace(secret, "(the password)")
        expect(not line, "the password only in its file", f"{where} has it: {line[:160]}")


def _commands(running: Running) -> str:
    own = psutil.Process(running.process.pid)
    return "\n".join(" ".join(one.cmdline()) for one in (own, *own.children(recursive=True)))


@step("what is no title is refused, and finds nothing")
def knows_titles(place: Place) -> None:
    """Operators, other members, other types, too many letters."""
    with _service(place) as service:
        mine, other = f"{place.word}-mine", f"{place.word}-theirs"
        place.documents.insert_many([{"title": mine}, {"title": other}])
        found = service.post("/search", {"title": mine})
        titles = [one.get("title") for one in found.json().get("items", [])] if found.is_success else []
        expect(titles == [mine], "the one task of the title that was asked for", service.said(found))
        for body in ATTACKS:
            _must_refuse(service, "/search", body, other)
        for body in (*ATTACKS, {"title": "x" * (MOST_LETTERS + 1)}, {"title": ""}):
            _must_refuse(service, "/tasks", body, other)
        expect(service.waiting() == 0, "nothing of it in the queue", f"{service.waiting()} in the queue")


ATTACKS: Sequence[object] = (
    {"title": {"$ne": None}},
    {"title": {"$regex": "."}},
    {"$where": "true"},
    {"title": "x", "$or": [{}, {}]},
    {},
    ["title"],
)


def _must_refuse(service: Service, path: str, body: object, secret: str) -> None:
    answer = service.post(path, body)
    sent = f"POST {path} {json.dumps(body)[:80]}"
    if secret in answer.text:
        expect(False, f"422 for {sent}", f"{answer.status_code}, and it shows everything that is stored")
    expect(400 <= answer.status_code < 500, f"422 for {sent}", service.said(answer))


@step("what is too much, or no JSON, is refused: 413, 415, 429")
def knows_limits(place: Place) -> None:
    """And nothing of it is queued but what was let in."""
    with _service(place) as service:
        large = json.dumps({"title": "x"}).encode() + b" " * 2 * LIMIT
        answer = service.post("/tasks", large)
        expect(answer.status_code == 413, f"413 for a body of {len(large)} bytes", service.said(answer))
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            answer = service.post("/tasks", {"title": "x"}, Content_Type=kind)
            what = f"415 for {kind}, which any page may send without asking"
            expect(answer.status_code == 415, what, service.said(answer))
        _drain(service)


def _drain(service: Service) -> None:
    """Until one is too many. The bucket fills meanwhile, so on a slow computer more are let in."""
    begun, let_in = time.monotonic(), 0
    while True:
        answer = service.post("/search", {"title": "x"})
        room = SIZE + (time.monotonic() - begun) / SECONDS + DOUBT
        if answer.status_code == 429:
            break
        let_in += answer.is_success
        seen = f"{let_in} were let in; the last answer: {service.said(answer)}"
        expect(answer.is_success and let_in <= room, f"429 once the bucket of {SIZE} is empty", seen)
    after = answer.headers.get("Retry-After", "")
    expect(after.isdecimal(), "Retry-After with the 429: when may it come again?", after or "none")


@step("a page of another site can neither send nor read")
def knows_its_origin(place: Place) -> None:
    """What a browser adds to a request says which page sends it; and what an answer says, who may read it."""
    with _service(place) as service:
        own = service.post("/tasks", {"title": "mine"}, Origin=service.origin)
        expect(own.status_code == 202, "202 for a page of its own", service.said(own))
        for origin in (OTHER_SITE, f"{service.origin}.example", "null"):
            answer = service.post("/tasks", {"title": "theirs"}, Origin=origin)
            expect(answer.status_code == 403, f"403 for POST with Origin: {origin}", service.said(answer))
        expect(service.waiting() == 1, "nothing of it in the queue", f"{service.waiting() - 1} in the queue")
        asked = {"Origin": OTHER_SITE, "Access-Control-Request-Method": "POST"}
        preflight = service.http.options("/tasks", headers=asked)
        for answer in (preflight, service.http.get("/page", headers={"Origin": OTHER_SITE})):
            allowed = answer.headers.get("Access-Control-Allow-Origin", "")
            what = f"{answer.request.method} {answer.request.url.path} allows {OTHER_SITE} nothing"
            expect(allowed not in {"*", OTHER_SITE}, what, f"Access-Control-Allow-Origin: {allowed}")


@step("what strangers wrote is shown as text, and each answer tells the browser what it may do")
def shows_text(place: Place) -> None:
    """A title can look like anything."""
    title = f"{place.word}{SCRIPT}"
    with _service(place) as service:
        place.documents.insert_one({"title": title})
        answer = service.http.get("/page")
        refused = service.post("/tasks", {"title": 1})
    read = _Reader()
    read.feed(answer.text)
    seen = f"the page has the elements {', '.join(sorted(read.elements))}: the browser runs what a stranger wrote"
    expect(not read.elements & {"script", "img"}, f"the title as text: {title}", seen)
    expect(title in read.text, f"the title as text: {title}", read.text.strip()[:200])
    for one in (answer, refused):
        _expect_headers(one)


class _Reader(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """An element begins."""
        self.elements.add(tag)

    def handle_data(self, data: str) -> None:
        """Text between two elements."""
        self.text += data


def _expect_headers(answer: httpx.Response) -> None:
    path = f"{answer.request.method} {answer.request.url.path}, {answer.status_code}"
    seen = answer.headers.get("X-Content-Type-Options", "") or "none"
    expect(seen == "nosniff", f"X-Content-Type-Options: nosniff with {path}", seen)
    policy = answer.headers.get("Content-Security-Policy", "")
    told = {words[0]: words[1:] for part in policy.split(";") if (words := part.split())}
    what = f"Content-Security-Policy with default-src 'none' or 'self', and frame-ancestors, with {path}"
    closed = {"'none'", "'self'"}
    holds = set(told.get("default-src", ["*"])) <= closed and set(told.get("frame-ancestors", ["*"])) <= closed
    loose = [word for words in told.values() for word in words if word in {"*", "'unsafe-inline'", "'unsafe-eval'"}]
    expect(holds and not loose, what, policy or "none")


def begin(place: Place) -> None:
    """Some tasks that are stored, one of them with a title that only looks like one."""
    if not place.documents.count_documents({}):
        place.documents.insert_many([{"title": title} for title in TITLES])
