"""The variants of our own services: what is asked, what is changed, and that an alternative keeps the same promises."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import msgspec
import pytest
from pika.exceptions import AMQPConnectionError, ChannelWrongStateError, NackError, StreamLostError, UnroutableError

from app import consumer
from bench.book import Bench, Wish
from bench.choices.blocking import RequestPublisher, ThreadPublisher
from bench.choices.codecs import CODECS
from bench.choices.inside import CannotChange, as_classic, change, set_limit
from bench.choices.questions import QUESTIONS
from bench.choices.variants import Variant
from bench.parts import choices
from cli.config import ROOT
from cli.errors import Failed
from core import message, settings
from core.errors import BrokerUnavailable, DecodeError, LabError, PublishRefused, PublishUnconfirmed
from core.settings import LIMITS, Settings
from core.topology import topology
from drills.inside.planting import PACKAGES
from tests.unit.samples import a_message, a_task

PUBLISHERS = (ThreadPublisher, RequestPublisher)


@pytest.fixture
def limits() -> Iterator[None]:
    """What is changed in place is put back: every other test has the same object."""
    before = dict(vars(LIMITS))
    yield
    for name, value in before.items():
        object.__setattr__(LIMITS, name, value)


# The questions.


def test_each_question_is_explained_in_the_documentation() -> None:
    """Under the same name, and none is explained that is not asked."""
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    section = page.partition("## choices")[2].partition("<!-- choices: begin -->")[0]
    assert sorted(re.findall(r"^- \*\*(.+)\.\*\*", section, re.MULTILINE)) == sorted(one.name for one in QUESTIONS)


def is_ours(variant: Variant) -> bool:
    """Whether it is run as the lab runs it."""
    words = [word.partition("=") for word in variant.inside]
    same = all(value == str(getattr(LIMITS, name, None)) for name, _, value in words)
    return same and not (variant.api or variant.queue or variant.apart)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_ours_comes_first_and_is_there_once(question: Any) -> None:
    """Ratios in the tables are against the first."""
    for variants in filter(None, (question.posts, question.drains)):
        twins = {variant.side.name for variant in variants}
        ours = [is_ours(variant) for variant in variants]
        assert [True] * len(twins) + [False] * (len(variants) - len(twins)) == ours
    assert "msgspec" == next(iter(question.codecs), "msgspec")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_each_question_has_an_alternative(question: Any) -> None:
    """And no two variants are told apart by nothing."""
    for asked in filter(None, (question.posts, question.drains, question.codecs)):
        names = [(one.name, one.at) if isinstance(one, Variant) else one for one in asked]
        assert 1 < len(names) == len(set(names))


# What is changed inside a process.


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("is_api", [True, False], ids=["api", "worker"])
def test_everything_that_only_counts_is_there_to_be_replaced(package: str, is_api: bool) -> None:
    """A name that is gone fails, so that a service which counts is never taken for one that does not."""
    # In a process of its own, since both twins' metrics have the same names.
    program = (
        "from bench.choices.inside import unrecorded; from drills.inside.planting import Planting;"
        f"planting = Planting({package!r});"
        f"[planting.change(place, lambda _: None) for place in unrecorded({is_api})]"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.usefixtures("limits")
def test_a_limit_is_changed_in_the_object_that_everybody_has() -> None:
    """The services import it by name."""
    set_limit("batch", "7")
    assert (7, 7) == (settings.LIMITS.batch, consumer.LIMITS.batch)


@pytest.mark.usefixtures("limits")
def test_a_limit_keeps_its_type() -> None:
    """Seconds may have a fraction."""
    change("drain=2")
    assert isinstance(LIMITS.drain, float)


@pytest.mark.parametrize("word", ["bach=7", "=7", "batch=", "batch=many", "batch=0.5", "batch", "", "__class__=1"])
@pytest.mark.usefixtures("limits")
def test_a_word_that_means_no_change_is_refused(word: str) -> None:
    """Else a variant would be measured that is none."""
    with pytest.raises(CannotChange):
        change(word)


def test_a_module_is_run_with_the_change_and_its_own_arguments(tmp_path: Any) -> None:
    """As ``python -m`` runs it."""
    (tmp_path / "shown.py").write_text(
        "import sys\nfrom core.settings import LIMITS\nprint(__name__, LIMITS.batch, LIMITS.prefetch, *sys.argv[1:])\n"
    )
    command = [sys.executable, "-m", "bench.choices.inside", "batch=7", "prefetch=9", "--", "shown", "--", "batch=3"]
    environ = {"PYTHONPATH": f"{ROOT}:{tmp_path}"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    assert "__main__ 7 9 -- batch=3\n" == done.stdout


def test_a_classic_queue_has_no_argument_of_a_quorum_queue() -> None:
    """RabbitMQ refuses those; where its dead letters go and how long they wait is as ours."""
    classic = as_classic(topology("work"))
    assert {"classic"} == {queue.arguments["x-queue-type"] for queue in classic.queues}
    assert set() == {"x-dead-letter-strategy", "x-delivery-limit"} & {
        name for queue in classic.queues for name in queue.arguments
    }
    assert [(queue.name, queue.delay_ms) for queue in topology("work").queues] == [
        (queue.name, queue.delay_ms) for queue in classic.queues
    ]
    assert "work.dead" == classic.shards[0].work.arguments["x-dead-letter-routing-key"]


# The publishers.


class FakeConnection:
    """A blocking connection and its channel in one; a publish ends with ``error``, if there is one."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.is_open = True
        self.confirms = False
        self.declared: list[str] = []
        self.published: list[tuple[str, bytes, bool, bool]] = []
        self.connection = self

    def channel(self) -> "FakeConnection":
        return self

    def confirm_delivery(self) -> None:
        self.confirms = True

    def queue_declare(self, queue: str, **_: Any) -> None:
        self.declared.append(queue)

    def basic_publish(self, _: str, key: str, body: bytes, properties: Any, mandatory: bool) -> None:
        self.published.append((key, body, mandatory and self.confirms, properties.delivery_mode == 2))
        if self.error:
            raise self.error

    def close(self) -> None:
        self.is_open = False


