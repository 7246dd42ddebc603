"""One message at a time, or many: what a subscription asks of the broker, and when."""

from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from core.settings import LIMITS
from tests.unit.services.twins import Twin

FRESH, REDELIVERED = False, True
TO_SINGLE = [("prefetch", 1), ("consume", "work", "worker-single")]
TO_MANY = [("cancel", "worker-single"), ("prefetch", LIMITS.prefetch), ("consume", "work", "worker")]


class AskedChannel:
    """A channel that writes down what it is asked; the broker's answers come when the test says so."""

    def __init__(self) -> None:
        self.is_open = True
        self.asked: list[Any] = []
        self._answers: deque[Callable[[Any], None]] = deque()
        self._tags = 0

    def basic_qos(self, prefetch_count: int, callback: Callable[[Any], None]) -> None:
        self.asked.append(("prefetch", prefetch_count))
        self._answers.append(callback)

    def basic_consume(self, queue: str, on_message: Callable[..., None], consumer_tag: str) -> None:
        self.asked.append(("consume", queue, consumer_tag))
        self._on_message = on_message

    def basic_cancel(self, consumer_tag: str, callback: Callable[[Any], None] | None = None) -> None:
        self.asked.append(("cancel", consumer_tag))
        self._answers += [callback] if callback else []

    def basic_reject(self, tag: int, requeue: bool) -> None:
        self.asked.append(("reject", tag, requeue))

    def answer(self) -> None:
        """The broker's answer to the oldest question."""
        self._answers.popleft()(None)

    def answer_all(self) -> None:
        """And to those that follow from it."""
        while self._answers:
            self.answer()

    def deliver(self, redelivered: bool) -> None:
        """One delivery, with the next tag."""
        self._tags += 1
        self._on_message(self, SimpleNamespace(delivery_tag=self._tags, redelivered=redelivered), None, b"")


class Watched:
    """A subscription that has begun, its channel, and the tags of what it has handed on."""

    def __init__(self, twin: Twin) -> None:
        self.channel = AskedChannel()
        self.handed_on: list[int] = []
        self.subscription = twin.module("subscription").Subscription(self.channel, "work", "worker", self._on_message)
        self.subscription.begin()

    def _on_message(self, _: Any, method: Any, __: Any, ___: bytes) -> None:
        self.handed_on.append(method.delivery_tag)

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

    def widen(self) -> "Watched":
        """Until it takes many at once."""
        self.settle().deliver(FRESH)
        return self.settle()


@pytest.fixture
def begun(twin: Twin) -> Watched:
    """A subscription that has just begun."""
    return Watched(twin)


def test_a_subscription_begins_with_one_message_at_a_time(begun: Watched) -> None:
    """Before it comes to what a crash has left, it cannot know that there is something."""
    begun.channel.answer()
    assert TO_SINGLE == begun.channel.asked


def test_nothing_is_consumed_before_the_prefetch_holds(begun: Watched) -> None:
    """It would hold for the next consumer only."""
    assert [("prefetch", 1)] == begun.channel.asked


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


@pytest.mark.parametrize("answers", [0, 1])
def test_what_ends_during_a_change_does_not_begin_anew(begun: Watched, answers: int) -> None:
    """Neither when the cancel is answered after that, nor the prefetch."""
    begun.settle().channel.deliver(FRESH)
    for _ in range(answers):
        begun.channel.answer()
    begun.subscription.end()
    begun.channel.answer_all()
    assert "consume" not in [asked[0] for asked in begun.channel.asked]


def test_nothing_is_asked_of_a_closed_channel(begun: Watched) -> None:
    """pika would raise where the connection lives."""
    begun.channel.is_open = False
    begun.channel.asked.clear()
    begun.channel.answer()
    begun.subscription.end()
    assert [] == begun.channel.asked
