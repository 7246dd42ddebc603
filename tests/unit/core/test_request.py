"""What the headers and the query of a request say, checked."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from core import request
from core.accept import Producer, accept
from core.errors import InvalidRequest, InvalidTask
from core.ids import id_of_key
from core.message import decode, encode
from core.page import Cursor, ListQuery
from core.request import MAX_WAIT
from tests.unit.samples import ID, STORED

FLASK = Producer("flask", "here")
NOW = 1_795_255_200.25


def headers(**values: str) -> Headers:
    """Headers as both frameworks give them; an underscore stands for a hyphen."""
    return Headers({name.replace("_", "-"): value for name, value in values.items()})


def test_a_plain_list_is_the_newest_fifty() -> None:
    """Without a query."""
    assert ListQuery(50, None, None, None) == request.parse_list_query([])


def test_a_query_may_name_everything() -> None:
    """Each parameter once."""
    pairs = [("limit", "100"), ("after", f"1795255202000.{ID}"), ("source", "flask"), ("worker", "py-worker2")]
    assert ListQuery(100, Cursor(STORED, ID), "flask", "py-worker2") == request.parse_list_query(pairs)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1e1", "", "ten", "1000", "５", "1.0", " 1"])
def test_a_limit_outside_one_to_a_hundred_is_refused(limit: str) -> None:
    """By name."""
    with pytest.raises(InvalidRequest, match="limit"):
        request.parse_list_query([("limit", limit)])


@pytest.mark.parametrize("name", ["source", "worker"])
@pytest.mark.parametrize("value", ["", "Flask", "$ne", "a b", "a" * 33, "7up", "flask\n", "ä"])
def test_a_name_that_nobody_can_have_is_refused(name: str, value: str) -> None:
    """By the parameter's name."""
    with pytest.raises(InvalidRequest, match=name):
        request.parse_list_query([(name, value)])


@pytest.mark.parametrize("name", ["source[$ne]", "page", "LIMIT", "", "$where"])
def test_a_parameter_that_the_contract_does_not_name_is_refused(name: str) -> None:
    """A typing mistake must not show the wrong list."""
    with pytest.raises(InvalidRequest, match="query parameter"):
        request.parse_list_query([(name, "1")])


def test_a_parameter_given_twice_is_refused() -> None:
    """Frameworks differ in which of the two they would take."""
    with pytest.raises(InvalidRequest, match="twice"):
        request.parse_list_query([("limit", "1"), ("limit", "2")])


@given(st.lists(st.tuples(st.sampled_from(["limit", "after", "source", "worker", "x"]), st.text(max_size=50))))
def test_any_query_is_taken_or_refused(pairs: list[tuple[str, str]]) -> None:
    """Never anything else."""
    with suppress(InvalidRequest):
        assert 1 <= request.parse_list_query(pairs).limit <= 100


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        ("Application/JSON", True),
        ("application/json; charset=utf-8", True),
        ('application/json;charset="UTF-8"', True),
        ("application/json; charset=utf-16", False),
        ("application/json; charset=latin-1", False),
        ("application/problem+json", False),
        ("application/jsonlines", False),
        ("text/plain", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=x", False),
        ("", False),
    ],
)
def test_a_body_counts_as_json_only_when_it_says_so(content_type: str, expected: bool) -> None:
    """In no other encoding than UTF-8."""
    assert expected is request.is_json(headers(Content_Type=content_type))


def test_a_body_without_a_content_type_is_no_json() -> None:
    """Nothing is guessed."""
    assert request.is_json(headers()) is False


@pytest.mark.parametrize(("encoding", "expected"), [("identity", True), ("", True), ("gzip", False), ("br", False)])
def test_a_compressed_body_is_not_taken(encoding: str, expected: bool) -> None:
    """Its size could not be bounded."""
    assert expected is request.is_json(headers(Content_Type="application/json", Content_Encoding=encoding))


@pytest.mark.parametrize("key", ["a", "!", "~", "k" * 200, "order-7", '"quoted"'])
def test_a_key_of_visible_characters_is_taken(key: str) -> None:
    """Letter by letter."""
    assert key == request.idempotency_key(headers(Idempotency_Key=key))


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 201, "schlüssel", "a\t"])
def test_a_key_of_other_characters_is_refused(key: str) -> None:
    """By the header's name."""
    with pytest.raises(InvalidRequest, match="Idempotency-Key"):
        request.idempotency_key(headers(Idempotency_Key=key))


