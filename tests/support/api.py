"""One of the twin APIs, as a client behind nginx sees it."""

import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.waiting import wait_until

JSON = "application/json"
PROBLEM = "application/problem+json"
MEMBERS = {"type", "title", "status", "detail", "request_id"}
STORED_WITHIN = 10.0

Document = dict[str, Any]


def unique(word: str = "task") -> str:
    """A word that no other task of this or any other run has, so that no test needs to clean up."""
    return f"{word}-{uuid.uuid4().hex}"


def http_client(base_url: str, timeout: float = 10.0) -> httpx.Client:
    """A client that takes nothing from the environment: no proxy stands between the tests and this computer."""
    return httpx.Client(base_url=base_url, timeout=timeout, trust_env=False)


@dataclass
class Api:
    """The API behind ``/flask`` or ``/async``. ``direct`` is the service's own address, without nginx."""

    name: str
    http: httpx.Client
    direct: str

    @property
    def prefix(self) -> str:
        """The path under which nginx has it."""
        return f"/{self.name}"

    @property
    def service(self) -> str:
        """What ``./lab`` calls it."""
        return {"flask": "flask", "async": "asyncapp"}[self.name]

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer to a request for ``path`` behind this API's prefix."""
        return self.http.request(method, self.prefix + path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """The answer to a GET."""
        return self.request("GET", path, **options)

    def post(self, document: Any, **options: Any) -> httpx.Response:
        """The answer to ``POST /tasks`` with this document as JSON."""
        return self.request("POST", "/tasks", json=document, **options)

    def post_raw(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """The answer to ``POST /tasks`` with these bytes, declared as JSON unless ``headers`` say otherwise."""
        return self.request("POST", "/tasks", content=body, headers={"Content-Type": JSON, **(headers or {})})

    def send(self, title: str | None = None, headers: dict[str, str] | None = None, **members: Any) -> str:
        """The id of a new task, accepted."""
        answer = self.post({"title": title or unique(), **members}, headers=headers or {})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def stored(self, task_id: str, within: float = STORED_WITHIN) -> Document:
        """The stored task; waits for it."""
        return wait_until(lambda: self.find(task_id), within, f"the task {task_id} is stored")

    def find(self, task_id: str) -> Document | None:
        """The stored task, or None."""
        answer = self.get(f"/tasks/{task_id}")
        return dict(answer.json()) if answer.status_code == 200 else None

    def counter(self, name: str, **labels: str) -> float:
        """The sum of a counter's series that carry these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = [line for line in self.get("/metrics").text.splitlines() if line.startswith((f"{name}{{", f"{name} "))]
        return sum(float(line.rpartition(" ")[2]) for line in lines if all(label in line for label in wanted))


def assert_problem(answer: httpx.Response, status: int) -> Document:
    """Check that an answer is a problem document of this status; returns it."""
    assert (status, PROBLEM) == (answer.status_code, answer.headers.get("content-type")), answer.text
    document: Document = answer.json()
    assert set(document) - {"missing"} == MEMBERS
    assert document["status"] == status
    assert document["type"] == "about:blank"
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == answer.headers["x-request-id"]
    return document
