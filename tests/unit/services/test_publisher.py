"""Publishing with the broker's confirm, against a channel that answers as it is told."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from core.errors import BrokerUnavailable, LabError, PublishRefused, PublishUnconfirmed
from core.message import Message
from core.settings import Settings
from tests.unit.samples import a_message, a_task, some_ids
from tests.unit.services.fakes import FakeBroker, PublishingChannel
from tests.unit.services.twins import Twin


def confirm(channel: PublishingChannel, tag: int) -> None:
    """The broker has the message."""
    channel.ack(tag)


class Line:
    """A publisher, and the broker and channel that it talks to."""

    def __init__(self, twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.twin = twin
        monkeypatch.setattr(twin.module("publisher"), "Broker", self._make_broker)
        self.publisher = twin.module("publisher").Publisher(settings, "line")
        self.channel = self.connect()

    def _make_broker(self, *given: Any) -> Any:
        self.broker = FakeBroker(*given)
        return self.twin.awaited(self.broker)

    def _soon(self, answer: Any) -> None:
        """After what is being done: in the async case in the event loop's next round."""
        if self.twin.is_async:
            asyncio.get_running_loop().call_soon(answer)
        else:
            self.broker.soon.append(answer)

    def connect(self, reaction: Any = confirm) -> PublishingChannel:
        """A new channel, that confirms everything unless told otherwise."""
        self.channel = PublishingChannel(self._soon, reaction)
        self.broker.missing = ""
        self.broker.on_ready(self.channel)
        return self.channel

    def publish(self, message: Message | None = None) -> None:
        """Publish one message and wait for what comes of it."""
        self.twin.run(lambda: self.publisher.publish(message or a_message()))

    def publish_many(self, count: int, act: Any) -> list[BaseException | None]:
        """Publish so many at once, then ``act``; the error of each."""
        messages = [a_message(a_task(id=task_id)) for task_id in some_ids(count)]
        calls = [lambda message=message: self.publisher.publish(message) for message in messages]
        return self.twin.in_flight(self.channel, calls, act)


