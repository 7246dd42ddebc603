"""Stand-ins for what the services talk to: each does what a test needs, and remembers what it was asked."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from threading import Condition
from types import SimpleNamespace
from typing import Any

from pika.spec import Basic
from pymongo.errors import BulkWriteError

from core.delivery import Delivery, Done, Verdict
from core.enrich import Document
from core.errors import LabError
from core.message import Message
from core.settings import Settings
from core.topology import topology

Soon = Callable[[Callable[[], None]], Any]


class Awaited:
    """The same fake for the async twin: those methods return awaitables that it lists as ``awaited``."""

    def __init__(self, fake: Any) -> None:
        self._fake = fake

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._fake, name)
        if name not in self._fake.awaited:
            return self._also(member) if callable(member) else _wrapped(member)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return member(*args, **kwargs)

        return call

    def __getitem__(self, key: Any) -> Any:
        return _wrapped(self._fake[key])

    async def __call__(self, *args: Any) -> Any:
        return self._fake(*args)

    def _also(self, member: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: _wrapped(member(*args, **kwargs))


def _wrapped(value: Any) -> Any:
    return Awaited(value) if hasattr(value, "awaited") else value


class FakePublisher:
    """Takes every message, or raises what it was given."""

    awaited = ("publish", "publish_all", "close")

    def __init__(self, *errors: Exception | None) -> None:
        self.published: list[Message] = []
        self.errors = deque(errors)
        self.missing = ""

    def publish(self, message: Message) -> None:
        if self.errors and (error := self.errors.popleft()):
            raise error
        self.published.append(message)

    def publish_all(self, messages: Sequence[Message]) -> list[LabError | None]:
        return [self._outcome(message) for message in messages]

    def _outcome(self, message: Message) -> LabError | None:
        try:
            self.publish(message)
        except LabError as error:
            return error
        return None


class FakeStore:
    """Holds documents by id; raises ``error`` as long as there is one."""

    awaited = ("get", "find", "insert", "missing")

    def __init__(self, *documents: Document) -> None:
        self.documents = {document["_id"]: document for document in documents}
        self.error: Exception | None = None
        self.why = ""
        self.asked: list[Any] = []
        self.inserted: list[Sequence[Document]] = []
        self.verdicts: list[Verdict] = []

    def _ask(self, what: Any) -> None:
        self.asked.append(what)
        if self.error:
            raise self.error

    def get(self, task_id: str) -> Document | None:
        self._ask(task_id)
        return self.documents.get(task_id)

    def find(self, query: Any) -> list[Document]:
        self._ask(query)
        return list(self.documents.values())[: query.limit + 1]

    def insert(self, documents: Sequence[Document]) -> list[Verdict]:
        self._ask(documents)
        self.inserted.append(documents)
        return self.verdicts or [Done()] * len(documents)

    def missing(self) -> str:
        return self.why


class FakeBroker:
    """Does at once, on the thread that asks, what Broker does on its own."""

    awaited = ("close",)

    def __init__(self, settings: Settings, _: str, on_ready: Callable[[Any], None], on_lost: Callable[[str], None]):
        self.topology = topology(settings.rabbit_queue, settings.queue_shards)
        self.missing = ""
        self.on_ready, self.on_lost = on_ready, on_lost
        self.channel: Any = None
        self.events: list[Any] = []
        self.handed_over: list[Callable[[], None]] | None = None
        """A list: keep what is handed over in it instead of doing it."""
        self.soon: deque[Callable[[], None]] = deque()
        """What the broker will answer, once what is being done is done."""

    def start(self) -> None:
        self.events.append("start")
        if self.channel is not None:
            self.on_ready(self.channel)

    def close(self) -> None:
        self.events.append("close")

    def call(self, callback: Callable[[], None]) -> None:
        if self.handed_over is not None:
            self.handed_over.append(callback)
            return
        callback()
        self.answer()

    def answer(self) -> None:
        """Give the answers that are due."""
        while self.soon:
            self.soon.popleft()()

    def reconnect(self, why: str) -> None:
        self.events.append(("reconnect", why))

    def declare_again(self, _: Any) -> None:
        """Write it down."""
        self.events.append("declare")

    def first_try(self) -> None:
        """Write it down."""
        self.events.append("first try")

    def lose(self, why: str) -> None:
        """The connection is gone."""
        self.missing = why
        self.on_lost(why)


class PublishingChannel:
    """A channel that confirms as it was told: ``reaction`` is called, soon, with the delivery tag of every publish."""

    def __init__(self, soon: Soon, reaction: Callable[["PublishingChannel", int], None] | None = None) -> None:
        self.is_open = True
        self._soon = soon
        self.published: list[SimpleNamespace] = []
        self.reaction = reaction
        self._changed = Condition()

    def confirm_delivery(self, on_confirm: Callable[[Any], None]) -> None:
        self.on_confirm = on_confirm

    def add_on_return_callback(self, on_return: Callable[..., None]) -> None:
        self.on_return = on_return

    def basic_publish(self, exchange: str, key: str, body: bytes, properties: Any, mandatory: bool) -> None:
        if "unwritable" in (properties.headers or {}):
            raise TypeError("cannot be encoded")
        sent = SimpleNamespace(exchange=exchange, key=key, body=body, properties=properties, mandatory=mandatory)
        with self._changed:
            self.published.append(sent)
            self._changed.notify_all()
        if self.reaction:
            self._soon(partial(self.reaction, self, len(self.published)))

    def wait_for(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Whether ``ready`` has come true in time, looked at after every publish and now and then."""
        with self._changed:
            return any(self._changed.wait_for(ready, 0.01) for _ in range(int(seconds * 100)))

    def ack(self, tag: int, multiple: bool = False) -> None:
        self.on_confirm(SimpleNamespace(method=Basic.Ack(tag, multiple)))

    def nack(self, tag: int, multiple: bool = False) -> None:
        self.on_confirm(SimpleNamespace(method=Basic.Nack(tag, multiple)))

    def give_back(self, tag: int) -> None:
        """Return a mandatory message that no queue has taken, and then confirm it, as RabbitMQ does."""
        sent = self.published[tag - 1]
        self.on_return(self, Basic.Return(), sent.properties, sent.body)
        self.ack(tag)


