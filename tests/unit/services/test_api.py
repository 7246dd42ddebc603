"""The HTTP contract of both producers, with a publisher and a store that are not there."""

import json
import logging
from typing import Any

import pytest
from prometheus_client import REGISTRY

from core import docs
from core.enrich import Document, enrich
from core.errors import BrokerUnavailable, LabError, PublishRefused, PublishUnconfirmed, StoreUnavailable
from core.ids import id_of_key
from core.message import decode
from core.page import ListQuery
from core.settings import Settings
from core.task import BODY_BYTES
from tests.unit.samples import ID, OTHER_ID, STORED, a_receipt, a_task
from tests.unit.services.fakes import FakePublisher, FakeStore
from tests.unit.services.twins import Answer, Twin

JSON = {"Content-Type": "application/json"}
ROUTES = ["/", "/tasks", f"/tasks/{ID}", "/healthz", "/readyz", "/metrics", "/openapi.yaml", "/docs", "/docs/start.js"]


class Service:
    """One of the two APIs around fakes."""

    def __init__(self, twin: Twin, settings: Settings) -> None:
        self.twin = twin
        self.publisher, self.store = FakePublisher(), FakeStore()
        module = twin.module("app")
        self.app = module.build(settings, twin.awaited(self.publisher), twin.awaited(self.store))
        self.api = self.app.extensions[module.API]

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, **given: Any) -> Answer:
        """One request."""
        return self.twin.request(self.app, method, path, headers=headers or {}, **given)

    def send(self, body: Any = None, **headers: str) -> Answer:
        """POST a task."""
        text = body if isinstance(body, bytes) else json.dumps(body or {"title": "Water the plants"}).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", "/tasks", {**JSON, **given}, data=text)

    def get(self, path: str, **headers: str) -> Answer:
        """GET something."""
        return self.request("GET", path, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture
def service(twin: Twin, settings: Settings) -> Service:
    """One of the two APIs, all well."""
    return Service(twin, settings)


def document(**changes: Any) -> Document:
    """A stored task."""
    return enrich(a_task(**changes), a_receipt(), STORED)


def members(answer: Answer) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.body)


def assert_problem(answer: Answer, status: int) -> Any:
    """The members of a problem document with that status."""
    assert (status, "application/problem+json") == (answer.status, answer.headers["Content-Type"])
    problem = members(answer)
    assert (status, answer.headers["X-Request-ID"]) == (problem["status"], problem["request_id"])
    return problem


def test_a_task_is_accepted_once_it_is_published(service: Service) -> None:
    """202, and the message is for the work queue."""
    answer = service.send()
    sent = service.publisher.published[0]
    assert (202, "work", members(answer)["id"]) == (answer.status, sent.queue, sent.message_id)


def test_an_accepted_task_is_told_its_place(service: Service, twin: Twin) -> None:
    """With the prefix that the client used, and who took it."""
    answer = service.send(X_Forwarded_Prefix="/lab")
    assert f"/lab/tasks/{members(answer)['id']}" == answer.headers["Location"]
    assert twin.choose("flask", "async") == members(answer)["source"]


def test_what_is_published_says_where_the_task_came_from(service: Service, twin: Twin) -> None:
    """Producer, host and request."""
    service.send(X_Request_ID="r7", X_Request_Start="t=1795255200.123")
    task = decode(service.publisher.published[0].body)
    assert (twin.choose("flask", "async"), "here", "r7", True) == (
        task.source,
        task.host,
        task.request_id,
        task.nginx is not None,
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 422),
        (b"[]", 422),
        (b'{"title": ""}', 422),
        (b'{"title": {"$ne": 1}}', 422),
        (b'{"title": "a", "owner": "b"}', 422),
        (b'{"title": "a", "work": {"io_ms": 5001}}', 422),
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 50_000, 422),
        (b"{" * 50_000, 400),
    ],
)
def test_a_body_that_is_no_task_is_refused_and_never_queued(service: Service, body: bytes, status: int) -> None:
    """With a problem document."""
    assert_problem(service.send(body), status)
    assert [] == service.publisher.published


def test_a_body_that_does_not_say_it_is_json_is_refused(service: Service) -> None:
    """415."""
    assert_problem(service.send(Content_Type="text/plain"), 415)


@pytest.mark.parametrize(("size", "status"), [(BODY_BYTES, 202), (BODY_BYTES + 1, 413)])
def test_a_body_may_have_64_kibibytes(service: Service, size: int, status: int) -> None:
    """The bound itself is inside; blanks count."""
    assert status == service.send(b'{"title": "a"}'.ljust(size)).status


def test_a_body_that_is_too_large_is_a_problem(service: Service) -> None:
    """In the same form as every other."""
    assert_problem(service.send(b"x" * (BODY_BYTES + 1)), 413)


