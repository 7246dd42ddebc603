"""What a bulk insert has done, from the server's answer."""

from typing import Any

import pytest

from core.delivery import Again, Dead, Done
from core.enrich import Document, enrich
from core.errors import StoreUnavailable
from core.outcome import failures, is_duplicate, verdicts
from tests.unit.samples import ID, OTHER_ID, STORED, a_receipt, a_task

DUPLICATE = {"index": 0, "code": 11000, "keyPattern": {"_id": 1}, "errmsg": "E11000 duplicate key"}


def document(**changes: Any) -> Document:
    """A document to store."""
    return enrich(a_task(**changes), a_receipt(), STORED)


def test_documents_without_an_error_are_done() -> None:
    """An unordered insert says only what failed."""
    assert [Done(), Done()] == verdicts([document(), document(id=OTHER_ID)], {}, {})


def test_a_duplicate_with_the_same_content_is_done() -> None:
    """A redelivered message is stored once, though it is written twice."""
    assert [Done(duplicate=True)] == verdicts([document()], {0: DUPLICATE}, {ID: document(request_id="another")})


@pytest.mark.parametrize("changes", [{"title": "Cut them"}, {"notes": "now"}])
def test_a_duplicate_with_other_content_is_a_conflict(changes: dict[str, str]) -> None:
    """Two tasks under one id are never taken for one."""
    assert [Dead("conflict: another task is stored under this id")] == verdicts(
        [document()], {0: DUPLICATE}, {ID: document(**changes)}
    )


def test_a_duplicate_that_is_gone_again_is_tried_again() -> None:
    """Somebody has deleted it in between."""
    assert isinstance(verdicts([document()], {0: DUPLICATE}, {})[0], Again)


def test_another_write_error_is_tried_again() -> None:
    """With the server's own words as the reason."""
    error = {"index": 0, "code": 121, "errmsg": "Document failed validation"}
    assert [Again("MongoDB refused the document: Document failed validation")] == verdicts([document()], {0: error}, {})


def test_one_failure_harms_no_neighbour() -> None:
    """Each document has its own verdict."""
    error = {"index": 1, "code": 121, "errmsg": "no"}
    found = verdicts([document(), document(id=OTHER_ID), document()], {1: error}, {})
    assert [Done, Again, Done] == [type(verdict) for verdict in found]


def test_failures_are_found_by_their_place() -> None:
    """The server counts within the batch."""
    assert {0: DUPLICATE} == failures({"writeErrors": [DUPLICATE], "writeConcernErrors": []})


def test_a_write_that_is_not_safe_is_no_success_for_anybody() -> None:
    """Not even the inserted ones may be acknowledged."""
    details = {"writeErrors": [DUPLICATE], "writeConcernErrors": [{"errmsg": "waiting for replication timed out"}]}
    with pytest.raises(StoreUnavailable, match="replication timed out"):
        failures(details)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DUPLICATE, True),
        ({"code": 11000}, True),
        ({"code": 11000, "keyPattern": {"slug": 1}}, False),
        ({"code": 121, "keyPattern": {"_id": 1}}, False),
        ({}, False),
    ],
)
def test_only_the_id_makes_a_duplicate(error: dict[str, Any], expected: bool) -> None:
    """Another unique index would mean something else."""
    assert expected is is_duplicate(error)
