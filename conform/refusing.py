"""What is refused: bodies that are no task, addresses and methods that there are not. And how that is said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import httpx

from conform.bodies import DEEPLY_NESTED, GOOD, NOT_A_TASK, NOT_JSON, NOT_TAKEN, TOO_MUCH, Refused
from conform.creating import accepted
from conform.demand import Unjudged, Violated, demand, must
from conform.service import JSON, Service, brief
from conform.shapes import Problem, read
from conform.tap import Letter, tap
from core.problem import CONTENT_TYPE

REFUSED, LAST = 400, 600
NOT_FOUND, NOT_ALLOWED = 404, 405
NO_ANSWER = 0
METHODS = (("PUT", "/tasks"), ("DELETE", "/tasks"), ("POST", "/healthz"), ("DELETE", "/tasks/x"))
ADDRESSES = ("/nothing", "/tasks/a/b", "/Tasks", "/healthz/x")
UNKNOWN = ("unknown", "another case", "client's", "operator as", "in a name", "prototype")
"""Bodies whose names have these words are tasks but for a member that the contract does not know."""


@dataclass(frozen=True)
class Refusals:
    """What was answered to each body, and which messages came meanwhile."""

    answers: dict[str, httpx.Response]
    """By the name of the body."""
    letters: Sequence[Letter]
    names: dict[str, str]
    """The X-Request-ID of each body's request."""

    def hold(self, cases: Iterable[Refused]) -> str:
        """Violated, with the first body that is answered another status than it must be."""
        found = [(case, self.answers[case.name]) for case in cases]
        wrong = [(case, answer) for case, answer in found if answer.status_code != case.status]
        for case, answer in wrong:
            raise Violated(f"{case.name}: {brief(answer)}, and not {case.status} ({len(wrong)} of {len(found)} so)")
        return f"{len(found)} bodies, {found[0][0].status} each"


def _unknown(case: Refused) -> bool:
    return any(words in case.name for words in UNKNOWN)


def _post(service: Service, case: Refused, name: str) -> httpx.Response:
    headers = {**JSON, "X-Request-ID": name, **case.headers}
    try:
        return service.ask("POST", "/tasks", content=case.body, headers={k: v for k, v in headers.items() if v})
    except httpx.TransportError as error:
        return httpx.Response(NO_ANSWER, text=f"(no answer: {error})")


def _all(service: Service) -> Refusals:
    """Every body, then a task: when its message is there, all messages before it are."""
    cases = [*NOT_JSON, *NOT_A_TASK, *NOT_TAKEN, *TOO_MUCH, *DEEPLY_NESTED]
    names = {case.name: f"{service.mark}-no-{number:03d}" for number, case in enumerate(cases)}
    with tap(service) as tapped:
        answers = {case.name: _post(service, case, names[case.name]) for case in cases}
        last = service.title("last")
        service.post({"title": last})
        tapped.find(lambda letter: last.encode() in letter.body)
        return Refusals(answers, list(tapped.letters), names)


def _refusals(service: Service) -> Refusals:
    return service.once("refusals", lambda: _all(service))


@demand("http", "not-json", "A body that is no JSON in UTF-8 is refused with 400")
def not_json(service: Service) -> str:
    """Neither guessed at nor mended."""
    return _refusals(service).hold(NOT_JSON)


@demand("http", "not-a-task", "JSON that is no task is refused with 422: types, lengths and bounds are held")
def not_a_task(service: Service) -> str:
    """Behind the queue nobody is left to be told."""
    return _refusals(service).hold(case for case in NOT_A_TASK if not _unknown(case))


@demand("http", "unknown-members", "A task with a member that the contract does not know is refused with 422")
def unknown_members(service: Service) -> str:
    """Whoever sends one believes that it does something."""
    return _refusals(service).hold(filter(_unknown, NOT_A_TASK))


@demand("http", "media-type", "Another media type, or a compressed body, is refused with 415")
def media_type(service: Service) -> str:
    """What is not declared as JSON is not read as JSON."""
    return _refusals(service).hold(NOT_TAKEN)


@demand("http", "too-large", "A body of more than 64 KiB is refused with 413")
def too_large(service: Service) -> str:
    """Whoever may send as much as they like can fill the memory."""
    return _refusals(service).hold(TOO_MUCH)


@demand("http", "deeply-nested", "A deeply nested body is refused with a 4xx, and the service goes on")
def deeply_nested(service: Service) -> str:
    """A parser that calls itself must not end with a 500."""
    for case in DEEPLY_NESTED:
        answer = _refusals(service).answers[case.name]
        must(answer.is_client_error, f"{case.name}: {brief(answer)}")
    service.ask("GET", "/healthz").raise_for_status()
    return f"{len(DEEPLY_NESTED)} bodies, and it lives"


@demand("http", "nothing-queued", "What is refused is not queued")
def nothing_queued(service: Service) -> str:
    """A refusal that the worker carries out all the same is a lie."""
    found = _refusals(service)
    no = {name: found.names[name] for name, answer in found.answers.items() if answer.is_client_error}
    if not no:
        raise Unjudged("nothing was refused")
    told = [(letter, name) for letter in found.letters for name, said in no.items() if said.encode() in letter.body]
    must(not told, f"{len(told)} refused bodies came as messages: {', '.join(name for _, name in told[:3])}")
    return f"{len(no)} refused, none of them came as a message"


@demand("http", "unknown-address", "An address that there is not is answered 404")
def unknown_address(service: Service) -> str:
    """It is not the index, nor a page."""
    for path in ADDRESSES:
        answer = service.ask("GET", path)
        must(answer.status_code == NOT_FOUND, f"{path}: {brief(answer)}")
    return f"{len(ADDRESSES)} addresses, {NOT_FOUND} each"


@demand("http", "methods", "A method that an address does not take is answered 405, with Allow")
def methods(service: Service) -> str:
    """Allow says which it does take (RFC 9110)."""
    for method, path in METHODS:
        answer = service.ask(method, path, content=GOOD, headers=JSON)
        must(answer.status_code == NOT_ALLOWED, f"{method} {path}: {brief(answer)}")
        must("GET" in answer.headers.get("allow", ""), f"{method} {path}: no Allow that names GET")
    return f"{len(METHODS)} requests, {NOT_ALLOWED} each"


@demand("http", "problem-document", "Every error is application/problem+json: type, title, status, detail, request_id")
def problems(service: Service) -> str:
    """A program can read it, and a person too (RFC 9457)."""
    bad = service.ask("GET", "/tasks?limit=0")
    answers = [
        *_refusals(service).answers.values(),
        service.ask("GET", ADDRESSES[0]),
        service.ask("PUT", "/tasks"),
        bad,
    ]
    errors = [answer for answer in answers if REFUSED <= answer.status_code < LAST]
    if not errors:
        raise Unjudged("nothing was refused")
    for answer in errors:
        kind = answer.headers.get("content-type")
        must(kind == CONTENT_TYPE, f"{kind}: {brief(answer)}")
        told = read(answer.content, Problem)
        must(told.status == answer.status_code, f"status {told.status} in the body of {brief(answer)}")
    return f"{len(errors)} errors, each of that form"


@demand("http", "goes-on", "After all that, a task is still accepted")
def goes_on(service: Service) -> str:
    """Nothing that a client sends breaks the service."""
    return accepted(service.post({"title": service.title()}))
