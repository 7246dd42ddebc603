"""What every error of the HTTP contract looks like."""

import inspect

import pytest

from core import errors
from core.errors import (
    BodyTooLarge,
    BrokerUnavailable,
    InvalidRequest,
    InvalidTask,
    KeyReused,
    LabError,
    PublishRefused,
    PublishUnconfirmed,
    StoreUnavailable,
    UnsupportedBody,
)
from core.problem import problem_of, problem_of_status
from core.settings import LIMITS

RETRY = {"Retry-After": str(LIMITS.retry_after)}


@pytest.mark.parametrize(
    ("error", "status", "headers", "missing"),
    [
        (InvalidTask("title"), 422, {}, ()),
        (InvalidRequest("limit"), 400, {}, ()),
        (KeyReused("key"), 422, {}, ()),
        (UnsupportedBody(), 415, {}, ()),
        (BodyTooLarge(), 413, {}, ()),
        (BrokerUnavailable("down"), 503, RETRY, ("broker",)),
        (PublishRefused("full"), 503, RETRY, ("broker",)),
        (PublishUnconfirmed("silent"), 503, RETRY, ("broker",)),
        (StoreUnavailable("down"), 503, RETRY, ("store",)),
        (LabError("?"), 500, {}, ()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_has_its_status(
    error: LabError, status: int, headers: dict[str, str], missing: tuple[str, ...]
) -> None:
    """A 503 says what is missing and when it is worth trying again."""
    problem = problem_of(error)
    assert (status, headers, missing) == (problem.status, problem.headers, problem.missing)


@pytest.mark.parametrize(
    "error",
    [InvalidTask, InvalidRequest, KeyReused, BrokerUnavailable, PublishRefused, PublishUnconfirmed, StoreUnavailable],
)
def test_a_problem_repeats_what_the_error_says(error: type[LabError]) -> None:
    """In the client's hand it is worth more than in our log."""
    assert "the very reason" in problem_of(error("the very reason")).detail


@pytest.mark.parametrize("error", [InvalidTask, InvalidRequest, KeyReused, BrokerUnavailable, PublishRefused])
def test_a_client_is_told_that_nothing_was_queued(error: type[LabError]) -> None:
    """Where that is certain."""
    assert "othing was queued" in problem_of(error("why")).detail


def test_a_client_is_told_that_nobody_knows() -> None:
    """An unconfirmed task may be in the queue: only a key makes it safe to send again."""
    detail = problem_of(PublishUnconfirmed("why")).detail
    assert "may be queued or not" in detail
    assert "Idempotency-Key" in detail


def test_an_unforeseen_error_of_ours_keeps_its_details_to_itself() -> None:
    """They are for the log."""
    assert "secret" not in problem_of(LabError("secret")).detail


@pytest.mark.parametrize("status", [400, 404, 405, 408, 413, 415])
def test_what_the_framework_finds_is_explained(status: int) -> None:
    """Each in its own words."""
    assert "unforeseen" not in problem_of_status(status).detail


@pytest.mark.parametrize(("given", "status"), [(0, 500), (200, 500), (302, 500), (499, 500), (600, 500), (503, 503)])
def test_a_problem_always_has_an_error_status(given: int, status: int) -> None:
    """Whatever number it was made of."""
    assert status == problem_of_status(given).status


def test_titles_are_the_words_of_the_status() -> None:
    """Equal problems have equal titles."""
    assert {"Not Found"} == {problem_of_status(404).title}


@pytest.mark.parametrize(("status", "title"), [(413, "Content Too Large"), (422, "Unprocessable Content")])
def test_titles_do_not_depend_on_the_version_of_python(status: int, title: str) -> None:
    """It has renamed some."""
    assert title == problem_of_status(status).title


def test_headers_of_the_framework_are_kept() -> None:
    """A 405 has to say which methods there are."""
    assert {"Allow": "GET"} == problem_of_status(405, {"Allow": "GET"}).headers


def test_every_error_of_the_lab_has_words_of_its_own() -> None:
    """One root, one leaf a case; a docstring says what is known."""
    leaves = [leaf for _, leaf in inspect.getmembers(errors, inspect.isclass) if issubclass(leaf, LabError)]
    assert all(leaf.__doc__ and leaf.__mro__[1] in {LabError, Exception} for leaf in leaves)
