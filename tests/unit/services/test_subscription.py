"""One message at a time, or many: what a subscription asks of the broker, and when."""

from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pika.spec import Basic

from core.settings import LIMITS
from tests.unit.services.twins import Twin

FRESH, REDELIVERED = False, True
SHARDS = ("work", "work.2")
TO_SINGLE = [("prefetch", 1), ("consume", "work", "worker-single")]
TO_MANY = [("cancel", "worker-single"), ("prefetch", LIMITS.prefetch), ("consume", "work", "worker")]


class AskedChannel:
    """A channel that writes down what it is asked; the broker's answers come when the test says so."""

    def __init__(self) -> None:
        self.is_open = True
        self.asked: list[Any] = []
        self._on_message: dict[str, Callable[..., None]] = {}
        self._cancelled: deque[str] = deque()
        self._tags = 0

    def add_callback(self, callback: Callable[[Any], None], replies: list[Any], one_shot: bool) -> None:
        assert ([Basic.CancelOk], False) == (replies, one_shot)
        self._on_cancelled = callback

    def basic_qos(self, prefetch_count: int) -> None:
        self.asked.append(("prefetch", prefetch_count))

    def basic_consume(self, queue: str, on_message: Callable[..., None], consumer_tag: str) -> None:
        assert consumer_tag not in self._cancelled, "pika raises DuplicateConsumerTag"
        self.asked.append(("consume", queue, consumer_tag))
        self._on_message[queue] = on_message

    def basic_cancel(self, consumer_tag: str, callback: Callable[[Any], None] | None = None) -> None:
        self.asked.append(("cancel", consumer_tag))
        if callback:
            self._cancelled.append(consumer_tag)

    def basic_reject(self, tag: int, requeue: bool) -> None:
        self.asked.append(("reject", tag, requeue))

    def answer(self) -> None:
        """The broker's answer to the oldest cancel. pika forgets the tag only after it has told of it."""
        self._on_cancelled(SimpleNamespace(method=Basic.CancelOk(self._cancelled[0])))
        self._cancelled.popleft()

    def answer_all(self) -> None:
        """And to those that follow from it."""
        while self._cancelled:
            self.answer()

    @property
    def last_tag(self) -> int:
        """That of the last delivery."""
        return self._tags

    def deliver(self, redelivered: bool, queue: str = "work") -> None:
        """One delivery, with the next tag."""
        self._tags += 1
        self._on_message[queue](self, SimpleNamespace(delivery_tag=self._tags, redelivered=redelivered), None, b"")


class Watched:
    """A subscription that has begun, its channel, and the tags of what it has handed on."""

    def __init__(self, twin: Twin, *queues: str) -> None:
        self.channel = AskedChannel()
        self.handed_on: list[int] = []
        self.queues: list[str] = []
        self.subscription = twin.module("subscription").Subscription(self.channel, queues, "worker", self._on_message)
        self.subscription.begin()

    def _on_message(self, queue: str, _: Any, method: Any, __: Any, ___: bytes) -> None:
        self.handed_on.append(method.delivery_tag)
        self.queues.append(queue)

    def settle(self) -> "Watched":
        """The broker has answered everything; what has been asked until now is forgotten."""
        self.channel.answer_all()
        self.channel.asked.clear()
        return self

    def deliver(self, *deliveries: bool) -> list[Any]:
        """Deliver these; what the broker was asked then, its answers included."""
        for redelivered in deliveries:
            self.channel.deliver(redelivered)
            self.channel.answer_all()
        return self.channel.asked

    def settle_but_show(self) -> list[Any]:
        """What the broker was asked, which is forgotten now."""
        asked = list(self.channel.asked)
        self.settle()
        return asked

    def widen_all(self) -> list[Any]:
        """Until it takes many of both shards at once; what the broker was asked for it."""
        self.settle()
        for queue in SHARDS:
            self.channel.deliver(FRESH, queue)
            self.channel.answer_all()
        return self.settle_but_show()

    def widen(self) -> "Watched":
        """Until it takes many at once."""
        self.settle().deliver(FRESH)
        return self.settle()


@pytest.fixture
def begun(twin: Twin) -> Watched:
    """A subscription that has just begun."""
    return Watched(twin, "work")


def test_a_subscription_begins_with_one_message_at_a_time(begun: Watched) -> None:
    """Before it comes to what a crash has left, it cannot know that there is something."""
    assert TO_SINGLE == begun.channel.asked


def test_after_the_first_new_message_it_takes_many(begun: Watched) -> None:
    """The broker delivers what was returned before what is new, so nothing returned is waiting."""
    assert TO_MANY == begun.settle().deliver(FRESH)
    assert [1] == begun.handed_on


def test_after_a_redelivered_message_it_takes_many_only_when_it_has_been_calm_for_a_while(begun: Watched) -> None:
    """Or two workers could hand a message to and fro, each of them back to many while the other has it."""
    almost = [FRESH] * (LIMITS.calm - 1)
    assert [] == begun.settle().deliver(REDELIVERED, *almost, REDELIVERED, *almost)
    assert TO_MANY == begun.deliver(FRESH)
    assert [*range(1, 2 * LIMITS.calm + 2)] == begun.handed_on


def test_many_new_messages_leave_it_as_it_is(begun: Watched) -> None:
    """The usual case: nothing is asked of the broker."""
    assert [] == begun.widen().deliver(*[FRESH] * 2 * LIMITS.calm)