class ConsumingChannel:
    """A channel whose messages are delivered as soon as there is a subscription; writes down what is answered."""

    def __init__(self, *messages: tuple[Message, bool], answers: list[Any] | None = None, first_tag: int = 1) -> None:
        self.is_open = True
        self.answers: list[Any] = [] if answers is None else answers
        self._messages = messages
        self._next = first_tag
        self.is_cancelled = False
        self.on_message: Callable[..., None]
        self.queues: tuple[str, ...]

    def add_on_cancel_callback(self, on_cancel: Callable[[Any], None]) -> None:
        self.on_cancel = on_cancel

    def deliver_all(self) -> None:
        for message, redelivered in self._messages:
            self.deliver(message, redelivered)

    def deliver(self, message: Message, redelivered: bool = False, properties: Any = None) -> None:
        method = SimpleNamespace(delivery_tag=self._next, routing_key=message.queue, redelivered=redelivered)
        self._next += 1
        if self.is_cancelled:  # As pika does.
            self.basic_reject(method.delivery_tag, requeue=True)
            return
        properties = properties or SimpleNamespace(
            message_id=message.message_id,
            correlation_id=message.correlation_id,
            app_id=message.app_id,
            headers=message.headers,
        )
        self.on_message(message.queue, self, method, properties, message.body)

    def basic_ack(self, tag: int, multiple: bool) -> None:
        self.answers.append(("ack", tag, multiple))

    def basic_reject(self, tag: int, requeue: bool) -> None:
        self.answers.append(("reject", tag, requeue))


class FakeSubscription:
    """Hands everything on at once, whatever it is."""

    def __init__(self, channel: ConsumingChannel, queues: Sequence[str], name: str, on_message: Callable[..., None]):
        self.channel, self.name = channel, name
        channel.queues, channel.on_message = tuple(queues), on_message

    def begin(self) -> None:
        self.channel.deliver_all()

    def end(self) -> None:
        self.channel.is_cancelled = True
        self.channel.answers.append(("cancel", self.name))


class ScriptedHandler:
    """Judges each batch with the next step of a script, and has the consumer stop at the last; then all is done."""

    awaited = ()

    def __init__(self, *steps: Any) -> None:
        self.steps = deque(steps)
        self.batches: list[list[int]] = []
        self.deliveries: list[Delivery] = []
        self.consumer: Any = None

    def __call__(self, batch: Sequence[Delivery]) -> list[Verdict]:
        self.batches.append([delivery.tag for delivery in batch])
        self.deliveries += batch
        step = self.steps.popleft() if self.steps else None
        if not self.steps:
            self.consumer.stop()
        if callable(step):
            step = step()
        if isinstance(step, Exception):
            raise step
        return step or [Done()] * len(batch)


class FakeCursor:
    """What a query has found."""

    awaited = ("to_list",)

    def __init__(self, found: list[Document]) -> None:
        self.found = found

    def to_list(self, length: int) -> list[Document]:
        return self.found[:length]


class FakeMongo:
    """A client, its database and its one collection in one: documents by id, and what fails next."""

    awaited = ("insert_many", "find_one", "create_index", "command")

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.indexes: list[Any] = []
        self.failures: deque[Exception | None] = deque()
        self.refused: dict[str, dict[str, Any]] = {}
        """Write errors by id, for documents that the server does not take."""
        self.concern_errors: list[dict[str, Any]] = []
        self.queries: list[Any] = []
        self.collection_options: dict[str, Any] = {}
        self.admin = self
        self.is_closed = False

    def connect(self, uri: str, **options: Any) -> "FakeMongo":
        self.uri, self.options = uri, options
        return self

    def __getitem__(self, name: str) -> "FakeMongo":
        self.database = name
        return self

    def get_collection(self, name: str, **options: Any) -> "FakeMongo":
        self.collection, self.collection_options = name, options
        return self

    def close(self) -> None:
        self.is_closed = True

    def _fail(self) -> None:
        if self.failures and (failure := self.failures.popleft()):
            raise failure

    def command(self, _: str) -> None:
        self._fail()

    def create_index(self, keys: Any) -> None:
        self._fail()
        self.indexes.append(keys)

    def find_one(self, query: dict[str, str]) -> Document | None:
        self._fail()
        return self.documents.get(query["_id"])

    def find(self, query: Any, projection: Any = None, **options: Any) -> FakeCursor:
        self._fail()
        self.queries.append((query, options))
        wanted = query.get("_id", {}).get("$in", self.documents)
        return FakeCursor([document for known, document in self.documents.items() if known in wanted])

    def insert_many(self, documents: Sequence[Document], ordered: bool) -> None:
        assert not ordered
        self._fail()
        errors = []
        for place, document in enumerate(documents):
            if document["_id"] in self.refused:
                errors.append({"index": place, **self.refused[document["_id"]]})
            elif self.documents.setdefault(document["_id"], document) is not document:
                errors.append({"index": place, "code": 11000, "keyPattern": {"_id": 1}, "errmsg": "E11000"})
        if errors or self.concern_errors:
            raise BulkWriteError({"writeErrors": errors, "writeConcernErrors": self.concern_errors})
