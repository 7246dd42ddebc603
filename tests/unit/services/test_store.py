"""The collection of stored tasks, against a database that fails when it is told to."""

from typing import Any

import pytest
from prometheus_client import REGISTRY
from pymongo.errors import AutoReconnect, ServerSelectionTimeoutError

from core.delivery import Again, Dead, Done
from core.documents import INDEXES, NEWEST_FIRST
from core.enrich import Document, enrich
from core.errors import InvalidSetting, StoreUnavailable
from core.page import ListQuery
from core.settings import LIMITS, Settings
from tests.unit.samples import ID, OTHER_ID, STORED, a_receipt, a_task
from tests.unit.services.fakes import FakeMongo
from tests.unit.services.twins import Twin


class Shelf:
    """A store, and the database behind it."""

    def __init__(self, twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.twin = twin
        self.mongo = FakeMongo()
        module = twin.module("store")

        def connect(uri: str, **options: Any) -> Any:
            return twin.awaited(self.mongo.connect(uri, **options))

        monkeypatch.setattr(module, twin.choose("MongoClient", "AsyncIOMotorClient"), connect)
        self.now = 100.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)
        self.store = module.Store(settings)

    def do(self, method: str, *given: Any) -> Any:
        """What a method of the store answers."""
        return self.twin.run(lambda: getattr(self.store, method)(*given))


