"""The planted defects: each really changes what both twins do, and each is hunted by a drill that exists."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pika.spec import Basic

from core.delivery import Again, Done
from drills.catalogue import everything as every_drill
from drills.inside.defects import DEFECTS
from drills.inside.planting import Planting
from drills.mutants import everything
from tests.unit.samples import ID
from tests.unit.services import test_consumer
from tests.unit.services.fakes import ConsumingChannel, ScriptedHandler
from tests.unit.services.test_consumer import Post, messages
from tests.unit.services.test_publisher import Line
from tests.unit.services.test_store import Shelf, document
from tests.unit.services.twins import Twin

Planted = Callable[[str], None]


@pytest.fixture
def planted(planting: Planting) -> Planted:
    """Plants defects by name in either twin; none is left afterwards."""
    return lambda name: DEFECTS[name](planting)


def test_every_defect_is_hunted() -> None:
    """And nothing is hunted that cannot be planted."""
    assert set(DEFECTS) == {mutant.name for mutant in everything()}


def test_every_hunter_exists() -> None:
    """By its name in the catalogue."""
    assert {mutant.drill for mutant in everything()} <= set(every_drill())


class Automatic(ConsumingChannel):
    """A channel that can also be consumed from without acknowledgements."""

    def add_callback(self, callback: Callable[[Any], None], replies: list[Any], one_shot: bool) -> None:
        self.on_cancelled = callback

    def basic_qos(self, prefetch_count: int) -> None:
        """It holds at once."""

    def basic_consume(self, queue: str, on_message: Callable[..., None], consumer_tag: str, **options: Any) -> None:
        self.options, self.on_message = options, lambda _, *delivery: on_message(*delivery)
        messages, self._messages = self._messages, ()
        for message, redelivered in messages:
            self.deliver(message, redelivered)

    def basic_cancel(self, consumer_tag: str, callback: Callable[[Any], None] | None = None) -> None:
        if callback:
            self.on_cancelled(SimpleNamespace(method=Basic.CancelOk(consumer_tag)))


def test_auto_ack_acknowledges_nothing(
    planted: Planted, post: Post, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker does, when it sends."""
    monkeypatch.setattr(test_consumer, "ConsumingChannel", Automatic)
    monkeypatch.setattr(twin.module("consumer"), "Subscription", twin.module("subscription").Subscription)
    planted("auto-ack")
    assert [] == post.run(ScriptedHandler([Done()]), *messages(1))
    channel: Any = post.channel
    assert {"auto_ack": True} == channel.options


def test_ack_first_acknowledges_before_the_batch_is_handled(planted: Planted, post: Post) -> None:
    """And not once more afterwards."""
    planted("ack-first")
    seen: list[Any] = []
    handler = ScriptedHandler(lambda: seen.extend(post.events))
    assert [("ack", 2, True)] == post.run(handler, *messages(2))
    assert [("ack", 2, True)] == [event for event in seen if event[0] == "ack"]


def test_whole_batch_forgets_what_failed(planted: Planted, post: Post) -> None:
    """It is acknowledged, and goes nowhere."""
    planted("whole-batch")
    assert [("ack", 1, True)] == post.run(ScriptedHandler([Again("later")]), *messages(1))


def test_requeue_leaves_another_attempt_to_the_broker(planted: Planted, post: Post) -> None:
    """Without a pause."""
    planted("requeue")
    assert [("reject", 1, True)] == post.run(ScriptedHandler([Again("later")]), *messages(1))


def test_weak_writes_ask_for_less(planted: Planted, twin: Twin, request: pytest.FixtureRequest) -> None:
    """Not a majority, not the journal."""
    planted("weak-writes")
    shelf: Shelf = request.getfixturevalue("shelf")
    assert {"w": 1, "j": False} == shelf.mongo.collection_options["write_concern"].document


def test_non_idempotent_stores_twice_what_comes_twice(planted: Planted, shelf: Shelf) -> None:
    """Under ids that nobody was told."""
    planted("non-idempotent")
    assert [Done()] == shelf.do("insert", [document()]) == shelf.do("insert", [document()])
    assert 2 == len(shelf.mongo.documents.keys() - {ID})


@pytest.mark.parametrize("name", ["no-confirms", "retry-unconfirmed"])
def test_no_confirms_waits_for_nobody(planted: Planted, line: Line, name: str) -> None:
    """What is sent counts as taken."""
    planted(name)
    line.connect(reaction=None)
    line.publish()
    assert 1 == len(line.channel.published)


def test_a_swallowed_nack_is_taken_for_a_confirm(planted: Planted, line: Line) -> None:
    """The publish ends without an error."""
    planted("swallowed-nack")
    line.connect(reaction=lambda channel, tag: channel.nack(tag))
    line.publish()


def test_not_mandatory_asks_for_no_return(planted: Planted, request: pytest.FixtureRequest) -> None:
    """A message that no queue takes is then gone in silence."""
    planted("not-mandatory")
    line: Line = request.getfixturevalue("line")
    line.publish()
    assert [False] == [sent.mandatory for sent in line.channel.published]


def test_too_early_hides_every_error(planted: Planted, line: Line) -> None:
    """The broker is away, and nobody is told."""
    planted("too-early")
    line.broker.lose("gone")
    line.publish()
    assert [] == line.channel.published
