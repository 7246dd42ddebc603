"""Dead letters on the command line: which are meant, what is shown of them, and that none is ever nowhere."""

import io
import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pika import BasicProperties
from pika.exceptions import NackError, UnroutableError
from typer.testing import CliRunner

from cli import dead, legible, letters, main, settling, ways
from cli.config import Lab
from cli.errors import Failed, WrongUse
from cli.letters import BrokerFailed, Letter
from cli.settling import Wish
from core.message import encode
from core.topology import topology
from tests.unit.cli.fakes import FakeStack, a_lab
from tests.unit.samples import ID, OTHER_ID, a_task

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HEADERS = {"attempt": 5, "reason": "no such plant", "queue": "task_queue", "dead-at": "2026-11-21T10:00:00.250+00:00"}
TASK = encode(a_task(), "task_queue").body


@dataclass
class Delivered:
    """The part of a delivery that matters."""

    delivery_tag: int
    routing_key: str = "task_queue.dead"


@dataclass
class FakeChannel:
    """Notes what is done on it, in order; publishing fails where it was told so."""

    done: list[tuple[str, Any]] = field(default_factory=list)
    published: list[tuple[str, bytes, BasicProperties, bool]] = field(default_factory=list)
    exchanges: list[str] = field(default_factory=list)
    error: Exception | None = None

    @property
    def connection(self) -> "FakeChannel":
        return self

    def process_data_events(self, time_limit: float) -> None:
        """The broker has its moment."""

    def basic_publish(
        self, exchange: str, queue: str, body: bytes, properties: BasicProperties, mandatory: bool
    ) -> None:
        if self.error:
            raise self.error
        self.done.append(("published", body))
        self.published.append((queue, body, properties, mandatory))
        self.exchanges.append(exchange)

    def basic_ack(self, tag: int) -> None:
        self.done.append(("acknowledged", tag))


def a_letter(number: int = 1, channel: Any = None, body: bytes = TASK, **properties: Any) -> Letter:
    """A dead letter that was taken from its queue."""
    own = BasicProperties(**{"message_id": ID, "headers": HEADERS, **properties})
    return Letter(number, channel, Delivered(number), own, body)


@dataclass
class Queue:
    """A queue of dead letters that exists only on paper; what it is asked goes through ``cli.letters``' names."""

    lab: Lab
    found: list[Letter] = field(default_factory=list)
    channel: FakeChannel = field(default_factory=FakeChannel)

    def add(self, body: bytes = TASK, **properties: Any) -> None:
        """One letter more."""
        self.found.append(a_letter(len(self.found) + 1, self.channel, body, **properties))


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """The commands find this queue."""
    stack, lab = FakeStack(), a_lab(tmp_path)
    fake = Queue(lab)

    @contextmanager
    def opened(url: str) -> Iterator[None]:
        yield

    def hands(_: Any, __: str, most: int) -> Iterator[list[Letter]]:
        yield fake.found[:most]

    def drop(_: Any, __: str, most: int) -> Iterator[Letter]:
        for letter in fake.found[:most]:
            letters.erase(letter)
            yield letter

    monkeypatch.setattr(stack, "addresses", lambda: {"rabbitmq": "amqp://nowhere"})
    monkeypatch.setattr(main, "load", lambda: lab)
    monkeypatch.setattr(ways, "current", lambda _: stack)
    monkeypatch.setattr(letters, "opened", opened)
    monkeypatch.setattr(letters, "count", lambda *_: len(fake.found))
    monkeypatch.setattr(letters, "look", lambda _, __, most: iter(fake.found[:most]))
    monkeypatch.setattr(letters, "hands", hands)
    monkeypatch.setattr(letters, "drop", drop)
    monkeypatch.setattr(letters, "confirming", lambda _: fake.channel)
    return fake


def run(*words: str) -> tuple[int, str]:
    """Exit code and everything that was printed."""
    result = CliRunner().invoke(main.app, ["dead", *words])
    return result.exit_code, result.output


@pytest.mark.parametrize("words", [(), ("list",), ("show",), ("requeue",), ("purge",)])
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    """With --help, and without a lab."""
    assert 0 == run(*words, "--help")[0]


def test_a_broker_that_is_not_there_is_told_in_words() -> None:
    """With the mend; nobody listens on port 1."""
    with pytest.raises(BrokerFailed) as caught, letters.opened("amqp://guest:guest@127.0.0.1:1/"):
        pytest.fail("there is nothing to connect to")
    assert (1, "rabbitmq") == (caught.value.exit_code, caught.value.part)
    assert "./lab start rabbitmq" in caught.value.mend