@pytest.fixture
def shelf(twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A store over an empty database."""
    return Shelf(twin, settings, monkeypatch)


def document(**changes: Any) -> Document:
    """A document to store."""
    return enrich(a_task(**changes), a_receipt(), STORED)


def test_documents_are_stored(shelf: Shelf) -> None:
    """One verdict each."""
    assert [Done(), Done()] == shelf.do("insert", [document(), document(id=OTHER_ID)])
    assert [ID, OTHER_ID] == list(shelf.mongo.documents)


def test_a_write_is_safe_before_it_is_answered(shelf: Shelf) -> None:
    """By a majority, and in the journal; with less a stored task could be lost after its acknowledgement."""
    concern = shelf.mongo.collection_options["write_concern"]
    assert {"w": "majority", "j": True} == concern.document


def test_times_come_back_with_their_zone(shelf: Shelf) -> None:
    """Without it they could not be compared with ours."""
    assert shelf.mongo.options["tz_aware"] is True


def test_every_operation_is_bounded_in_time(shelf: Shelf) -> None:
    """The defaults wait half a minute for a server, and for ever on a socket."""
    wanted = int(LIMITS.store_timeout * 1000)
    assert [wanted, wanted] == [shelf.mongo.options[name] for name in ("timeoutMS", "serverSelectionTimeoutMS")]


def test_an_address_that_the_driver_cannot_use_is_refused_by_the_name_of_its_variable(twin: Twin) -> None:
    """Before anything is started."""
    with pytest.raises(InvalidSetting, match="MONGO_URI"):
        twin.run(lambda: twin.module("store").Store(Settings(mongo_uri="mongodb://localhost:port")))


def test_the_store_is_where_the_settings_say(shelf: Shelf, settings: Settings) -> None:
    """Address, database, collection."""
    assert (settings.mongo_uri, "tasklab", "tasks") == (
        shelf.mongo.uri,
        shelf.mongo.database,
        shelf.mongo.collection,
    )


def test_indexes_are_made_once_in_front_of_the_first_write(shelf: Shelf) -> None:
    """Nobody has to prepare anything."""
    shelf.do("insert", [document()])
    shelf.do("insert", [document(id=OTHER_ID)])
    assert list(INDEXES) == shelf.mongo.indexes


def test_indexes_that_could_not_be_made_are_made_the_next_time(shelf: Shelf) -> None:
    """The database may come up in between."""
    shelf.mongo.failures.extend([None, AutoReconnect("down")])
    with pytest.raises(StoreUnavailable):
        shelf.do("insert", [document()])
    shelf.do("insert", [document()])
    assert list(INDEXES) == shelf.mongo.indexes[-len(INDEXES) :]


def test_a_document_that_is_stored_already_is_done(shelf: Shelf) -> None:
    """A redelivered message is stored once, and the first document stays."""
    shelf.do("insert", [document()])
    assert [Done(duplicate=True), Done()] == shelf.do("insert", [document(request_id="r2"), document(id=OTHER_ID)])
    assert "r1" == shelf.mongo.documents[ID]["passport"]["request_id"]


def test_another_task_under_the_same_id_is_a_conflict(shelf: Shelf) -> None:
    """To the dead letters, not into silence."""
    shelf.do("insert", [document()])
    assert [Dead("conflict: another task is stored under this id")] == shelf.do("insert", [document(title="Other")])


def test_one_id_twice_in_a_batch_is_stored_once(shelf: Shelf) -> None:
    """The same task may be delivered twice at once."""
    assert [Done(), Done(duplicate=True)] == shelf.do("insert", [document(), document()])


def test_a_document_that_the_database_refuses_is_tried_again(shelf: Shelf) -> None:
    """Its neighbours are stored."""
    shelf.mongo.refused[ID] = {"code": 121, "errmsg": "Document failed validation"}
    refused, done = shelf.do("insert", [document(), document(id=OTHER_ID)])
    assert (Again("MongoDB refused the document: Document failed validation"), Done()) == (refused, done)


def test_a_write_that_is_not_safe_judges_nobody(shelf: Shelf) -> None:
    """The whole batch is written again."""
    shelf.mongo.concern_errors = [{"code": 64, "errmsg": "waiting for replication timed out"}]
    with pytest.raises(StoreUnavailable, match="replication"):
        shelf.do("insert", [document()])


def test_a_database_that_goes_away_while_duplicates_are_looked_up_judges_nobody(shelf: Shelf) -> None:
    """Nothing is acknowledged on a guess."""
    shelf.do("insert", [document()])
    shelf.mongo.failures.extend([None, AutoReconnect("down")])
    with pytest.raises(StoreUnavailable):
        shelf.do("insert", [document()])


@pytest.mark.parametrize(
    ("method", "given"), [("insert", [document()]), ("get", ID), ("find", ListQuery())], ids=["insert", "get", "find"]
)
def test_a_database_that_is_not_there_is_one_error_with_its_cause(shelf: Shelf, method: str, given: Any) -> None:
    """The driver's own words stay with it."""
    shelf.mongo.failures.append(failure := ServerSelectionTimeoutError("no server"))
    with pytest.raises(StoreUnavailable, match="ServerSelectionTimeoutError") as caught:
        shelf.do(method, given)
    assert failure is caught.value.__cause__


def test_a_task_is_read_by_its_id(shelf: Shelf) -> None:
    """Or is not there."""
    shelf.do("insert", [document()])
    assert (document(), None) == (shelf.do("get", ID), shelf.do("get", OTHER_ID))


def test_a_page_is_read_newest_first_with_one_more_than_it_shows(shelf: Shelf) -> None:
    """The one more says that there is a next page."""
    for task_id in (ID, OTHER_ID):
        shelf.do("insert", [document(id=task_id)])
    assert 2 == len(shelf.do("find", ListQuery(limit=1, source="flask")))
    assert ({"source": "flask"}, {"sort": NEWEST_FIRST, "limit": 2}) == shelf.mongo.queries[-1]


@pytest.mark.parametrize(("method", "given"), [("get", ID), ("find", ListQuery())], ids=["get", "find"])
def test_after_a_failure_readers_are_refused_at_once(shelf: Shelf, method: str, given: Any) -> None:
    """One has found out; the others need not wait for the same silence."""
    shelf.mongo.failures.extend([AutoReconnect("down"), AssertionError("asked again")])
    with pytest.raises(StoreUnavailable):
        shelf.do("get", ID)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        shelf.do(method, given)


def test_after_a_rest_readers_ask_again(shelf: Shelf) -> None:
    """Nobody restarts anything."""
    shelf.mongo.failures.append(AutoReconnect("down"))
    with pytest.raises(StoreUnavailable):
        shelf.do("get", ID)
    shelf.now += LIMITS.store_rest
    assert shelf.do("get", ID) is None


def test_a_writer_asks_however_lately_it_failed(shelf: Shelf) -> None:
    """A worker has nothing better to do, and its own pause between."""
    shelf.mongo.failures.extend([None] * len(INDEXES) + [AutoReconnect("down")])
    with pytest.raises(StoreUnavailable):
        shelf.do("insert", [document()])
    assert [Done()] == shelf.do("insert", [document()])


def test_a_store_that_answers_misses_nothing(shelf: Shelf) -> None:
    """For readiness."""
    assert "" == shelf.do("missing")


def test_a_store_that_does_not_answer_says_so(shelf: Shelf) -> None:
    """Without raising, and during its rest without asking."""
    shelf.mongo.failures.append(AutoReconnect("down"))
    assert "MongoDB does not answer (AutoReconnect)" == shelf.do("missing")
    assert "MongoDB does not answer" == shelf.do("missing")


def test_closing_closes_the_client(shelf: Shelf) -> None:
    """All its connections."""
    shelf.do("close")
    assert shelf.mongo.is_closed


@pytest.mark.parametrize(
    ("operation", "given"),
    [("insert", [document()]), ("get", ID), ("find", ListQuery())],
    ids=["insert", "get", "find"],
)
def test_each_operation_is_measured(shelf: Shelf, operation: str, given: Any) -> None:
    """Also one that fails: that it took long is then the news."""
    name, labels = "tasklab_store_duration_seconds_count", {"operation": operation}
    before = REGISTRY.get_sample_value(name, labels) or 0
    shelf.do(operation, given)
    shelf.mongo.failures.append(AutoReconnect("gone"))
    with pytest.raises(StoreUnavailable):
        shelf.do(operation, given)
    assert 2 == (REGISTRY.get_sample_value(name, labels) or 0) - before
