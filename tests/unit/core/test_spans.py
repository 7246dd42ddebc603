"""What spans say: names and values of OpenTelemetry's conventions, and what is an error."""

import pytest
from pymongo.errors import BulkWriteError

from core import spans
from core.delivery import Again, Dead, Done
from core.errors import StoreUnavailable
from core.spans import MOST_LETTERS, Result
from tests.unit.samples import ID, a_delivery


def test_a_request_is_called_by_its_method_and_its_route() -> None:
    """Never by its path: a name has few values."""
    assert "POST /tasks" == spans.request_name("POST", "/tasks")
    assert "GET" == spans.request_name("GET", "")
    assert ("HTTP", "_OTHER") == (
        spans.request_name("BREW", ""),
        spans.request("BREW", "/", "", "r")["http.request.method"],
    )


def test_a_path_is_told_up_to_a_length() -> None:
    """It comes from a stranger."""
    assert MOST_LETTERS == len(str(spans.request("GET", "/" * 9000, "", "r")["url.path"]))


@pytest.mark.parametrize(("status", "error"), [(200, ""), (202, ""), (404, ""), (422, ""), (500, "500"), (503, "503")])
def test_only_an_answer_of_the_services_own_failure_is_an_error(status: int, error: str) -> None:
    """As the conventions have it for servers."""
    result = spans.answered(status)
    assert (status, error) == (result.attributes["http.response.status_code"], result.error)
    assert error == result.attributes.get("error.type", "")


def test_a_request_that_nobody_waited_for_says_so() -> None:
    """There is no status then."""
    assert Result({"error.type": "abandoned"}, "abandoned") == spans.answered(0)


@pytest.mark.parametrize(
    ("verdict", "kind", "why"),
    [(Done(), "done", ""), (Dead("no JSON"), "dead", "no JSON"), (Again("later"), "again", "later")],
)
def test_a_delivery_that_is_not_stored_has_failed(verdict: Done | Dead | Again, kind: str, why: str) -> None:
    """With the reason that its log and its dead letter have."""
    result = spans.handled(a_delivery(redelivered=True), 7, spans.judged(verdict))
    assert (kind, why) == (result.attributes["tasklab.verdict"], result.error)
    told = {"messaging.message.id": ID, "tasklab.attempt": 1, "tasklab.redelivered": True, "tasklab.batch_size": 7}
    assert told.items() <= result.attributes.items()


def test_a_reason_is_told_up_to_a_length() -> None:
    """It may quote a stranger."""
    assert MOST_LETTERS == len(spans.judged(Dead("x" * 1000)).error)


def test_an_operation_has_the_name_that_the_database_has_for_it() -> None:
    """The store's own may be another."""
    assert ("find tasks", "insert tasks") == (spans.operation_name("get"), spans.operation_name("insert"))
    assert "db.operation.batch.size" not in spans.operation("get", "tasklab", 1)
    assert 5 == spans.operation("insert", "tasklab", 5)["db.operation.batch.size"]


def test_of_many_documents_only_those_that_were_refused_have_failed() -> None:
    """They share one write, and not its error."""
    error = BulkWriteError({"writeErrors": [{"index": 1, "errmsg": "too large"}], "writeConcernErrors": []})
    assert [Result({}), Result({"error.type": "BulkWriteError"}, "too large")] == [
        spans.ended(error, n) for n in (0, 1)
    ]


def test_where_nothing_was_made_safe_all_have_failed() -> None:
    """Also where the server names none of them."""
    error = BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"errmsg": "no majority"}]})
    assert "BulkWriteError" == spans.ended(error, 3).attributes["error.type"]


def test_an_error_is_told_by_its_kind_and_its_words() -> None:
    """Or by its kind alone."""
    assert Result({}) == spans.ended(None)
    assert Result({"error.type": "StoreUnavailable"}, "gone") == spans.ended(StoreUnavailable("gone"))
    assert "ValueError" == spans.ended(ValueError()).error