def test_a_broker_that_is_frozen_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and says nothing; pika's error for that is none of its usual ones."""
    monkeypatch.setattr(letters, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(BrokerFailed), letters.opened(address):
            pytest.fail("nothing has answered")


# Which letters are meant


def ids(*found: str) -> list[Letter]:
    """Letters with these ids."""
    return [a_letter(number, message_id=one) for number, one in enumerate(found, 1)]


@pytest.mark.parametrize(
    ("name", "number"),
    [("abcd-1", 1), ("abce", 2), ("3", 3), ("1234", 4), ("2", 2), ("5", 5)],
)
def test_a_letter_is_named_by_its_id_the_beginning_of_it_or_its_number(name: str, number: int) -> None:
    """Those without an id by their number."""
    found = ids("abcd-1", "abce-2", "", "1234-x", "")
    assert [number] == [letter.number for letter in dead.named([name], found)]


def test_a_whole_id_is_meant_also_where_another_begins_with_it() -> None:
    """Else it could not be named at all."""
    assert [1] == [letter.number for letter in dead.named(["abcd"], ids("abcd", "abcde"))]


@pytest.mark.parametrize(("name", "found"), [("abcd", ("abcd-1", "abcd-2")), ("same", ("same", "same"))])
def test_a_name_that_fits_several_is_refused_with_their_numbers(name: str, found: tuple[str, ...]) -> None:
    """A guess might delete the wrong one."""
    with pytest.raises(Failed, match="the numbers 1, 2"):
        dead.named([name], ids(*found))


@pytest.mark.parametrize("name", ["abd", "7", "0", "-1", "abcd-12", ""])
def test_a_name_that_fits_none_is_refused(name: str) -> None:
    """With what lists them. Three characters are not enough to begin an id."""
    with pytest.raises(Failed, match="no dead letter") as caught:
        dead.named([name], ids("abdx-1"))
    assert "./lab dead list" in caught.value.mend


def test_one_wrong_name_among_right_ones_stops_everything(queue: Queue) -> None:
    """Before anything is done."""
    queue.add()
    assert 1 == run("purge", "1", "nobody", "--yes")[0]
    assert [] == queue.channel.done


def test_a_letter_that_is_named_twice_is_moved_once(queue: Queue) -> None:
    """By number and by id."""
    queue.add()
    assert 0 == run("requeue", "1", ID)[0]
    assert 1 == len(queue.channel.published)


@pytest.mark.parametrize("words", [(), ("1", "--all")])
@pytest.mark.parametrize("command", ["requeue", "purge"])
def test_either_names_or_all_must_be_given(queue: Queue, command: str, words: tuple[str, ...]) -> None:
    """Not both, not neither."""
    assert 2 == run(command, *words, "--yes")[0]


# Back into the work queue


def test_a_letter_is_acknowledged_only_after_its_copy_is_confirmed() -> None:
    """Whatever happens in between, it is in one of the two queues."""
    channel = FakeChannel()
    letters.requeue(channel, a_letter(7, channel), "work")
    assert [("published", TASK), ("acknowledged", 7)] == channel.done


@pytest.mark.parametrize("error", [UnroutableError([]), NackError([])])
def test_a_letter_whose_copy_is_refused_stays(error: Exception) -> None:
    """It goes back when the connection closes."""
    channel = FakeChannel(error=error)
    with pytest.raises(type(error)):
        letters.requeue(channel, a_letter(7, channel), "work")
    assert [] == channel.done


def test_the_copy_is_persistent_mandatory_and_says_nothing_of_its_death() -> None:
    """Ids and headers of others stay."""
    channel = FakeChannel()
    own: dict[str, Any] = {"correlation_id": "r1", "app_id": "flask", "content_type": "text/plain", "expiration": "5"}
    letters.requeue(channel, a_letter(1, channel, headers={**HEADERS, "traceparent": "t"}, **own), "work")
    [(queue, body, properties, mandatory)] = channel.published
    assert ("work", TASK, True, 2) == (queue, body, mandatory, properties.delivery_mode)
    assert {"attempt": 1, "traceparent": "t"} == properties.headers
    assert (ID, "r1", "flask", "text/plain", None) == (
        properties.message_id,
        properties.correlation_id,
        properties.app_id,
        properties.content_type,
        properties.expiration,
    )


@pytest.mark.parametrize("shards", [1, 4])
def test_a_letter_is_put_back_through_what_spreads_tasks(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shards: int
) -> None:
    """Where there are several shards; else straight into the queue."""
    monkeypatch.setattr(main, "load", lambda: a_lab(tmp_path, QUEUE_SHARDS=str(shards)))
    queue.add()
    run("requeue", "--all")
    assert [topology("task_queue", shards).exchange_to("task_queue")] == queue.channel.exchanges


def test_all_are_requeued_and_the_next_step_is_named(queue: Queue) -> None:
    """The last that is a task can be traced."""
    queue.add()
    queue.add(b"poison")
    code, words = run("requeue", "--all")
    assert (0, 2) == (code, len(queue.channel.published))
    assert "2 dead letter(s) requeued to task_queue" in words
    assert f"./lab trace {ID}" in words


def test_a_broker_that_fails_on_the_way_is_told_with_what_was_done(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that nothing is lost."""
    queue.add()
    queue.add()

    def requeue(_: Any, letter: Letter, *__: str) -> None:
        if letter.number == 2:
            raise BrokerFailed("it went away", part="rabbitmq", mend="./lab start rabbitmq")

    monkeypatch.setattr(letters, "requeue", requeue)
    code, words = run("requeue", "--all")
    assert 1 == code
    assert "it went away. 1 dead letter(s) were requeued before that" in " ".join(words.split())


# Deletion, and questions


@pytest.mark.parametrize("words", [("1",), ("--all",)])
def test_without_a_terminal_nothing_is_deleted_unasked(queue: Queue, words: tuple[str, ...]) -> None:
    """The mend is --yes."""
    queue.add()
    code, said = run("purge", *words)
    assert (2, []) == (code, queue.channel.done)
    assert "--yes" in said


def test_letters_are_deleted_and_counted(queue: Queue) -> None:
    """With --yes nobody is asked."""
    for _ in range(3):
        queue.add()
    code, words = run("purge", "--all", "--yes")
    assert (0, [("acknowledged", number) for number in (1, 2, 3)]) == (code, queue.channel.done)
    assert "3 dead letter(s) purged from task_queue.dead" in words


class Terminal(io.StringIO):
    """A standard input with a person before it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "done"), [("y\n", 1), ("n\n", 0), ("\n", 0), ("", 0)])