@pytest.mark.parametrize("error", [BrokerUnavailable, PublishRefused, PublishUnconfirmed])
def test_a_task_that_is_not_confirmed_is_not_accepted(service: Service, error: type[LabError]) -> None:
    """503, saying when to try again and which part is missing; never a false 202."""
    service.publisher.errors.append(error("RabbitMQ says no"))
    answer = service.send()
    problem = assert_problem(answer, 503)
    assert ("2", ["broker"]) == (answer.headers["Retry-After"], problem["missing"])
    assert "RabbitMQ says no" in problem["detail"]


def test_an_unforeseen_error_is_a_problem_without_details(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    """They are in the log, under the id that the answer carries."""
    service.publisher.errors.append(ZeroDivisionError("a secret"))
    answer = service.send(X_Request_ID="r500")
    problem = assert_problem(answer, 500)
    assert b"secret" not in answer.body
    assert "r500" == problem["request_id"]
    assert any("a secret" in str(record.exc_info) for record in caplog.records)


def test_an_accepted_task_is_one_line_in_the_log(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    """With both ids."""
    caplog.set_level(logging.INFO)
    task_id = members(service.send(X_Request_ID="r8"))["id"]
    found = [record for record in caplog.records if record.message == "task accepted"]
    assert [(task_id, "r8")] == [(record.task_id, record.request_id) for record in found]  # type: ignore[attr-defined]


def test_a_task_with_a_new_key_is_published_under_the_id_of_its_key(service: Service) -> None:
    """On every producer the same."""
    answer = service.send(Idempotency_Key="order-7")
    assert (202, id_of_key("order-7")) == (answer.status, members(answer)["id"])
    assert 1 == len(service.publisher.published)


def test_a_task_whose_key_is_stored_is_not_published_again(service: Service) -> None:
    """The answer is the same as the first time."""
    service.store.documents[id_of_key("order-7")] = document(id=id_of_key("order-7"), title="a")
    assert 202 == service.send({"title": "a"}, Idempotency_Key="order-7").status
    assert [] == service.publisher.published


def test_a_key_that_was_used_for_another_task_is_refused(service: Service) -> None:
    """422: two tasks are never taken for one."""
    service.store.documents[id_of_key("order-7")] = document(id=id_of_key("order-7"), title="a")
    assert_problem(service.send({"title": "b"}, Idempotency_Key="order-7"), 422)
    assert [] == service.publisher.published


def test_a_task_with_a_key_is_accepted_while_the_store_is_down(service: Service) -> None:
    """The worker looks again, so nothing is stored twice."""
    service.store.error = StoreUnavailable("down")
    assert 202 == service.send(Idempotency_Key="order-7").status
    assert 1 == len(service.publisher.published)


def test_a_task_without_a_key_asks_no_store(service: Service) -> None:
    """Accepting does not depend on the database."""
    service.send()
    assert [] == service.store.asked


def test_a_key_that_cannot_be_used_is_refused(service: Service) -> None:
    """400, and nothing is queued."""
    assert_problem(service.send(Idempotency_Key="a b"), 400)
    assert [] == service.publisher.published


def test_a_stored_task_is_read(service: Service) -> None:
    """200, with its id and passport."""
    service.store.documents[ID] = document()
    answer = service.get(f"/tasks/{ID}")
    assert (200, ID, "stored") == (answer.status, members(answer)["id"], members(answer)["status"])


def test_a_task_that_is_not_stored_is_not_found(service: Service) -> None:
    """404, at once."""
    problem = assert_problem(service.get(f"/tasks/{ID}"), 404)
    assert ID in problem["detail"]


@pytest.mark.parametrize("task_id", ["x", "%00", "%F0%9F%98%80", "%ff", "$ne", "a" * 2000])
def test_an_id_of_any_kind_is_only_not_found(service: Service, task_id: str) -> None:
    """It never becomes part of a query."""
    assert_problem(service.get(f"/tasks/{task_id}"), 404)


class Later(FakeStore):
    """A store that has the task from the third question on, and does something each time."""

    def __init__(self, found: Document | None, then: Any = lambda: None) -> None:
        super().__init__()
        self.found, self.then = found, then

    def get(self, task_id: str) -> Document | None:
        super().get(task_id)
        self.then()
        return self.found if len(self.asked) >= 3 else None


def waiting_service(twin: Twin, settings: Settings, store: FakeStore) -> Service:
    """An API over that store which looks again without a pause."""
    twin.limits("api", poll=0)
    service = Service(twin, settings)
    service.store, service.api._store = store, twin.awaited(store)
    return service


def test_a_get_that_prefers_to_wait_sees_the_task_as_soon_as_it_is_stored(twin: Twin, settings: Settings) -> None:
    """And is told which wait was granted."""
    service = waiting_service(twin, settings, Later(document()))
    answer = service.get(f"/tasks/{ID}", Prefer="wait=30")
    assert (200, "wait=30", 3) == (answer.status, answer.headers["Preference-Applied"], len(service.store.asked))


def test_a_task_that_is_stored_already_is_not_waited_for(service: Service) -> None:
    """No wait was needed, so none is told."""
    service.store.documents[ID] = document()
    assert "Preference-Applied" not in service.get(f"/tasks/{ID}", Prefer="wait=5").headers


def test_a_get_that_waits_in_vain_ends_with_not_found(
    twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the time that it asked for is over."""
    service = waiting_service(twin, settings, FakeStore())
    ticks = iter(range(1000))
    monkeypatch.setattr(twin.module("api").time, "monotonic", lambda: float(next(ticks)))
    answer = service.get(f"/tasks/{ID}", Prefer="wait=5")
    assert_problem(answer, 404)
    assert "wait=5" == answer.headers["Preference-Applied"]


def test_a_wait_is_not_granted_when_too_many_wait(twin: Twin, settings: Settings) -> None:
    """The answer comes at once, and does not claim a wait."""
    twin.limits("api", waiters=1)
    service = Service(twin, settings)
    assert service.api._waiters.acquire(blocking=False)
    answer = service.get(f"/tasks/{ID}", Prefer="wait=30")
    assert_problem(answer, 404)
    assert "Preference-Applied" not in answer.headers


def test_a_wait_that_has_ended_makes_room_for_the_next(twin: Twin, settings: Settings) -> None:
    """However it ended."""
    twin.limits("api", waiters=1, poll=0)
    service = Service(twin, settings)
    for _ in range(3):
        service.store, service.api._store = (store := Later(document())), twin.awaited(store)
        assert "wait=9" == service.get(f"/tasks/{ID}", Prefer="wait=9").headers["Preference-Applied"]
    service.api._store = twin.awaited(broken := FakeStore())
    broken.error = StoreUnavailable("down")
    service.get(f"/tasks/{ID}", Prefer="wait=9")
    assert service.api._waiters.acquire(blocking=False)


def test_a_process_that_drains_lets_nobody_wait_any_longer(twin: Twin, settings: Settings) -> None:
    """Half a minute of waiting would be longer than the time to stop."""
    store = FakeStore()
    service = waiting_service(twin, settings, store)
    store.get = lambda _: setattr(service.api, "draining", True)  # type: ignore[method-assign, assignment]
    assert_problem(service.get(f"/tasks/{ID}", Prefer="wait=30"), 404)


def test_a_list_shows_the_stored_tasks(service: Service) -> None:
    """And that there is no further page."""
    service.store.documents = {task_id: document(id=task_id) for task_id in (ID, OTHER_ID)}
    answer = service.get("/tasks")
    assert (200, [ID, OTHER_ID], None) == (
        answer.status,
        [item["id"] for item in members(answer)["items"]],
        members(answer)["next"],
    )


def test_a_list_asks_the_store_for_what_the_query_says(service: Service, twin: Twin) -> None:
    """And links to the next page with the prefix that the client used."""
    service.store.documents = {task_id: document(id=task_id) for task_id in (ID, OTHER_ID)}
    answer = service.get("/tasks?limit=1&source=flask", X_Forwarded_Prefix="/lab")
    assert [ListQuery(limit=1, source="flask")] == service.store.asked
    assert members(answer)["next"].startswith("/lab/tasks?limit=1&source=flask&after=")


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "after=x", "source=$ne", "page=2", "limit=1&limit=2", "a[]=1"])
def test_a_query_that_the_contract_does_not_know_is_refused(service: Service, query: str) -> None:
    """400, and the store is not asked."""
    assert_problem(service.get(f"/tasks?{query}"), 400)
    assert [] == service.store.asked


@pytest.mark.parametrize("path", ["/tasks", f"/tasks/{ID}"])
def test_reading_without_a_store_is_a_503(service: Service, path: str) -> None:
    """Saying which part is missing."""
    service.store.error = StoreUnavailable("MongoDB does not answer")
    answer = service.get(path)
    assert ("2", ["store"]) == (answer.headers["Retry-After"], assert_problem(answer, 503)["missing"])


def test_a_process_is_alive_whatever_is_missing(service: Service) -> None:
    """Restarting it would mend nothing."""
    service.publisher.missing, service.store.why = "no broker", "no store"
    answer = service.get("/healthz")
    assert (200, {"status": "alive"}) == (answer.status, members(answer))


def test_an_api_is_ready_when_broker_and_store_answer(service: Service) -> None:
    """200."""
    assert (200, {"status": "ready"}) == ((answer := service.get("/readyz")).status, members(answer))


def test_an_api_that_is_not_ready_names_what_is_missing(service: Service) -> None:
    """Both parts, if both are."""
    service.publisher.missing, service.store.why = "no broker", "no store"
    problem = assert_problem(service.get("/readyz"), 503)
    assert (["broker", "store"], "broker: no broker; store: no store") == (problem["missing"], problem["detail"])


def test_the_index_links_to_everything(service: Service, twin: Twin) -> None:
    """With the prefix that the client used."""
    shown = members(service.get("/", X_Forwarded_Prefix="/lab"))
    assert (twin.choose("flask", "async"), "/lab/tasks") == (shown["service"], shown["links"]["tasks"])


def test_the_contract_is_served_as_it_is_written(service: Service) -> None:
    """The one file."""
    answer = service.get("/openapi.yaml")
    assert (docs.contract(), "application/yaml") == (answer.body.decode(), answer.headers["Content-Type"])


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/start.js", "text/javascript; charset=utf-8"),
        *[(f"/docs/{name}", content_type) for name, content_type in docs.ASSETS.items()],
    ],
)
def test_the_page_of_the_contract_is_served_whole(service: Service, path: str, content_type: str) -> None:
    """From this service, not from somewhere in the world."""
    answer = service.get(path)
    assert (200, content_type) == (answer.status, answer.headers["Content-Type"])
    assert answer.body


@pytest.mark.parametrize("path", ["/docs/nothing.js", "/docs/..%2f..%2fapp.py", "/nothing", "/tasks/a/b", "/%2e%2e/x"])
def test_an_address_that_is_not_there_is_not_found(service: Service, path: str) -> None:
    """As a problem document."""
    assert_problem(service.get(path), 404)


def test_requests_are_counted_by_the_rule_they_matched(service: Service) -> None:
    """Never by their path, of which there are endlessly many."""
    service.get(f"/tasks/{ID}")
    service.get("/nothing/at/all")
    text = service.get("/metrics").body.decode()
    assert 'tasklab_http_requests_total{method="GET",route="/tasks/<task_id>",status="404"}' in text
    assert 'route="unmatched"' in text
    assert ID not in text
    assert "/nothing" not in text


def test_a_request_is_in_flight_until_it_is_answered(service: Service, twin: Twin) -> None:
    """Whether well or badly; and the one that asks is one itself."""
    service.get("/tasks")
    service.get("/nothing")
    service.send(b"no task")
    assert "tasklab_http_requests_in_flight 1.0" in service.get("/metrics").body.decode()
    twin.module("metrics").flush()
    assert 0.0 == REGISTRY.get_sample_value("tasklab_http_requests_in_flight")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_a_method_that_an_address_does_not_take_is_refused(service: Service, method: str, path: str) -> None:
    """405, with those it does take."""
    answer = service.request(method, path)
    allowed = {"GET", "HEAD", "POST"} if path == "/tasks" else {"GET", "HEAD"}
    assert allowed == {found.strip() for found in answer.headers["Allow"].split(",")}
    assert_problem(answer, 405)


@pytest.mark.parametrize("path", ["/tasks/", f"/tasks//{ID}", "/docs//start.js", "/healthz/"])
def test_an_address_that_is_nearly_right_is_not_found(service: Service, path: str) -> None:
    """A redirect would leave out the prefix that the client used."""
    assert 404 == service.get(path).status


@pytest.mark.parametrize("path", [*ROUTES, "/nothing"])
def test_every_answer_carries_the_id_of_its_request(service: Service, path: str) -> None:
    """The one that nginx gave it."""
    assert "r42" == service.get(path, X_Request_ID="r42").headers["X-Request-ID"]


def test_a_request_without_an_id_gets_one(service: Service) -> None:
    """Each another."""
    ids = {service.get("/healthz").headers["X-Request-ID"] for _ in range(3)}
    assert 3 == len(ids)


def test_an_application_made_from_the_environment_connects_in_the_background(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be made while broker and database are down, and says so by its readiness."""
    publisher, store = FakePublisher(), FakeStore()
    publisher.missing, store.why = "not connected yet", "no answer"
    publisher.start = publisher.first_try = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setattr(twin.module("app"), "Publisher", lambda *_: twin.awaited(publisher))
    monkeypatch.setattr(twin.module("app"), "Store", lambda *_: twin.awaited(store))
    app = twin.run(lambda: twin.module("app").create_app({"RABBIT_QUEUE": "work"}))
    assert 503 == twin.request(app, "GET", "/readyz").status