def test_no_key_is_no_key() -> None:
    """The task then gets an id of its own."""
    assert request.idempotency_key(headers()) is None


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=5", 5),
        ("wait=0", 0),
        ("wait=30", MAX_WAIT),
        ("wait=31", MAX_WAIT),
        ("wait=999999999", MAX_WAIT),
        ("WAIT=5", 5),
        ("wait = 5", 5),
        (" wait=5 ", 5),
        ("respond-async, wait=10", 10),
        ("wait=10;foo=bar", 10),
        ("wait=3, wait=9", 3),
        ("handling=lenient", 0),
        ("wait", 0),
        ("wait=", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ('wait="5"', 0),
        ("wait=five", 0),
        ("wait=" + "9" * 5000, 0),
        ("await=5", 0),
        ("", 0),
    ],
)
def test_a_preference_asks_for_at_most_thirty_seconds(prefer: str, seconds: int) -> None:
    """What is not understood is ignored, as RFC 7240 says."""
    assert seconds == request.wait_seconds(headers(Prefer=prefer))


def test_without_a_preference_nobody_waits() -> None:
    """The answer comes at once."""
    assert 0 == request.wait_seconds(headers())


@pytest.mark.parametrize("given", ["a", "0123456789abcdef", "A.b_c-d", "r" * 64])
def test_a_request_keeps_the_id_that_nginx_gave_it(given: str) -> None:
    """So that its log and ours are about one request."""
    assert given == request.request_id(headers(X_Request_ID=given))


@pytest.mark.parametrize("given", ["", "r" * 65, "a b", "a;b", "ü", '{"a":1}'])
def test_an_id_that_does_not_belong_into_a_log_is_replaced(given: str) -> None:
    """Anybody can send one past nginx."""
    assert "" == request.request_id(headers(X_Request_ID=given))


@pytest.mark.parametrize("given", ["/flask", "/async", "/lab/7/flask", ""])
def test_links_carry_the_prefix_that_the_client_used(given: str) -> None:
    """Behind any number of proxies."""
    assert given == request.prefix(headers(X_Forwarded_Prefix=given))


@pytest.mark.parametrize("given", ["flask", "/", "//evil.example", "/a b", "http://evil.example", "/a/", "/ä", "/a?b"])
def test_a_prefix_that_is_no_path_is_ignored(given: str) -> None:
    """A link must not lead elsewhere."""
    assert "" == request.prefix(headers(X_Forwarded_Prefix=given))


def test_the_time_at_nginx_is_read_to_the_millisecond() -> None:
    """It is the first time of the passport."""
    assert datetime(2026, 11, 21, 10, 0, 0, 123_000, tzinfo=UTC) == request.reached_nginx(
        headers(X_Request_Start="t=1795255200.123")
    )


@pytest.mark.parametrize("given", ["", "1795255200.123", "t=1795255200", "t=x", "t=17952552000.123", "t=1.5"])
def test_a_time_that_nginx_does_not_write_is_no_time(given: str) -> None:
    """The passport then says that the request came another way."""
    assert request.reached_nginx(headers(X_Request_Start=given)) is None


def test_an_accepted_task_says_who_took_it_and_when() -> None:
    """And which request it came with."""
    task = accept(b'{"title": "a"}', headers(), FLASK, "r1", NOW, b"0123456789")
    assert ("flask", "here", "r1", datetime(2026, 11, 21, 10, 0, 0, 250_000, tzinfo=UTC), None) == (
        task.source,
        task.host,
        task.request_id,
        task.accepted,
        task.nginx,
    )


def test_an_accepted_task_has_an_id_that_tells_its_time() -> None:
    """Of the form that the contract promises."""
    task = accept(b'{"title": "a"}', headers(), FLASK, "r1", NOW, b"0123456789")
    assert f"{int(NOW * 1000):012x}" == task.id.replace("-", "")[:12]
    assert task == decode(encode(task, "work").body)


def test_an_accepted_task_with_a_key_has_the_id_of_its_key() -> None:
    """On every producer the same."""
    sent = headers(Idempotency_Key="order-7")
    tasks = [accept(b'{"title": "a"}', sent, Producer(name, "h"), "r", NOW, b"0" * 10) for name in ("flask", "async")]
    assert [id_of_key("order-7")] * 2 == [task.id for task in tasks]


def test_a_body_that_is_no_task_is_not_accepted() -> None:
    """Whatever else is right."""
    with pytest.raises(InvalidTask):
        accept(b"{}", headers(), FLASK, "r1", NOW, b"0123456789")
