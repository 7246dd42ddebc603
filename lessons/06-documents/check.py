"""Whether store.py stores each task once and safely, and reads pages that neither leave out nor repeat."""

import json
from collections.abc import Sequence

from lessons.kit import hops, plans, wire
from lessons.kit.place import Document, Place
from lessons.kit.program import Ended
from lessons.kit.steps import step
from lessons.kit.verdict import NotYet, expect

FILE = "store.py"
SAME_TIME = 5
"""So many tasks have the same time."""
MANY, LIMIT = 24, 6
PAGES = MANY
"""More of them than tasks never end."""
NOT_SAFE = {"code": 64, "codeName": "WriteConcernTimeout", "errmsg": "waiting for replication timed out"}
TOLD_AS_ONE = "&w=1"
"""What the address of the database asks for, as that of many a real one does."""


def _documents(place: Place, count: int, later: int = 0) -> list[Document]:
    """Tasks as they shall be stored, in no order; several have the same time."""
    chance = place.random
    begins = chance.randrange(10**12, 2 * 10**12) + later * 10**6
    numbers = chance.sample(range(16**5), count)
    made = [
        {
            "_id": f"{place.word}-{later}{number:05x}",
            "title": f"{place.word} {number}",
            "created": begins + order // SAME_TIME,
        }
        for order, number in enumerate(numbers)
    ]
    chance.shuffle(made)
    return made


def _save(place: Place, documents: Sequence[Document], uri: str = "") -> Ended:
    """The student's program, with these tasks in a file."""
    lines = [json.dumps({"id": one["_id"], "title": one["title"], "created": one["created"]}) for one in documents]
    file = place.scratch / "tasks.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return place.finish(FILE, "save", str(file), MONGO_URI=uri or place.environ["MONGO_URI"])


def _told(done: Ended) -> list[tuple[str, str]]:
    """The word and the id of each line."""
    lines = [line.split() for line in done.printed.splitlines()]
    return [(line[0], line[1]) for line in lines if len(line) == 2]


def _stored(place: Place) -> dict[str, Document]:
    return {str(one["_id"]): one for one in place.documents.find()}


def _other(document: Document) -> Document:
    return {**document, "title": f"{document['title']}, but another one"}


@step("a batch is stored, each task under its own id")
def stores(place: Place) -> None:
    """And each is told."""
    place.documents.drop()
    batch = _documents(place, MANY)
    done = _save(place, batch)
    found = _stored(place)
    what = f"{len(batch)} documents in your collection, each with _id, title and created"
    expect(found == {one["_id"]: one for one in batch}, what, f"{len(found)}; it said:\n{done.last}", _now(place))
    told = [("stored", one["_id"]) for one in batch]
    expect(_told(done) == told, "a line `stored ID` for each, in order", done.last)


def _now(place: Place) -> str:
    return hops.collection(place)


@step("what is there already is told, is never overwritten, and stops no neighbour")
def repeats(place: Place) -> None:
    """A repetition, a conflict, and new ones behind them."""
    place.documents.drop()
    same, taken, *new = _documents(place, 4)
    place.documents.insert_many([same, taken])
    done = _save(place, [same, _other(taken), *new])
    found = _stored(place)
    seen = f"the document {taken['_id']} is overwritten: {found[taken['_id']]['title']!r}"
    expect(found[taken["_id"]] == taken, f"the document stays as it was: {taken['title']!r}", seen)
    missing = sum(one["_id"] not in found for one in new)
    seen = (
        f"{missing} of {len(new)} new ones are not there: the write ended at the first duplicate; it said:\n{done.last}"
    )
    expect(not missing, "the new tasks of the batch are stored", seen, _now(place))
    words = [("again", same["_id"]), ("conflict", taken["_id"]), *(("stored", one["_id"]) for one in new)]
    expect(_told(done) == words, "\n".join(map(" ".join, words)), done.last)


@step("of two that store the same id at once, one is told that there is a conflict")
def races(place: Place) -> None:
    """The other one is quicker by the time that a message takes."""
    place.documents.drop()
    wanted, neighbour = _documents(place, 2)
    quicker = _other(wanted)

    def store_first(command: wire.Command) -> None:
        if command.writes and not place.documents.count_documents({"_id": wanted["_id"]}):
            place.documents.insert_one(quicker)

    with wire.between(place, before=store_first, options=TOLD_AS_ONE) as between:
        done = _save(place, [wanted, neighbour], between.uri)
    what = "the other one's task stays, although it came after your program had looked"
    expect(_stored(place)[wanted["_id"]] == quicker, what, "the other one's task is overwritten", _now(place))
    words = [("conflict", wanted["_id"]), ("stored", neighbour["_id"])]
    expect(_told(done) == words, "\n".join(map(" ".join, words)), done.last)


