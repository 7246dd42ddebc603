"""Consuming in batches, against a broker, a handler and a publisher that do as they are told."""

from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from core.delivery import Again, Dead, Done
from core.errors import BrokerUnavailable, StoreUnavailable
from core.message import Message
from core.settings import Settings
from tests.unit.samples import a_message, a_task, some_ids
from tests.unit.services.fakes import ConsumingChannel, FakeBroker, FakePublisher, FakeSubscription, ScriptedHandler
from tests.unit.services.twins import Twin


def messages(count: int) -> list[tuple[Message, bool]]:
    """Messages of different tasks, none of them redelivered."""
    return [(a_message(a_task(id=task_id)), False) for task_id in some_ids(count)]


class Post:
    """A consumer, with a channel that delivers, and a list of everything that is answered and published in order."""

    def __init__(self, twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.twin, self._settings = twin, settings
        self.events: list[Any] = []
        self.publisher = FakePublisher()
        module = twin.module("consumer")
        monkeypatch.setattr(module, "Broker", self._make_broker)
        monkeypatch.setattr(module, "Subscription", FakeSubscription)
        monkeypatch.setattr(module, "backoff", lambda *_: 0)

    def _make_broker(self, *given: Any) -> Any:
        self.broker = FakeBroker(*given)
        return self.twin.awaited(self.broker)

    def set_up(self, handler: ScriptedHandler, *delivered: tuple[Message, bool]) -> Any:
        """A consumer around that handler, to which these messages will be delivered."""
        publisher, events = self.publisher, self.events

        class Publishing(FakePublisher):
            """Writes down when something is published, between the answers."""

            def publish(self, message: Message) -> None:
                publisher.publish(message)
                events.append(("publish", message.queue))

        waiting = self.twin.awaited(handler)
        self.consumer = self.twin.module("consumer").Consumer(
            self._settings, "worker", waiting, self.twin.awaited(Publishing())
        )
        self.broker.channel = self.channel = ConsumingChannel(*delivered, answers=self.events)
        handler.consumer = self.consumer
        self.handler = handler
        return self.consumer

    def run(self, handler: ScriptedHandler, *delivered: tuple[Message, bool]) -> list[Any]:
        """Consume until the handler's script ends; what was answered and published, without the cancel at the end."""
        self.set_up(handler, *delivered)
        self.twin.run(self.consumer.run)
        return [event for event in self.events if event[0] != "cancel"]


@pytest.fixture
def post(twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Post:
    """A consumer that is not started yet."""
    return Post(twin, settings, monkeypatch)


def test_a_consumer_takes_from_the_work_queue(post: Post) -> None:
    """And from no other."""
    post.run(ScriptedHandler([Done()]), *messages(1))
    assert ("work",) == post.channel.queues


def test_what_has_arrived_is_handled_together_and_acknowledged_once(post: Post) -> None:
    """One acknowledgement for everything up to the last."""
    answered = post.run(ScriptedHandler([Done()] * 3), *messages(3))
    assert ([[1, 2, 3]], [("ack", 3, True)]) == (post.handler.batches, answered)


def test_a_batch_is_no_larger_than_its_limit(post: Post, twin: Twin) -> None:
    """The rest comes in the next one."""
    twin.limits("consumer", batch=2)
    answered = post.run(ScriptedHandler(None, None), *messages(3))
    assert ([[1, 2], [3]], [("ack", 2, True), ("ack", 3, True)]) == (post.handler.batches, answered)


def test_a_redelivered_message_is_handled_alone(post: Post) -> None:
    """If it has killed its worker, it takes nobody with it the next time."""
    first, second, third = messages(3)
    post.run(ScriptedHandler(None, None, None), first, (second[0], True), third)
    assert [[1], [2], [3]] == post.handler.batches


def test_only_the_prefix_that_has_verdicts_is_acknowledged(post: Post) -> None:
    """The rest comes again in the next batch, in its order."""
    answered = post.run(ScriptedHandler([Done()], None), *messages(3))
    assert ([[1, 2, 3], [2, 3]], [("ack", 1, True), ("ack", 3, True)]) == (post.handler.batches, answered)


def test_a_handler_gets_the_message_as_it_was_delivered(post: Post) -> None:
    """With everything that travels on with it."""
    message = a_message(headers={"attempt": 4})
    post.run(ScriptedHandler([Done()]), (message, True))
    delivery = post.handler.deliveries[0]
    assert (message, True, 4) == (delivery.message, delivery.redelivered, delivery.attempt)


def test_a_message_without_properties_is_delivered_all_the_same(post: Post) -> None:
    """Anybody can publish from the management page."""
    nothing = SimpleNamespace(message_id=None, correlation_id=None, app_id=None, headers=None)
    handler = ScriptedHandler(None)
    post.set_up(handler)
    post.broker.start()
    post.twin.run(lambda: post.channel.deliver(a_message(), properties=nothing))
    post.broker.channel = None
    post.twin.run(post.consumer.run)
    message = handler.deliveries[0].message
    assert ("", "", "", {}) == (message.message_id, message.correlation_id, message.app_id, message.headers)


def test_a_dead_letter_is_published_before_its_delivery_is_acknowledged(post: Post) -> None:
    """The other way round a crash in between would lose it."""
    answered = post.run(ScriptedHandler([Done(), Dead("no task"), Done()]), *messages(3))
    assert [("publish", "work.dead"), ("ack", 3, True)] == answered


def test_a_task_for_later_is_published_to_a_retry_queue(post: Post) -> None:
    """And then acknowledged."""
    answered = post.run(ScriptedHandler([Again("not now")]), *messages(1))
    assert [("publish", "work.retry.1000"), ("ack", 1, True)] == answered


def test_a_dead_message_that_cannot_be_published_is_left_to_the_broker(post: Post) -> None:
    """It reaches the dead letters without our reason, and is never acknowledged as well."""
    post.publisher.errors.append(BrokerUnavailable("blocked"))
    answered = post.run(ScriptedHandler([Done(), Dead("no task"), Done()]), *messages(3))
    assert [("reject", 2, False), ("ack", 3, True)] == answered


def test_a_task_for_later_that_cannot_be_published_stays_in_hand(post: Post) -> None:
    """Given back it would come again at once, until the broker counts it dead. What follows it is handled again."""
    post.publisher.errors.append(BrokerUnavailable("blocked"))
    answered = post.run(ScriptedHandler([Done(), Again("not now"), Done()], [Again("not now"), Done()]), *messages(3))
    assert [[1, 2, 3], [2, 3]] == post.handler.batches
    assert [("ack", 1, True), ("publish", "work.retry.1000"), ("ack", 3, True)] == answered


def test_what_stays_in_hand_waits_longer_each_time(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that cannot take it is not asked without a pause."""
    failures: list[int] = []
    monkeypatch.setattr(post.twin.module("consumer"), "backoff", lambda count, _: failures.append(count) or 0)
    post.publisher.errors.extend([BrokerUnavailable("blocked")] * 3)
    answered = post.run(ScriptedHandler(*[[Again("not now")]] * 4), *messages(1))
    assert ([1, 2, 3], [("publish", "work.retry.1000"), ("ack", 1, True)]) == (failures, answered)


def test_a_dead_message_behind_one_that_stays_in_hand_stays_too(post: Post) -> None:
    """It is judged again together with it: settled twice, its delivery tag would close the channel."""
    post.publisher.errors.extend([BrokerUnavailable("blocked")] * 2)
    answered = post.run(ScriptedHandler([Again("not now"), Dead("no task")], [Done(), Dead("no task")]), *messages(2))
    assert [("publish", "work.dead"), ("ack", 2, True)] == answered


def test_while_the_store_is_away_the_same_batch_waits(post: Post) -> None:
    """It is neither acknowledged nor counted as an attempt."""
    away = StoreUnavailable("MongoDB does not answer")
    answered = post.run(ScriptedHandler(away, away, [Done()] * 2), *messages(2))
    assert ([[1, 2]] * 3, [("ack", 2, True)]) == (post.handler.batches, answered)


def test_a_task_that_breaks_the_handler_harms_no_neighbour(post: Post) -> None:
    """The batch is handled again one by one, and only the one that fails is tried later."""
    broken = ZeroDivisionError("division by zero")
    answered = post.run(ScriptedHandler(broken, [Done()], broken, [Done()]), *messages(3))
    assert [[1, 2, 3], [1], [2], [3]] == post.handler.batches
    assert [("publish", "work.retry.1000"), ("ack", 3, True)] == answered


def test_a_task_that_breaks_the_handler_says_so(post: Post) -> None:
    """The reason travels with it, to the dead letters in the end."""
    post.run(ScriptedHandler(ZeroDivisionError("division by zero")), *messages(1))
    assert "ZeroDivisionError" in post.publisher.published[0].headers["reason"]


def test_a_store_that_goes_away_in_between_ends_the_single_handling_with_a_prefix(post: Post, twin: Twin) -> None:
    """When it is also time to stop, the rest is given back."""
    twin.limits("inbox", drain=0)
    broken, away = ZeroDivisionError(), StoreUnavailable("down")
    answered = post.run(ScriptedHandler(broken, [Done()], away), *messages(3))
    assert [("ack", 1, True)] == answered


def test_deliveries_of_a_lost_channel_are_dropped(post: Post) -> None:
    """The broker has requeued them, and their tags mean nothing on another channel."""
    handler = ScriptedHandler(None, None)
    post.set_up(handler, *messages(3))
    fresh = ConsumingChannel(*messages(1), answers=post.events, first_tag=1)

    def reconnect() -> None:
        post.broker.lose("gone")
        post.broker.on_ready(fresh)

    post.twin.limits("consumer", batch=2)
    handler.steps[0] = reconnect
    post.twin.run(post.consumer.run)
    assert [[1, 2], [1]] == handler.batches
    assert [fresh] == [delivery.channel for delivery in handler.deliveries[2:]]
    assert [("ack", 1, True)] == [event for event in post.events if event[0] != "cancel"]


def test_what_was_handled_on_a_lost_channel_is_not_acknowledged_on_the_next(post: Post) -> None:
    """Its tag would acknowledge another message."""
    handler = ScriptedHandler(None)
    post.set_up(handler, *messages(2))

    def reconnect() -> None:
        post.broker.lose("gone")
        post.broker.on_ready(ConsumingChannel(answers=post.events))

    handler.steps[0] = reconnect
    post.twin.run(post.consumer.run)
    assert [] == [event for event in post.events if event[0] == "ack"]


def test_nothing_is_answered_on_a_closed_channel(post: Post) -> None:
    """pika would raise on the connection's thread."""
    handler = ScriptedHandler(None)
    post.set_up(handler, *messages(1))
    handler.steps[0] = lambda: setattr(post.channel, "is_open", False)
    post.twin.run(post.consumer.run)
    assert [("cancel", "worker")] == post.events


def test_stopping_takes_nothing_more_and_closes_the_connection(post: Post) -> None:
    """What was taken is settled before."""
    post.run(ScriptedHandler([Done()]), *messages(1))
    assert [("cancel", "worker"), ("ack", 1, True)] == post.events
    assert ["start", "close"] == post.broker.events


def test_stopping_finishes_what_was_taken(post: Post, twin: Twin) -> None:
    """As far as the time allows."""
    twin.limits("consumer", batch=1)
    post.run(ScriptedHandler(None), *messages(3))
    assert [("cancel", "worker"), ("ack", 3, True)] == post.events
    assert [[1], [2], [3]] == post.handler.batches


def test_stopping_takes_what_was_on_its_way(post: Post) -> None:
    """After the cancel pika would reject it, and each message that comes again is taken by itself."""
    handler = ScriptedHandler(None)
    post.set_up(handler, *messages(1))
    handler.steps[0] = lambda: post.channel.deliver(a_message())
    post.twin.run(post.consumer.run)
    assert [[1], [2]] == handler.batches
    assert [("cancel", "worker"), ("ack", 2, True)] == post.events


def test_stopping_acknowledges_what_was_settled_in_the_last_moment(post: Post, twin: Twin) -> None:
    """Also where there is no time left to wait for what is on its way."""
    twin.limits("inbox", last_call=10, drain=0)
    post.run(ScriptedHandler(None), *messages(1))
    assert [("cancel", "worker"), ("ack", 1, True)] == post.events


def test_stopping_gives_back_what_there_is_no_time_for(post: Post, twin: Twin) -> None:
    """Unacknowledged, so that the broker gives it to another worker."""
    twin.limits("consumer", batch=1)
    twin.limits("inbox", drain=0)
    answered = post.run(ScriptedHandler(None), *messages(3))
    assert [("ack", 1, True)] == answered


def test_stopping_while_the_store_is_away_gives_everything_back(post: Post, twin: Twin) -> None:
    """Nobody waits for a database that is down as well."""
    twin.limits("inbox", drain=0)
    answered = post.run(ScriptedHandler(StoreUnavailable("down")), *messages(2))
    assert ([], [[1, 2]]) == (answered, post.handler.batches)


def test_stopping_while_nothing_arrives_ends_at_once(post: Post) -> None:
    """The wait for the first delivery is woken."""
    post.set_up(ScriptedHandler())
    post.twin.run(post.consumer.stop)
    post.twin.run(post.consumer.run)
    assert "close" == post.broker.events[-1]


def test_a_consumer_that_is_stopping_does_not_begin_to_consume(post: Post) -> None:
    """A connection that comes back in the last moment changes nothing."""
    post.set_up(ScriptedHandler(), *messages(1))
    post.twin.run(post.consumer.stop)
    post.twin.run(post.consumer.run)
    assert not hasattr(post.channel, "queue")


def test_a_consumer_that_the_broker_cancels_reconnects(post: Post) -> None:
    """pika would go on without a subscription: it looks healthy and consumes nothing."""
    post.set_up(ScriptedHandler(), *messages(0))
    post.broker.start()
    post.channel.on_cancel(None)
    assert [("reconnect", "the broker cancelled the consumer")] == post.broker.events[1:]


def test_what_is_missing_is_what_the_broker_misses(post: Post) -> None:
    """For the worker's readiness."""
    consumer = post.set_up(ScriptedHandler())
    post.broker.missing = "RabbitMQ does not answer"
    assert "RabbitMQ does not answer" == consumer.missing


def sample(name: str, **labels: str) -> float:
    """What a metric says now; 0 before its first value."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_deliveries_are_counted_by_verdict(post: Post) -> None:
    """In the metrics."""
    verdicts = ("done", "dead", "again")
    before = [sample("tasklab_deliveries_total", verdict=verdict) for verdict in verdicts]
    post.run(ScriptedHandler([Done(), Dead("no task"), Again("not now")]), *messages(3))
    after = [sample("tasklab_deliveries_total", verdict=verdict) for verdict in verdicts]
    assert [1, 1, 1] == [late - early for late, early in zip(after, before, strict=True)]


def test_attempts_are_measured(post: Post) -> None:
    """Each delivery by the attempt on which it was settled."""
    name = "tasklab_delivery_attempts"
    before = sample(f"{name}_count"), sample(f"{name}_sum")
    post.run(ScriptedHandler([Done(), Done()]), *messages(2))
    assert (2, 2) == (sample(f"{name}_count") - before[0], sample(f"{name}_sum") - before[1])


def test_dead_letters_are_counted_once_the_broker_has_them(post: Post) -> None:
    """A retry is none."""
    before = sample("tasklab_dead_letters_total")
    post.run(ScriptedHandler([Done(), Dead("no task"), Again("not now")]), *messages(3))
    assert 1 == sample("tasklab_dead_letters_total") - before


def test_a_dead_letter_that_is_left_to_the_broker_is_counted_once(post: Post) -> None:
    """It could not be published, and the broker moves it itself."""
    before = sample("tasklab_dead_letters_total")
    post.publisher.errors.append(BrokerUnavailable("blocked"))
    post.run(ScriptedHandler([Done(), Dead("no task")]), *messages(2))
    assert 1 == sample("tasklab_dead_letters_total") - before


def test_a_task_that_stays_in_hand_is_no_dead_letter(post: Post) -> None:
    """It will be tried again."""
    before = sample("tasklab_dead_letters_total")
    post.publisher.errors.append(BrokerUnavailable("blocked"))
    post.run(ScriptedHandler([Again("not now")], [Done()]), *messages(1))
    assert 0 == sample("tasklab_dead_letters_total") - before