class FakeBroker:
    """Gives a connection to whoever wants one, or raises ``down``."""

    def __init__(self, error: Exception | None = None, down: Exception | None = None) -> None:
        self.error = error
        self.down = down
        self.connections: list[FakeConnection] = []

    def __call__(self, _: Any) -> FakeConnection:
        if self.down:
            raise self.down
        self.connections.append(FakeConnection(self.error))
        return self.connections[-1]


def in_a_thread(action: Callable[[], None]) -> None:
    """Done by another thread, and waited for."""
    thread = Thread(target=action)
    thread.start()
    thread.join()


@pytest.mark.parametrize("kind", PUBLISHERS)
def test_a_message_is_persistent_mandatory_and_confirmed(kind: type[RequestPublisher]) -> None:
    """As ours sends it: else the job would be a smaller one."""
    broker, sent = FakeBroker(), a_message()
    kind(Settings(), broker).publish(sent)
    assert [(sent.queue, sent.body, True, True)] == broker.connections[0].published


@pytest.mark.parametrize("kind", PUBLISHERS)
@pytest.mark.parametrize(
    ("said", "meant", "words"),
    [
        (UnroutableError([]), PublishRefused, "missing"),
        (NackError([]), PublishRefused, "did not take"),
        (StreamLostError("lost"), PublishUnconfirmed, "lost"),
        (ChannelWrongStateError("closed"), BrokerUnavailable, "closed"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_the_broker_says_is_told_as_ours_tells_it(
    kind: type[RequestPublisher], said: Exception, meant: type[LabError], words: str
) -> None:
    """Refused and unknown are different answers to the client; pika's error is kept as the cause."""
    with pytest.raises(meant, match=words) as caught:
        kind(Settings(), FakeBroker(said)).publish(a_message())
    assert said is caught.value.__cause__


@pytest.mark.parametrize("kind", PUBLISHERS)
@pytest.mark.parametrize("down", [AMQPConnectionError("refused"), OSError("no such host")], ids=repr)
def test_a_broker_that_cannot_be_reached_is_unavailable(kind: type[RequestPublisher], down: Exception) -> None:
    """The task is certainly not queued."""
    with pytest.raises(BrokerUnavailable):
        kind(Settings(), FakeBroker(down=down)).publish(a_message())


def test_a_thread_keeps_its_connection() -> None:
    """And another thread has another: pika allows no second thread on one."""
    broker = FakeBroker()
    publisher = ThreadPublisher(Settings(), broker)
    for _ in range(2):
        publisher.publish(a_message())
    in_a_thread(lambda: publisher.publish(a_message()))
    assert [2, 1] == [len(one.published) for one in broker.connections]


def test_a_thread_whose_channel_is_closed_opens_another() -> None:
    """The publish after a failure succeeds."""
    broker = FakeBroker()
    publisher = ThreadPublisher(Settings(), broker)
    publisher.publish(a_message())
    broker.connections[0].is_open = False
    publisher.publish(a_message())
    assert [1, 1] == [len(one.published) for one in broker.connections]


@pytest.mark.parametrize("error", [None, NackError([])], ids=repr)
def test_a_connection_for_a_request_is_closed_after_it(error: Exception | None) -> None:
    """Whatever came of it."""
    broker = FakeBroker(error)
    publisher = RequestPublisher(Settings(), broker)
    for _ in range(2):
        if error is None:
            publisher.publish(a_message())
        else:
            with pytest.raises(PublishRefused):
                publisher.publish(a_message())
    assert [False, False] == [one.is_open for one in broker.connections]


def test_queues_are_declared_once_a_process_and_again_where_one_is_missing() -> None:
    """Declaring five queues for each request would measure something else."""
    broker = FakeBroker()
    publisher = ThreadPublisher(Settings(), broker)
    publisher.publish(a_message())
    in_a_thread(lambda: publisher.publish(a_message()))
    queues = [queue.name for queue in topology(Settings().rabbit_queue).queues]
    assert [queues, []] == [one.declared for one in broker.connections]
    broker.connections[0].error = UnroutableError([])
    with pytest.raises(PublishRefused):
        publisher.publish(a_message())
    broker.connections[0].error = None
    publisher.publish(a_message())
    assert queues + queues == broker.connections[0].declared


# The libraries for JSON.


BODY = msgspec.json.decode(message.encode(a_task(), "work").body)
RAW = message.encode(a_task(), "work").body
TIMES = re.split(
    r"\s+",
    """2024-01-01T00:00:00Z 2024-01-01t00:00:00z 2024-01-01T00:00:00+0100 2024-01-01T00:00:00.123456-01:00
    2024-01-01T00:00:00+01 2024-01-01T00:00:00 2024-01-01T00:00Z 2024-01-01T00:00:60Z 2024-01-01T24:00:00Z
    20240101T000000Z 2024-01-01T00:00:00,5Z 2024-01-01T00:00:00+24:00 2024-01-01T00:00:00+23:60
    2024-W01-1T00:00:00Z 2024-02-30T00:00:00Z 0001-01-01T00:00:00+10:00 9999-12-31T23:59:59-10:00
    ２024-01-01T00:00:00Z 2024-01-01T00:00:00.123456１Z""",
)
VALUES: dict[str, list[Any]] = {
    "accepted": [*TIMES, 1_700_000_000, None, ""],
    "nginx": [*TIMES, None, 0],
    "title": ["", " \t\n", "x" * 200, "x" * 201, "ä" * 200, "\x00", "\u00a0", None, 1, ["x"]],
    "notes": ["", "x" * 10_000, "x" * 10_001, None],
    "work": [
        *({"io_ms": value} for value in (5000, 5001, -1, True, 1.0, 1.5, "1", None, 2**63)),
        *({}, {"cpu_ms": 1000}, {"cpu_ms": 1001}, {"other": 1}, None, [], 1),
    ],
    "id": ["", BODY["id"].upper(), BODY["id"] + "\n", BODY["id"][:-1], None],
    "source": ["flask", "Flask", "", "a" * 32, "a" * 33, "flask\n"],
    "host": ["", "h" * 128, "h" * 129],
    "request_id": ["", "h" * 128, "h" * 129, 1],
    "other": [None],
}
BODIES = [
    *(msgspec.json.encode({**BODY, name: value}) for name, values in VALUES.items() for value in values),
    *(msgspec.json.encode({key: value for key, value in BODY.items() if key != name}) for name in BODY),
    *(b"", b"null", b"[]", b"1", b'"x"', b"{", RAW + b" ", RAW + b"x", b"\xef\xbb\xbf" + RAW, b"[" * 100_000),
    *(RAW.decode().encode("utf-16"), RAW.replace(b'"title":"', b'"title":"\\ud800'), RAW + b" " * 300_000),
    *(RAW.replace(b'"title":"', b'"title":"' + more) for more in (b"\xff", b"\x01", b"\\u0000", b"\\ud83d\\ude00")),
    *(RAW.replace(b'"io_ms":0', b'"io_ms":' + number) for number in (b"-0", b"1E2", b"01", b"NaN", b"9" * 5000)),
]


def told(decode: Callable[[bytes], Any], body: bytes) -> Any:
    """The task, or that there is none."""
    try:
        return decode(body)
    except DecodeError:
        return None


@pytest.mark.parametrize("body", BODIES, ids=lambda body: ascii(body[:300])[2:60])
def test_checked_by_hand_the_same_is_a_task_as_with_ours(body: bytes) -> None:
    """A parser that accepted more would have less to do."""
    assert told(message.decode, body) == told(CODECS["json"]().decode, body)


def test_the_bodies_are_of_both_kinds() -> None:
    """Else the test above would compare nothing with nothing."""
    tasks = sum(told(message.decode, body) is not None for body in BODIES)
    assert (True, True) == (tasks > 25, len(BODIES) - tasks > 60)


@pytest.mark.parametrize("title", ["Milk", "Bücher 📚", 'a "quoted" \\ \x00 one'])
def test_what_is_written_by_hand_is_read_as_the_same_task(title: str) -> None:
    """By ours."""
    task = a_task(title=title)
    assert task == message.decode(CODECS["json"]().encode(task))


# What cannot be run.


def asked(rounds: int) -> Bench:
    """A bench without a stage."""
    nowhere: Any = None
    return Bench(nowhere, Wish(rounds=rounds), [].append)


def test_what_cannot_be_run_is_noted_with_its_reason() -> None:
    """And the run goes on."""

    def fail() -> None:
        raise Failed("no such package")

    bench = asked(rounds=1)
    assert not choices.tried(bench, QUESTIONS[0], "gevent", fail)
    assert [f"{QUESTIONS[0].name}: gevent was left out (no such package)"] == bench.notes


def test_what_fails_in_one_round_is_not_asked_in_the_next_and_the_others_are() -> None:
    """In turn, ours first."""
    done: list[str] = []

    def fail() -> None:
        done.append("broken")
        raise OSError("broken")

    choices._in_turn(asked(rounds=2), QUESTIONS[0], {"ours": lambda: done.append("ours"), "other": fail})
    assert ["ours", "broken", "ours"] == done


def test_a_mistake_of_our_own_ends_the_run() -> None:
    """It is no property of a variant."""

    def fail() -> None:
        raise KeyError("typo")

    with pytest.raises(KeyError):
        choices.tried(asked(rounds=1), QUESTIONS[0], "ours", fail)
