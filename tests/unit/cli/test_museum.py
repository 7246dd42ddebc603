"""The account of a room in the museum, the names that students write, and what its link understands of AMQP."""

from collections import Counter
from pathlib import Path

import pika
import pytest

from lessons.kit.amqp import Relay, Said
from lessons.kit.museum import link
from lessons.kit.museum.guide import wished
from lessons.kit.museum.names import DEFECTS, EXHIBITS, FILE, read
from lessons.kit.museum.producers import apart, told
from lessons.kit.museum.room import Account
from lessons.kit.verdict import NotYet

OFFERED = ["a", "b", "c"]


def test_an_account_in_which_each_task_is_stored_once_holds() -> None:
    """Or is dead, where that was expected."""
    Account(OFFERED, Counter(OFFERED)).must_hold()
    Account(OFFERED, Counter(["a", "b"]), dead=["c"]).must_hold(dead=["c"])


@pytest.mark.parametrize(
    ("account", "says"),
    [
        (Account(OFFERED, Counter(["a", "b"])), "1 of 3 tasks are nowhere"),
        (Account(OFFERED, Counter(["a", "a", "b", "c"])), "1 task(s) are stored more than once"),
        (Account(OFFERED, Counter(OFFERED), dead=["b"]), "1 of 3 tasks are stored, and among the dead letters as well"),
        (Account(OFFERED, Counter(["a", "b"]), dead=["c"]), "dead letters: 1"),
        (Account(OFFERED, Counter(["a", "b"]), waiting=["c"]), "back in the queue: 1"),
        (Account(OFFERED, Counter([*OFFERED, "d"])), "documents that nobody has offered: 1"),
    ],
    ids=["lost", "duplicated", "in two places", "dead", "waiting", "phantom"],
)
def test_an_account_that_does_not_hold_says_what_is_wrong(account: Account, says: str) -> None:
    """The first of it, with all figures."""
    with pytest.raises(NotYet) as found:
        account.must_hold()
    assert (says, str(account)) == (found.value.seen, found.value.hop)


def test_a_dead_letter_that_was_expected_must_be_there() -> None:
    """A message that has vanished is none."""
    with pytest.raises(NotYet, match="1 of 3 tasks are nowhere"):
        Account(OFFERED, Counter(["a", "b"])).must_hold(dead=["c"])


def test_names_are_read_and_open_ones_left_out(tmp_path: Path) -> None:
    """As they stand in the file, without what is said beside them."""
    (tmp_path / FILE).write_text("# mine\nexhibit_01: no-confirm\nexhibit_02:\n\nexhibit_03 :  poison-loop # sure\n")
    assert {"exhibit_01": "no-confirm", "exhibit_03": "poison-loop"} == read(tmp_path)


@pytest.mark.parametrize("line", ["exhibit_01: bad-luck", "exhibit_13: no-confirm", "no-confirm"])
def test_a_line_that_names_nothing_is_told(tmp_path: Path, line: str) -> None:
    """With an exhibit or a defect that there is."""
    (tmp_path / FILE).write_text(line)
    with pytest.raises(NotYet, match=r"exhibit_01"):
        read(tmp_path)


def test_a_file_without_names_is_told(tmp_path: Path) -> None:
    """With the command that brings it back."""
    with pytest.raises(NotYet, match="lab task 12"):
        read(tmp_path)


def test_exhibits_are_wished_by_number_or_name() -> None:
    """By default all of them."""
    assert ["exhibit_03", "exhibit_07", "exhibit_12"] == wished(["3", "07", "exhibit_12.py"])
    assert list(EXHIBITS) == wished([])
    with pytest.raises(SystemExit, match="there is no exhibit 13"):
        wished(["13"])


def test_what_two_processes_print_at_the_same_time_is_read_all_the_same() -> None:
    """Each writes a word at a time; what has failed is not called sent."""
    assert {"w-001", "w-002"} == told(apart("sentsent  w-002w-001\n\n", "w"), "sent")
    assert {"w-001"} == told(apart("sent w-001\nfailed w-002\n", "w"), "sent")


def test_no_name_tells_another() -> None:
    """They are sixteen, in the order of the alphabet, so that their order tells nothing."""
    assert sorted(set(DEFECTS)) == list(DEFECTS)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (pika.spec.Basic.Ack(2), {1, 3, 4}),
        (pika.spec.Basic.Ack(3, multiple=True), {4}),
        (pika.spec.Basic.Ack(0, multiple=True), set()),
        (pika.spec.Basic.Nack(3, multiple=True, requeue=False), {4}),
        (pika.spec.Basic.Nack(3, multiple=False, requeue=True), {1, 2, 4}),
        (pika.spec.Basic.Reject(4, requeue=True), {1, 2, 3}),
    ],
    ids=str,
)
def test_the_link_knows_what_a_worker_has_settled(said: object, left: set[int]) -> None:
    """By what pika sends."""
    unsettled = {1, 2, 3, 4}
    link.settle(unsettled, said)
    assert left == unsettled


def test_the_link_tells_deliveries_apart_by_their_channel() -> None:
    """Tags are counted on each from 1; what is said of anything else, or by the broker, settles nothing."""
    relay = Relay()
    seen = link.Link(relay)
    deliver, ack = pika.spec.Basic.Deliver("storing", 1, False, "", "queue"), pika.spec.Basic.Ack(1)
    for channel in (1, 2):
        relay.said.append(Said(0, channel, deliver.NAME, deliver, body=b"a task", by_program=False))
    qos, told = pika.spec.Basic.Qos(prefetch_count=2), pika.spec.Basic.Ack(1)
    relay.said += [Said(0, 1, qos.NAME, qos), Said(0, 1, told.NAME, told, by_program=False)]
    assert (2, [b"a task", b"a task"]) == (seen.unsettled, seen.delivered)
    relay.said.append(Said(0, 2, ack.NAME, ack))
    assert 1 == seen.unsettled


def test_the_link_counts_connections_that_publish() -> None:
    """Not those on which nothing is sent, and not what the broker says."""
    relay = Relay()
    publish, ack = pika.spec.Basic.Publish(routing_key="queue"), pika.spec.Basic.Ack(1)
    relay.said += [Said(number, 1, publish.NAME, publish) for number in (0, 0, 2)]
    relay.said.append(Said(3, 1, ack.NAME, ack, by_program=False))
    assert 2 == link.Link(relay).publishers
