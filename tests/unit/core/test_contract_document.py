"""openapi.yaml says what the code does: no limit stands in only one of the two."""

import re
from typing import Any, get_args

import pytest
import yaml

from core import docs, page, request, settings, task
from core.enrich import enrich
from core.problem import Problem, problem_of_status
from tests.unit.samples import STORED, a_receipt, a_task

DOCUMENT = yaml.safe_load(docs.contract())
SCHEMAS = DOCUMENT["components"]["schemas"]
NEW_TASK = SCHEMAS["NewTask"]["properties"]
WORK = SCHEMAS["Work"]["properties"]


def meta(annotation: Any) -> Any:
    """The bounds in an annotation of msgspec."""
    return get_args(annotation)[1]


def plain(pattern: str) -> str:
    """A pattern in the dialect of JSON Schema: whole-string anchors are ^ and $ there, groups have no name."""
    return pattern.replace(r"\A", "^").replace(r"\Z", "$").replace("(?:", "(")


def parameter(path: str, name: str) -> Any:
    """The schema of a parameter."""
    method = DOCUMENT["paths"][path]["get"]
    return next(found["schema"] for found in method["parameters"] if found["name"] == name)


def test_the_contract_is_openapi_3_1() -> None:
    """It parses, and says so."""
    assert "3.1.0" == DOCUMENT["openapi"]


def test_a_title_has_the_same_bounds_in_both() -> None:
    """Length and pattern."""
    bounds = meta(task.Title)
    assert (bounds.min_length, bounds.max_length, bounds.pattern) == (
        NEW_TASK["title"]["minLength"],
        NEW_TASK["title"]["maxLength"],
        NEW_TASK["title"]["pattern"],
    )


def test_notes_have_the_same_bound_in_both() -> None:
    """Length."""
    assert meta(task.Notes).max_length == NEW_TASK["notes"]["maxLength"]


@pytest.mark.parametrize(("member", "largest"), [("io_ms", task.IO_MS), ("cpu_ms", task.CPU_MS)])
def test_work_has_the_same_bounds_in_both(member: str, largest: int) -> None:
    """From 0 to the largest."""
    assert (0, largest) == (WORK[member]["minimum"], WORK[member]["maximum"])


@pytest.mark.parametrize(("schema", "shape"), [("NewTask", task.NewTask), ("Work", task.Work), ("Queued", task.Queued)])
def test_a_shape_has_the_same_members_in_both(schema: str, shape: type) -> None:
    """And no others."""
    assert set(shape.__struct_fields__) == set(SCHEMAS[schema]["properties"])  # type: ignore[attr-defined]
    assert SCHEMAS[schema]["additionalProperties"] is False


def test_a_new_task_needs_only_a_title_in_both() -> None:
    """All else has a plain value."""
    given = {member["default"] for member in NEW_TASK.values() if "default" in member}
    assert (["title"], {""}) == (SCHEMAS["NewTask"]["required"], given)


@pytest.mark.parametrize(("schema", "annotation"), [("TaskId", task.TaskId), ("Name", task.Name)])
def test_ids_and_names_have_the_same_pattern_in_both(schema: str, annotation: Any) -> None:
    """Character by character."""
    assert plain(meta(annotation).pattern) == SCHEMAS[schema]["pattern"]


def test_names_in_a_query_have_the_pattern_of_names() -> None:
    """They are compared with what tasks hold."""
    assert plain(f"^{request._NAME.pattern}$") == SCHEMAS["Name"]["pattern"]


def test_a_cursor_has_the_same_pattern_in_both() -> None:
    """Groups apart."""
    assert re.sub(r"[()]", "", plain(f"^{page._CURSOR.pattern}$")) == re.sub(r"[()]", "", SCHEMAS["Cursor"]["pattern"])


def test_a_key_has_the_same_bounds_in_both() -> None:
    """Length and characters."""
    schema = DOCUMENT["components"]["parameters"]["IdempotencyKey"]["schema"]
    characters = schema["pattern"].strip("^$+")
    assert f"{characters}{{{schema['minLength']},{schema['maxLength']}}}" == request._KEY.pattern


def test_a_page_has_the_same_limits_in_both() -> None:
    """From one to the largest, and what is usual."""
    limit = parameter("/tasks", "limit")
    assert (1, page.MAX_LIMIT, page.USUAL_LIMIT) == (limit["minimum"], limit["maximum"], limit["default"])
    assert page.MAX_LIMIT == SCHEMAS["Page"]["properties"]["items"]["maxItems"]


def test_the_longest_wait_is_the_same_in_both() -> None:
    """In words, since a header of preferences has no number of its own."""
    get = DOCUMENT["paths"]["/tasks/{id}"]["get"]
    prefer = next(found for found in get["parameters"] if found["name"] == "Prefer")
    assert f"at most {request.MAX_WAIT}" in prefer["description"]


def test_an_id_of_any_task_fits_into_its_address() -> None:
    """The address takes more than ids, to answer 404 rather than 400."""
    assert re.fullmatch(parameter("/tasks/{id}", "id")["pattern"], a_task().id)


def test_a_stored_task_has_the_same_members_in_both() -> None:
    """At every level."""
    shown = {"id": "", "status": "", **enrich(a_task(), a_receipt(), STORED)}
    del shown["_id"]
    passport = SCHEMAS["Passport"]["properties"]
    assert set(shown) == set(SCHEMAS["StoredTask"]["properties"]) == set(SCHEMAS["StoredTask"]["required"])
    assert set(shown["passport"]) == set(passport) == set(SCHEMAS["Passport"]["required"])
    assert set(shown["passport"]["times"]) == set(passport["times"]["properties"])


def test_a_problem_names_only_parts_that_the_contract_knows() -> None:
    """Broker and store."""
    assert ["broker", "store"] == SCHEMAS["Problem"]["properties"]["missing"]["items"]["enum"]
    assert Problem(404, "").missing == ()


def test_the_body_limit_is_told_in_the_words_of_the_code() -> None:
    """64 KiB."""
    assert f"{task.BODY_BYTES // 1024} KiB" in problem_of_status(413).detail


def test_every_503_says_when_to_try_again() -> None:
    """The header is promised wherever the status is."""
    answers = [method["responses"] for path in DOCUMENT["paths"].values() for method in path.values()]
    assert {"#/components/responses/Unavailable"} == {found["503"]["$ref"] for found in answers if "503" in found}
    assert re.fullmatch(
        DOCUMENT["components"]["headers"]["RetryAfter"]["schema"]["pattern"], str(settings.LIMITS.retry_after)
    )


def test_the_page_of_the_contract_links_only_to_what_is_served() -> None:
    """Relative, so that it works behind any prefix, and without another host."""
    linked = set(re.findall(r'(?:src|href)="([^"]+)"', docs.PAGE))
    assert {f"docs/{name}" for name in (*docs.ASSETS, "start.js")} == linked
    assert 'url: "openapi.yaml"' in docs.START