@step("stored means: on a majority of the servers, and in the journal")
def is_safe(place: Place) -> None:
    """As the database is asked; and where it says no, nothing is called stored."""
    place.documents.drop()
    batch = _documents(place, 3)
    with wire.between(place, options=TOLD_AS_ONE) as between:
        _save(place, batch, between.uri)
    for command in between.commands:
        if command.writes:
            concern = command.body.get("writeConcern", {})
            said = (
                ", ".join(f"{name}={value}" for name, value in concern.items()) or "nothing, so what the server likes"
            )
            seen = f"the {command.name} asks for {said}: what one server has in its memory dies with it"
            safe = concern.get("w") == "majority" and concern.get("j") is True
            expect(safe, "writes that ask for w=majority, j=True, whatever the address says", seen)
    place.documents.drop()
    with wire.between(place, answer=_refuse, options=TOLD_AS_ONE) as between:
        done = _save(place, batch, between.uri)
    false = [task for word, task in _told(done) if word in {"stored", "again"}]
    seen = f"{len(false)} task(s) told, and MongoDB has said that they are not safe yet: {NOT_SAFE['errmsg']}"
    expect(not false and done.code, "an error, where there is a writeConcernError", seen if false else done.last)


def _refuse(command: wire.Command, answer: Document) -> Document:
    return {**answer, "writeConcernError": NOT_SAFE} if command.writes else answer


@step("a page is read along an index")
def is_quick(place: Place) -> None:
    """What the program asks is explained by the database itself."""
    place.documents.drop()
    _save(place, _documents(place, MANY))
    with wire.between(place) as between:
        shown, following, done = _page(place, "", between.uri)
        _page(place, following, between.uri)
    expect(len(shown) == LIMIT, f"{LIMIT} tasks on the first page of {MANY}", f"{len(shown)}; it said:\n{done.last}")
    expect(following, "a line `next AFTER`, because there are more", done.last)
    asked = [command for command in between.commands if command.reads]
    for command in asked:
        _must_be_quick(place, command)


def _must_be_quick(place: Place, command: wire.Command) -> None:
    stages = plans.stages(place.documents.database, command.body)
    what = "the page's tasks read from an index that has them in their order"
    seen = f"MongoDB reads the whole collection (COLLSCAN): an index is missing for {_short(command.body)}"
    expect("COLLSCAN" not in stages, what, seen, _now(place))
    seen = f"MongoDB reads all that could be meant and sorts them in memory (SORT) for {_short(command.body)}"
    expect("SORT" not in stages, what, seen, _now(place))


def _short(body: Document) -> str:
    told = {name: body[name] for name in ("filter", "sort", "pipeline") if name in body}
    return json.dumps(told, default=str)[:300]


def _page(place: Place, after: str, uri: str = "") -> tuple[list[str], str, Ended]:
    """The ids of a page, and where the next begins."""
    arguments = [str(LIMIT), *([after] if after else [])]
    done = place.finish(FILE, "page", *arguments, MONGO_URI=uri or place.environ["MONGO_URI"])
    expect(done.code == 0, "a page", done.last)
    lines = [line.split(maxsplit=2) for line in done.printed.splitlines()]
    ids = [line[1] for line in lines if line and line[0] == "task"]
    following = [" ".join(line[1:]) for line in lines if line and line[0] == "next"]
    return ids, "".join(following), done


@step("page after page, nothing is left out and nothing comes twice, while others store")
def pages(place: Place) -> None:
    """New ones come in front of what has been read."""
    place.documents.drop()
    there = _documents(place, MANY)
    _save(place, there)
    seen: list[str] = []
    after = ""
    for number in range(1, PAGES):
        ids, after, _ = _page(place, after)
        seen += ids
        twice = {one for one in seen if seen.count(one) > 1}
        expect(
            not twice, "each task once", f"{''.join(sorted(twice)[:1])} comes twice, the second time on page {number}"
        )
        if not after:
            break
        place.documents.insert_many(_documents(place, 2, later=number))
    else:
        raise NotYet("a page without `next` at the end", f"{PAGES} pages, and no end")
    _compare(there, seen)


def _compare(there: Sequence[Document], seen: Sequence[str]) -> None:
    expected = [one["_id"] for one in sorted(there, key=lambda one: (one["created"], one["_id"]), reverse=True)]
    missing = [one for one in expected if one not in seen]
    same = f" ({SAME_TIME} each have the same time)"
    what = f"every one of the {len(there)} tasks on one of the pages{same}"
    expect(not missing, what, f"{len(missing)} are left out, such as {''.join(missing[:1])}")
    read = [one for one in seen if one in set(expected)]
    expect(read == expected, "the newest first, and of those with the same time the greatest id first", "\n".join(read))
