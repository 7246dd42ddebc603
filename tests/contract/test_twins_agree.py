"""The twins answer the same request with the same answer, apart from ids, times, names and the prefix."""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from conform.bodies import DEEPLY_NESTED, GOOD, REFUSED
from tests.support.api import JSON, Api

REQUEST_ID = "the-same-for-both"
ABSENT = "00000000-0000-4000-8000-000000000000"
TWINS = b'{"title": "twins", "notes": "#same"}'
STORED = "{stored}"
"""Stands for the id of one task that is stored before the tests begin."""
VOLATILE = {"date", "content-length"}
"""Their values may differ: names and prefixes have other lengths. That they are there may not."""
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OWN = re.compile(r'/(?:flask|async)\b|"(?:flask|async)"|the (?:Flask|Quart) API|service (?:flask|asyncapp)\b')
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")


@dataclass(frozen=True)
class Request:
    """A request as both are sent it."""

    method: str
    path: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""

    def __str__(self) -> str:
        if self.name:
            return self.name
        said = [f"{name}={value}" for name, value in self.headers.items()]
        return " ".join([self.method, self.path, *said, (self.body or b"")[:30].decode("ascii", "replace")])[:80]


def _post(body: bytes = GOOD, **headers: str) -> Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", "/tasks", body, {"Content-Type": JSON, **given})


def _get(path: str, **headers: str) -> Request:
    return Request("GET", path, None, headers)


READS = [
    _get("/"), _get("/healthz"), _get("/readyz"), _get("/openapi.yaml"), _get("/docs"), _get("/docs/start.js"),
    _get("/docs/swagger-ui.css"), _get("/docs/favicon-32x32.png"), _get("/docs/x"), _get("/nothing"), _get("/tasks/"),
    _get("//tasks?worker=nobody"), _get(""), _get("?x=1"), _get("/tasks?worker=nobody"), _get(f"/tasks/{STORED}"),
    _get(f"/tasks/{STORED}", Prefer="wait=3"), _get(f"/tasks/{ABSENT}"), _get(f"/tasks/{ABSENT}", Prefer="wait=1"),
    _get(f"/tasks/{ABSENT}", Prefer="wait=x"), _get("/tasks/%24ne"), _get("/tasks/a%2Fb"), _get("/tasks?limit=0"),
    _get("/tasks?limit=1&limit=2"), _get("/tasks?nope=1"), _get("/tasks?after=x"), _get("/tasks?source=%24ne"),
    _get("/tasks?%zz=1"), _get("/tasks?limit=%FF"), _get("/tasks?limit"), _get("/healthz?x=1"),
    _get("/healthz", Accept="text/html"), _get("/tasks/x", Range="bytes=0-3"), _get("/docs", If_None_Match="*"),
]  # fmt: skip
METHODS = [
    Request(method, path)
    for path in ("/", "/tasks", f"/tasks/{STORED}", "/healthz", "/docs/start.js", "/nothing")
    for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH")
]
POSTS = [
    _post(TWINS),
    _post(b'{"title": "twins", "work": {"io_ms": 0}}', Idempotency_Key="twins"),
    _post(Idempotency_Key=""), _post(Idempotency_Key="a b"), Request("POST", "/tasks"), Request("POST", "/", GOOD),
    Request("POST", "/healthz", GOOD), Request("POST", "/nothing", GOOD), _post(TWINS, Expect="100-continue"),
    *(Request("POST", "/tasks", case.body, {"Content-Type": JSON, **case.headers}, case.name)
      for case in [*REFUSED, *DEEPLY_NESTED]),
]  # fmt: skip


@pytest.fixture(scope="module")
def stored(apis: dict[str, Api]) -> str:
    """The id of a task that both can read."""
    task_id = apis["flask"].send()
    apis["flask"].stored(task_id)
    return task_id


def answer(api: Api, request: Request, stored: str) -> dict[str, Any]:
    """The answer, with everything replaced that may differ."""
    headers = {"X-Request-ID": REQUEST_ID, **{k.replace("_", "-"): v for k, v in request.headers.items()}}
    path = request.path.replace(STORED, stored)
    return neutral(api.request(request.method, path, content=request.body, headers=headers))


def neutral(got: httpx.Response) -> dict[str, Any]:
    """What is compared: status, headers and body, in the words of neither API."""
    headers = [(name.lower(), value) for name, value in got.headers.multi_items()]
    return {
        "status": got.status_code,
        "headers": {name: "" if name in VOLATILE else in_neither_s_words(value) for name, value in headers},
        "how many headers": len(headers),
        "body": got.content if "image" in got.headers.get("content-type", "") else in_neither_s_words(got.text),
    }


def in_neither_s_words(text: str) -> str:
    """The text with ids, times, prefixes and names replaced. That each uses its own is tested elsewhere."""
    for pattern, common in ((ID, "ID"), (TIME, "TIME"), (OWN, "OWN")):
        text = pattern.sub(common, text)
    return text


@pytest.mark.parametrize("request_", [*READS, *METHODS, *POSTS], ids=str)
def test_the_twins_give_the_same_answer(apis: dict[str, Api], request_: Request, stored: str) -> None:
    """Status, names and values of all headers, and the body."""
    one, other = (answer(api, request_, stored) for api in apis.values())

    assert one == other


def test_the_twins_give_the_same_list(apis: dict[str, Api], stored: str) -> None:
    """One page, twice: while nothing is sent, both show the very same tasks and the same next."""
    apis["async"].stored(apis["async"].send())
    pages = [api.get("/tasks?limit=5").json() for api in apis.values()]

    assert pages[0]["items"] == pages[1]["items"]
    assert pages[0]["next"].replace("/flask/", "/async/") == pages[1]["next"]


def test_the_twins_measure_the_same(apis: dict[str, Api]) -> None:
    """The same families with the same labels: one dashboard fits both."""
    names = [
        {re.sub(r'(="[^"]*"| .*$)', "", line) for line in api.get("/metrics").text.splitlines() if line[:1] != "#"}
        for api in apis.values()
    ]

    assert names[0] == names[1]
