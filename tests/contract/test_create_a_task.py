"""``POST /tasks``: what is accepted, and what the client is told."""

import json
import re

from tests.support.api import Api, unique

ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_an_accepted_task_is_answered_202_with_its_id_and_its_address(api: Api) -> None:
    """The body tells id, status and source; Location carries the prefix the client used."""
    answer = api.post({"title": unique()})

    document = answer.json()
    assert (202, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert {"id", "status", "source"} == document.keys()
    assert ("queued", api.name) == (document["status"], document["source"])
    assert re.fullmatch(ID, document["id"])
    assert f"{api.prefix}/tasks/{document['id']}" == answer.headers["location"]


def test_the_location_leads_to_the_stored_task(api: Api) -> None:
    """Following the answer's own link, with Prefer: wait, gives the task as it was sent."""
    title = unique()

    accepted = api.post({"title": title, "notes": "With #Notes", "work": {"io_ms": 1, "cpu_ms": 1}})
    stored = api.http.get(accepted.headers["location"], headers={"Prefer": "wait=10"})

    assert 200 == stored.status_code
    document = stored.json()
    assert accepted.json()["id"] == document["id"]
    assert (title, "With #Notes", {"io_ms": 1, "cpu_ms": 1}) == tuple(document[k] for k in ("title", "notes", "work"))


def test_ids_grow_with_time(api: Api) -> None:
    """Of two tasks sent one after the other the second has the greater id, cut to its millisecond."""
    first, second = api.send()[:13], api.send()[:13]

    assert first <= second


def test_what_is_left_out_has_its_default(api: Api) -> None:
    """Only the title is required."""
    document = api.stored(api.send())

    assert ("", {"io_ms": 0, "cpu_ms": 0}) == (document["notes"], document["work"])


def test_the_largest_task_of_the_contract_is_accepted(api: Api) -> None:
    """Every bound is inclusive, counted in characters and not in bytes."""
    title = unique() + "ß" * (200 - len(unique()))

    document = api.stored(api.send(title, notes="é" * 10_000))

    assert (title, "é" * 10_000) == (document["title"], document["notes"])


def test_every_script_and_every_escape_arrives_as_it_was_sent(api: Api) -> None:
    """Letters of all scripts, emoji (escaped as a pair of surrogates), control characters and a NUL in a value."""
    title = unique()
    notes = '日本語 Ελληνικά עברית 👩‍🚀 \\ " / \n\t\u0000 \u2028 $ne {"$gt": 1} <script>'

    accepted = api.post_raw(json.dumps({"title": title, "notes": notes}, ensure_ascii=False).encode())
    escaped = api.post_raw(json.dumps({"title": title, "notes": "🚀"}).encode())

    assert (202, 202) == (accepted.status_code, escaped.status_code), accepted.text + escaped.text
    assert notes == api.stored(accepted.json()["id"])["notes"]
    assert "🚀" == api.stored(escaped.json()["id"])["notes"]


def test_the_media_type_may_say_utf_8(api: Api) -> None:
    """Case, blanks and quotes in Content-Type make no difference."""
    for parameter in ("; charset=utf-8", ";charset=UTF-8", '; charset="utf-8"', " ;", ""):
        content_type = f"Application/JSON{parameter}"
        answer = api.post_raw(b'{"title": "%s"}' % unique().encode(), {"Content-Type": content_type})
        assert 202 == answer.status_code, content_type


def test_what_a_worker_derives_is_stored_beside_the_task(api: Api) -> None:
    """Slug, words, characters and hashtags follow from title and notes alone."""
    mark = unique()
    title, notes = f"Über #Länge {mark}", "two words #LÄNGE #Zwei"

    document = api.stored(api.send(title, notes=notes))

    assert f"über-länge-{mark}" == document["slug"]
    assert ["länge", "zwei"] == document["hashtags"]
    assert (7, len(title) + len(notes)) == (document["words"], document["characters"])