def test_a_redelivered_message_among_many_is_given_back_and_comes_again_alone(begun: Watched) -> None:
    """Cancelled first: a message that is rejected before may come straight back."""
    assert [("cancel", "worker"), ("reject", 2, True), *TO_SINGLE] == begun.widen().deliver(REDELIVERED)
    begun.deliver(REDELIVERED)
    assert [1, 3] == begun.handed_on


@pytest.mark.parametrize(("is_wide", "tag"), [(False, "worker-single"), (True, "worker")])
def test_ending_cancels_the_tag_in_use(begun: Watched, is_wide: bool, tag: str) -> None:
    """It is another one for each prefetch."""
    begun.settle()
    if is_wide:
        begun.widen()
    begun.subscription.end()
    assert [("cancel", tag)] == begun.channel.asked


def test_what_ends_during_a_change_does_not_begin_anew(begun: Watched) -> None:
    """When the cancel is answered after that."""
    begun.settle().channel.deliver(FRESH)
    begun.subscription.end()
    begun.channel.answer_all()
    assert "consume" not in [asked[0] for asked in begun.channel.asked]


def test_nothing_is_asked_of_a_closed_channel(begun: Watched) -> None:
    """pika would raise where the connection lives."""
    begun.settle().channel.deliver(FRESH)
    begun.channel.is_open = False
    begun.channel.asked.clear()
    begun.channel.answer()
    begun.subscription.end()
    assert [] == begun.channel.asked


@pytest.fixture
def sharded(twin: Twin) -> Watched:
    """A subscription to two shards that has just begun."""
    return Watched(twin, *SHARDS)


def test_of_each_shard_one_message_is_taken_at_first(sharded: Watched) -> None:
    """Each prefetch stands right before the consumer that it is for."""
    asked = sharded.channel.asked
    assert [("prefetch", 1)] * 2 == asked[::2]
    assert {("consume", "work", "worker-single"), ("consume", "work.2", "worker-work.2-single")} == set(asked[1::2])


def test_the_shards_begin_in_an_order_left_to_chance(twin: Twin) -> None:
    """Or the same neighbours would wait behind a poison message of the first one after each crash."""
    orders = {tuple(name for _, name, _ in Watched(twin, *SHARDS).channel.asked[1::2]) for _ in range(100)}
    assert {SHARDS, SHARDS[::-1]} == orders


def test_each_shard_is_taken_many_at_once_after_its_own_first_message(sharded: Watched) -> None:
    """Cancelled before that, it may have one on its way, and pika would give that one back."""
    sharded.settle().channel.deliver(FRESH, "work.2")
    sharded.channel.answer_all()
    many = LIMITS.prefetch // 2
    assert [("cancel", "worker-work.2-single"), ("prefetch", many), ("consume", "work.2", "worker-work.2")] == (
        sharded.settle_but_show()
    )
    sharded.channel.deliver(FRESH, "work")
    sharded.channel.answer_all()
    assert [("cancel", "worker-single"), ("prefetch", many), ("consume", "work", "worker")] == sharded.channel.asked
    assert ["work.2", "work"] == sharded.queues


def test_nothing_is_handed_on_while_a_consumer_ends(sharded: Watched) -> None:
    """Cancels wait for each other, acknowledgements do not: one that is faster would bring the consumer a message more.

    pika gives such a message back, and then it is a redelivered one, before which all shards are taken singly again.
    """
    sharded.settle()
    for queue in SHARDS:
        sharded.channel.deliver(FRESH, queue)
    sharded.channel.answer()
    assert [] == sharded.queues
    sharded.channel.answer()
    assert [*SHARDS] == sharded.queues


def test_shards_together_take_no_more_than_one_queue(sharded: Watched) -> None:
    """What a worker holds does not grow with their number."""
    many = sharded.widen_all()
    assert LIMITS.prefetch == sum(prefetch for what, prefetch, *_ in many if what == "prefetch")


@pytest.mark.parametrize("is_wide", [False, True])
def test_a_redelivered_message_in_one_shard_makes_it_take_all_singly(sharded: Watched, is_wide: bool) -> None:
    """What is held beside it is returned with it, whatever queue it is from."""
    sharded.widen_all()
    if not is_wide:
        sharded.channel.deliver(REDELIVERED, "work")
        sharded.settle()
        for _ in range(LIMITS.calm):
            sharded.channel.deliver(FRESH, "work.2")
        sharded.settle()
    sharded.channel.deliver(REDELIVERED, "work")
    sharded.channel.answer_all()
    wanted = {"worker", "worker-work.2"} if is_wide else {"worker-work.2"}
    assert wanted == {tag for what, tag, *_ in sharded.channel.asked if what == "cancel"}
    assert {1} == {prefetch for what, prefetch, *_ in sharded.channel.asked if what == "prefetch"}
    assert is_wide == (("reject", sharded.channel.last_tag, True) in sharded.channel.asked)


def test_a_shard_that_is_changing_is_not_asked_twice(sharded: Watched) -> None:
    """A redelivered message can come in the other one before the broker has answered."""
    sharded.widen_all()
    sharded.channel.deliver(REDELIVERED, "work")
    sharded.channel.deliver(REDELIVERED, "work.2")
    assert ["worker", "worker-work.2"] == sorted(tag for what, tag, *_ in sharded.channel.asked if what == "cancel")


def test_ending_cancels_every_shard(sharded: Watched) -> None:
    """All of them go on in other hands."""
    sharded.settle()
    sharded.subscription.end()
    assert [("cancel", "worker-single"), ("cancel", "worker-work.2-single")] == sharded.channel.asked