@pytest.fixture
def line(twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Line:
    """A publisher that is connected."""
    return Line(twin, settings, monkeypatch)


def test_a_publish_ends_with_the_confirm(line: Line) -> None:
    """Without an error."""
    line.publish()
    assert 1 == len(line.channel.published)


def test_a_message_is_persistent_mandatory_and_on_the_default_exchange(line: Line) -> None:
    """Else it is lost with the broker, or confirmed although no queue took it."""
    line.publish(a_message())
    sent = line.channel.published[0]
    assert ("", "work", True, 2) == (sent.exchange, sent.key, sent.mandatory, sent.properties.delivery_mode)


def test_a_message_travels_with_its_properties(line: Line) -> None:
    """As the management page shows them."""
    message = a_message(headers={"attempt": 3}, expiration_ms=1500)
    line.publish(message)
    properties = line.channel.published[0].properties
    assert (message.message_id, "r1", "flask", {"attempt": 3}, "1500", "application/json") == (
        properties.message_id,
        properties.correlation_id,
        properties.app_id,
        properties.headers,
        properties.expiration,
        properties.content_type,
    )


def test_a_message_without_an_expiration_has_none(line: Line) -> None:
    """It waits as long as it must."""
    line.publish(a_message())
    assert line.channel.published[0].properties.expiration is None


def test_one_confirm_can_answer_many_publishes(line: Line) -> None:
    """A busy broker confirms many at once."""
    channel = line.connect(reaction=None)
    assert [None, None, None] == line.publish_many(3, lambda: channel.ack(3, multiple=True))


def test_what_is_confirmed_is_counted_before_anybody_knows(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else who has the answer could see that nothing was queued; and what is refused is never among it."""
    module = line.twin.module("publisher")
    told: list[Any] = []
    resolve = module.Pending.resolve

    def resolved(pending: Any, error: LabError | None) -> None:
        told.append("refused" if error else "told")
        resolve(pending, error)

    monkeypatch.setattr(module.metrics, "confirmed", told.append)
    monkeypatch.setattr(module.Pending, "resolve", resolved)
    channel = line.connect(reaction=None)

    def answer() -> None:
        channel.ack(2, multiple=True)
        channel.nack(3)

    line.publish_many(3, answer)
    assert [2, "told", "told", 0, "refused"] == told


def test_each_publish_gets_its_own_answer(line: Line) -> None:
    """In whatever order the broker gives them."""
    channel = line.connect(reaction=None)

    def answer() -> None:
        channel.ack(3)
        channel.nack(1)
        channel.ack(2)

    assert [PublishRefused, type(None), type(None)] == [type(error) for error in line.publish_many(3, answer)]


def test_a_publish_that_the_broker_refuses_is_refused(line: Line) -> None:
    """The queue is full: the task is certainly not queued."""
    line.connect(reaction=lambda channel, tag: channel.nack(tag))
    with pytest.raises(PublishRefused):
        line.publish()


def test_a_message_that_no_queue_takes_is_refused_although_it_is_confirmed(line: Line) -> None:
    """The broker returns it first; without that it would be lost in silence."""
    line.connect(reaction=lambda channel, tag: channel.give_back(tag))
    with pytest.raises(PublishRefused, match="missing"):
        line.publish()


def test_a_queue_that_is_missing_is_declared_again(line: Line) -> None:
    """So that the next publish succeeds without a hand on it."""
    channel = line.connect(reaction=lambda channel, tag: channel.give_back(tag))
    with pytest.raises(PublishRefused):
        line.publish()
    channel.reaction = confirm
    line.publish()
    assert ["declare"] == line.broker.events


def test_a_return_harms_no_other_message(line: Line) -> None:
    """Each is told apart by its id."""
    channel = line.connect(reaction=None)

    def answer() -> None:
        channel.give_back(2)
        channel.ack(3)
        channel.ack(1)

    assert [type(None), PublishRefused, type(None)] == [type(error) for error in line.publish_many(3, answer)]


def test_a_lost_connection_leaves_every_waiting_publish_unconfirmed(line: Line) -> None:
    """Unconfirmed is unknown, not refused: nobody can say whether the broker has them."""
    line.connect(reaction=None)
    errors = line.publish_many(3, lambda: line.broker.lose("the broker is gone"))
    assert [PublishUnconfirmed] * 3 == [type(error) for error in errors]
    assert "the broker is gone" in str(errors[0])


def test_after_a_lost_connection_tags_count_anew(line: Line) -> None:
    """A confirm on the new channel is about a message on the new channel."""
    line.connect(reaction=None)
    line.publish_many(2, lambda: line.broker.lose("gone"))
    channel = line.connect(reaction=None)
    assert [None] == line.publish_many(1, lambda: channel.ack(1))


def test_without_a_connection_a_publish_is_refused_at_once(line: Line) -> None:
    """It is certainly not queued."""
    line.broker.lose("RabbitMQ does not answer")
    with pytest.raises(BrokerUnavailable, match="RabbitMQ does not answer"):
        line.publish()


def test_a_broker_that_takes_no_messages_is_not_asked(line: Line) -> None:
    """An alarm would let the publish wait for ever."""
    line.broker.missing = "RabbitMQ takes no messages now"
    with pytest.raises(BrokerUnavailable, match="takes no messages"):
        line.publish()
    assert [] == line.channel.published


def test_a_closed_channel_takes_nothing(line: Line) -> None:
    """Between the close and the news of it."""
    line.channel.is_open = False
    with pytest.raises(BrokerUnavailable, match="channel"):
        line.publish()
    assert [] == line.channel.published


def test_a_publish_without_a_confirm_ends_at_its_deadline(line: Line, twin: Twin) -> None:
    """The client gets an answer, and it is that nobody knows."""
    twin.limits("publisher", publish_deadline=0.01)
    line.connect(reaction=None)
    with pytest.raises(PublishUnconfirmed, match=r"within 0\.01 seconds"):
        line.publish()


def test_while_the_broker_is_silent_others_are_refused_at_once(line: Line, twin: Twin) -> None:
    """One request has found out; the next need not wait for the same silence."""
    twin.limits("publisher", publish_deadline=0.01)
    channel = line.connect(reaction=None)
    with pytest.raises(PublishUnconfirmed):
        line.publish()
    with pytest.raises(BrokerUnavailable, match="stopped confirming"):
        line.publish()
    assert 1 == len(channel.published)


def test_a_late_confirm_opens_the_way_again(line: Line, twin: Twin) -> None:
    """Nobody restarts anything, and nobody is told of a confirm that came too late."""
    twin.limits("publisher", publish_deadline=0.01)
    channel = line.connect(reaction=None)
    with pytest.raises(PublishUnconfirmed):
        line.publish()
    twin.run(lambda: channel.ack(1))
    channel.reaction = confirm
    line.publish()
    assert ("", 2) == (line.publisher.missing, len(channel.published))


def test_a_new_connection_opens_the_way_again(line: Line, twin: Twin) -> None:
    """What was overdue on the old one is answered by its loss."""
    twin.limits("publisher", publish_deadline=0.01)
    line.connect(reaction=None)
    with pytest.raises(PublishUnconfirmed):
        line.publish()
    twin.run(lambda: line.broker.lose("gone"))
    line.connect()
    line.publish()
    assert "" == line.publisher.missing


def test_a_message_that_cannot_be_written_is_refused_and_uses_no_delivery_tag(line: Line) -> None:
    """A stranger can set any header on a message; the broker has not counted what was never sent."""
    with pytest.raises(PublishRefused, match="cannot be written"):
        line.publish(a_message(headers={"unwritable": object()}))
    channel = line.connect(reaction=None)
    assert [None] == line.publish_many(1, lambda: channel.ack(1))


def test_publishes_in_flight_are_bounded(line: Line, twin: Twin) -> None:
    """Beyond the bound a request is refused at once instead of waiting for its own time-out."""
    twin.limits("publisher", publishes_in_flight=2)
    channel = line.connect(reaction=None)
    errors = line.publish_many(3, lambda: channel.ack(2, multiple=True))
    assert [type(None), type(None), BrokerUnavailable] == [type(error) for error in errors]
    assert 2 == len(channel.published)


def test_a_confirm_for_nothing_is_ignored(line: Line) -> None:
    """It must not break the connection's thread."""
    line.channel.ack(7)
    line.publish()
    assert 1 == len(line.channel.published)


@pytest.mark.parametrize(
    ("reaction", "outcome"),
    [(confirm, "confirmed"), (lambda channel, tag: channel.nack(tag), "PublishRefused")],
    ids=["ack", "nack"],
)
def test_publishes_are_counted_by_what_the_broker_said(line: Line, twin: Twin, reaction: Any, outcome: str) -> None:
    """In the metrics."""
    metrics = twin.module("metrics")
    counted = f'tasklab_publishes_total{{outcome="{outcome}"}} '.encode()
    before = _value(metrics.exposition(), counted)
    line.connect(reaction)
    with suppress(LabError):
        line.publish()
    assert before + 1 == _value(metrics.exposition(), counted)


def _value(text: bytes, name: bytes) -> float:
    return sum(float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name))


def test_starting_and_closing_are_the_brokers(line: Line, twin: Twin) -> None:
    """A publisher has a connection of its own."""
    twin.run(line.publisher.start)
    twin.run(line.publisher.close)
    assert ["start", "close"] == line.broker.events[-2:]


def test_what_was_given_up_before_it_was_sent_is_never_sent(
    sync_twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client was told that nothing was queued, and that stays true."""
    line = Line(sync_twin, settings, monkeypatch)
    sync_twin.limits("publisher", publish_deadline=0.01)
    line.broker.handed_over = []
    with pytest.raises(BrokerUnavailable, match="could not be reached"):
        line.publish()
    for handed_over in line.broker.handed_over:
        handed_over()
    assert [] == line.channel.published


def test_what_waits_in_the_outbox_is_refused_when_the_connection_is_lost(
    sync_twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was never sent, so it is certainly not queued."""
    line = Line(sync_twin, settings, monkeypatch)
    line.broker.handed_over = []
    pending = line.publisher._send(a_message())
    line.broker.lose("gone")
    with pytest.raises(BrokerUnavailable, match="channel"):
        pending.wait(1)


def test_one_flush_sends_all_that_has_come_meanwhile(
    sync_twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order in which it came."""
    line = Line(sync_twin, settings, monkeypatch)
    line.broker.handed_over = []
    pending = [line.publisher._send(a_message(a_task(id=task_id))) for task_id in some_ids(3)]
    line.broker.handed_over[0]()
    line.broker.answer()
    assert some_ids(3) == [sent.properties.message_id for sent in line.channel.published]
    assert [None, None, None] == [waiting.wait(1) for waiting in pending]


def test_a_confirm_for_a_request_that_went_away_is_ignored(
    async_twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quart cancels the handler of a client that has closed its connection."""
    line = Line(async_twin, settings, monkeypatch)
    channel = line.connect(reaction=None)

    async def cancel_and_confirm() -> None:
        request = asyncio.ensure_future(line.publisher.publish(a_message()))
        await asyncio.sleep(0)
        assert 1 == len(channel.published)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        channel.ack(1)

    async_twin.run(cancel_and_confirm)
    assert "" == line.publisher.missing