@pytest.mark.parametrize("act", [settling.purge, settling.requeue])
def test_on_a_terminal_a_person_decides(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, act: Callable[..., None], answer: str, done: int
) -> None:
    """Nothing is done without a yes, and Ctrl-D is none."""
    queue.add()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    expected = nullcontext() if done else pytest.raises(Failed, match="nothing was done")
    with expected:
        act(queue.lab, None, Wish((), everything=True))
    assert done == queue.channel.done.count(("acknowledged", 1))


def test_a_purge_by_name_asks_with_the_names(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As they were typed."""
    queue.add()
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    with pytest.raises(Failed):
        settling.purge(queue.lab, None, Wish((ID, "1")))
    assert f"{ID}, 1" in capsys.readouterr().err


def test_a_wish_for_nothing_is_wrong_use() -> None:
    """Before any server is asked."""
    with pytest.raises(WrongUse):
        Wish(())


@pytest.mark.parametrize("words", [("list",), ("requeue", "--all"), ("purge", "--all", "--yes")])
def test_where_there_are_none_it_is_said_plainly(queue: Queue, words: tuple[str, ...]) -> None:
    """That is no failure."""
    code, said = run(*words)
    assert 0 == code
    assert "There are no dead letters in task_queue.dead." in said


# What is shown


def test_the_list_shows_each_letter_and_the_total(queue: Queue) -> None:
    """The oldest first, no more than asked for."""
    queue.add()
    queue.add(b"poison", message_id=None, headers=None)
    queue.add(message_id=OTHER_ID)
    code, words = run("list", "-n", "2")
    assert 0 == code
    for part in (ID, "Water the plants", "no such plant", "2026-11-21 10:00:00", "poison", "3 dead letter(s)"):
        assert part in words
    assert OTHER_ID not in words
    assert "./lab dead list -n 3" in words


def test_the_list_as_json_is_one_document(queue: Queue) -> None:
    """Whatever the bodies hold."""
    queue.add()
    queue.add(b'{"title": "\\ud800"}', headers={"reason": ["odd", 1]})
    document = json.loads(CliRunner().invoke(main.app, ["dead", "list", "--json"]).stdout)
    first, second = document["letters"]
    assert ("task_queue.dead", 2) == (document["queue"], document["total"])
    assert (1, ID, "Water the plants", "no such plant", 5) == tuple(
        first[name] for name in ("number", "id", "title", "reason", "attempts")
    )
    assert (2, "\ud800", None) == (second["number"], second["title"], second["died"])


def test_one_letter_is_shown_with_everything(queue: Queue) -> None:
    """Properties, headers, its body indented, and what would become of it."""
    queue.add(correlation_id="r1", headers={**HEADERS, "x-odd": [1]})
    code, words = run("show", ID[:8])
    assert 0 == code
    for part in ("r1", "header x-odd", "[1]", '  "title": "Water the plants"', "sha256", "start anew in task_queue"):
        assert part in words


def test_poison_is_told_its_fate() -> None:
    """In the words that would stand beside it."""
    assert "it would die again: not JSON" in dead.fate(b"poison", "work")


HOSTILE = "\x1b[2J\x07[red]x[/nope]\u202e\x9b31m"


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        (HOSTILE.encode(), {"message_id": HOSTILE}),
        (json.dumps({"title": HOSTILE, HOSTILE: [HOSTILE]}, ensure_ascii=False).encode(), {"app_id": HOSTILE}),
        (b"\xff\x1b[2J" * 300, {"headers": {"reason": HOSTILE, HOSTILE: HOSTILE}}),
        (b"[" * 100_000, {"headers": {"dead-at": HOSTILE}}),
        (b"1" * 10_000, {"headers": {"dead-at": "9999-12-31T23:59:59-23:59"}}),
        (b"", {}),
    ],
)
@pytest.mark.parametrize("words", [("list",), ("show", "1")])
def test_what_a_stranger_wrote_does_nothing_to_the_terminal(
    queue: Queue, words: tuple[str, ...], body: bytes, properties: dict[str, Any]
) -> None:
    """No control character gets through, no markup is obeyed, and the screen is not filled."""
    queue.add(body, **properties)
    code, said = run(*words)
    assert 0 == code, said
    assert [] == [one for one in said if not one.isprintable() and one != "\n"]
    assert len(said) < legible.MOST_TEXT + 5_000


def test_markup_in_a_title_is_shown_as_it_was_written(queue: Queue) -> None:
    """It is a title like another."""
    queue.add(b'{"title": "[red]x[/nope]"}')
    assert "[red]x[/nope]" in run("list")[1]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (TASK, "Water the plants"),
        (b'{"title": 5}', None),
        (b"[]", None),
        (b"poison", None),
        (b"\xff", None),
        (b"", None),
        (b"[" * 100_000, None),
        (b'{"title": "' + b"9" * 5000 + b'"}', "9" * 5000),
    ],
)
def test_a_title_is_read_where_there_is_one(body: bytes, title: str | None) -> None:
    """Also from what is not quite a task."""
    assert title == legible.title(body)


def test_a_long_text_is_cut() -> None:
    """With a sign that it is."""
    assert ("abc…", "abcd", "\\n…") == (legible.plain("abcdef", 4), legible.plain("abcd", 4), legible.plain("\n\n", 3))


def test_bytes_are_shown_in_hexadecimal() -> None:
    """Beside what can be read of them, and no more than a screen of them."""
    rows = legible.lines(b"\xff" + b"a" * 600)
    assert rows[0].startswith("ff 61 61")
    assert rows[0].endswith(" .aaaaaaaaaaaaaaa")
    assert "… and 89 bytes more" == rows[-1]


@pytest.mark.parametrize(
    ("when", "age"),
    [
        ("2026-11-21T12:00:00+00:00", "0 s"),
        ("2026-11-21T12:00:09+00:00", "0 s"),
        ("2026-11-21T11:59:01", "59 s"),
        ("2026-11-21T11:00:01+00:00", "59 min"),
        ("2026-11-20T13:00:00+00:00", "23 h"),
        ("2026-11-01T12:00:00+00:00", "20 d"),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_an_age_is_told_in_its_largest_unit(when: str, age: str) -> None:
    """A clock that is behind makes nothing younger than new."""
    assert age == legible.age(when, NOW)
