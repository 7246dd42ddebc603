"""Requests that are broken below HTTP's surface: nginx refuses them, and everything serves on."""

import pytest

from tests.support.api import Api, assert_problem
from tests.support.raw import talk
from tests.support.stack import Stack

BODY = b'{"title": "broken-request"}'
HEAD = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def head(api: Api, *lines: bytes) -> bytes:
    """The head of a POST to the API, with these lines added."""
    return HEAD % f"{api.prefix}/tasks".encode() + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def length(number: object) -> bytes:
    """The Content-Length header."""
    return f"Content-Length: {number}".encode()


CHUNKED = b"Transfer-Encoding: chunked"

BROKEN = {
    "chunk size no number": ([CHUNKED], b"zz\r\n" + BODY, 400),
    "negative chunk size": ([CHUNKED], b"-1\r\n" + BODY, 400),
    "chunk size beyond 64 bits": ([CHUNKED], b"f" * 17 + b"\r\n" + BODY, 400),
    "chunk longer than it says": ([CHUNKED], b"2\r\n" + BODY + b"\r\n0\r\n\r\n", 400),
    "chunk of more than is taken": ([CHUNKED], b"fffffff\r\n" + BODY, 413),
    "length and chunks": ([length(5), CHUNKED], b"0\r\n\r\n", 400),
    "two lengths": ([length(5), length(6)], BODY, 400),
    "length no number": ([length("ten")], BODY, 400),
    "length negative": ([length(-1)], BODY, 400),
    "length beyond 64 bits": ([length("9" * 30)], BODY, 400),
    "length of more than is taken": ([length(10**9)], BODY, 413),
    "unknown transfer encoding": ([b"Transfer-Encoding: bogus"], BODY, 501),
    "header too large": ([b"X-Large: " + b"x" * 9_000, length(len(BODY))], BODY, 431),
    "too many headers": ([b"X-%d: " % n + b"x" * 4_000 for n in range(20)], b"", 431),
    "NUL in a header": ([b"X-Odd: a\x00b", length(len(BODY))], BODY, 400),
    "two hosts": ([b"Host: other", length(len(BODY))], BODY, 400),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_request_is_refused_and_the_service_serves_on(
    api: Api, stack: Stack, name: str, nothing_published: None
) -> None:
    """A problem document, nothing queued, and the next request is answered."""
    lines, body, status = BROKEN[name]

    heard = talk(stack.addresses["http"], head(api, *lines) + body, finish=True)

    assert_problem(heard.last, status)
    assert 200 == api.get("/healthz").status_code


LINES = {
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
    "a word": b"GARBAGE\r\n\r\n",
    "no version": b"GET {path} HTTP\r\n\r\n",
    "version 9.9": b"GET {path} HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "no host": b"GET {path} HTTP/1.1\r\n\r\n",
    "no slash": b"GET tasks HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "lower-case method": b"get {path} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "address of 9,000 characters": b"GET {path}?" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "climbing out": b"GET /flask/../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "half an escape": b"GET {path}/%4 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "NUL in the address": b"GET {path}/%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("name", LINES)
def test_a_bad_request_line_is_refused(api: Api, stack: Stack, name: str) -> None:
    """A 4xx or 505 problem document, or a closed connection without a word; never silence, never a 500."""
    line = LINES[name].replace(b"{path}", f"{api.prefix}/tasks".encode())

    heard = talk(stack.addresses["http"], line)

    if heard.data:
        assert heard.last.status_code in {400, 404, 405, 414, 505}
        assert_problem(heard.last, heard.last.status_code)
    else:
        assert heard.closed
    assert 200 == api.get("/healthz").status_code


def test_a_length_that_promises_too_much_queues_nothing(api: Api, stack: Stack, nothing_published: None) -> None:
    """The rest never comes: nginx closes the connection, and the API never hears of it."""
    heard = talk(stack.addresses["http"], head(api, length(1_000)) + BODY, finish=True)

    assert heard.closed
    assert all(400 <= status < 500 for status in heard.statuses)


def test_a_length_that_promises_too_little_cuts_the_body_and_queues_nothing(
    api: Api, stack: Stack, nothing_published: None
) -> None:
    """Half a document is refused, and what follows it is no request."""
    heard = talk(stack.addresses["http"], head(api, length(10)) + BODY)

    assert [400, 400] == heard.statuses
    assert heard.closed


def test_a_second_request_hidden_in_a_body_is_never_carried_out(
    api: Api, stack: Stack, nothing_published: None
) -> None:
    """Length and chunks together, the classic way of smuggling, is refused as a whole."""
    hidden = head(api, length(len(BODY))) + BODY
    heard = talk(stack.addresses["http"], head(api, length(4), CHUNKED) + b"0\r\n\r\n" + hidden, finish=True)

    assert [400] == heard.statuses
    assert heard.closed


def test_two_requests_on_one_connection_are_answered_in_order(api: Api, stack: Stack) -> None:
    """Pipelining is legal: both are answered."""
    line = b"GET %s/healthz HTTP/1.1\r\nHost: localhost\r\n" % api.prefix.encode()

    heard = talk(stack.addresses["http"], line + b"\r\n" + line + b"Connection: close\r\n\r\n")

    assert [200, 200] == heard.statuses


def test_http_1_0_without_a_host_is_answered(api: Api, stack: Stack) -> None:
    """Old clients are no attackers."""
    heard = talk(stack.addresses["http"], b"GET %s/healthz HTTP/1.0\r\n\r\n" % api.prefix.encode())

    assert [200] == heard.statuses
