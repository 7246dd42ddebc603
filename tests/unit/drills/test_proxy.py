"""The proxy breaks real connections in every way it knows, and heals them."""

import json
import socket
import socketserver
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from random import Random
from threading import Thread

import pytest

from drills.links import BLACK_HOLE, CUT, RESET, ROOT, Links, Stats, delay, flapping, one_way, sliced, throttle
from drills.proxy import Mode
from drills.toxics import HELD_BYTES, LINGER_ZERO, Flow, Line
from tests.support.waiting import wait_until

HOST = "127.0.0.1"
PATIENCE = 5.0
ONE_READ = 256 * 1024
"""The most that asyncio reads at once."""


@dataclass
class Wire:
    """A link of its own for one test, and both ends of what goes through it."""

    links: Links
    name: str
    listener: socket.socket
    opened: ExitStack = field(default_factory=ExitStack)
    port: int = 0

    def client(self) -> socket.socket:
        """A connection to the link."""
        return self.opened.enter_context(socket.create_connection((HOST, self.port), timeout=PATIENCE))

    def upstream(self) -> socket.socket:
        """The upstream's end of the next connection."""
        accepted, _ = self.listener.accept()
        accepted.settimeout(PATIENCE)
        return self.opened.enter_context(accepted)

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """A connection that is known to work: the client's end and the upstream's."""
        client, upstream = self.client(), self.upstream()
        assert b"ping" == through(client, upstream, b"ping")
        return client, upstream

    def forget_waiting(self) -> None:
        """Close the upstream's ends of connections that were only made to see whether they can be."""
        self.listener.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                self.listener.accept()[0].close()
        self.listener.settimeout(PATIENCE)

    def set(self, mode: Mode) -> None:
        """Another mode."""
        self.links.set(self.name, mode)

    def heal(self) -> None:
        """Forward again."""
        self.links.heal(self.name)

    @property
    def stats(self) -> Stats:
        """What is known of the link now."""
        return self.links.stats(self.name)

    def wait_for_held(self, size: int) -> None:
        """The bytes have arrived at the proxy, which keeps them."""
        wait_until(lambda: self.stats.held >= size, PATIENCE, f"{size} bytes are held")


@pytest.fixture(scope="module")
def links() -> Iterator[Links]:
    """One proxy for all tests of this file."""
    with Links(seed=1) as links:
        yield links


@pytest.fixture
def wire(links: Links, request: pytest.FixtureRequest) -> Iterator[Wire]:
    """A link of the test's own."""
    with socket.create_server((HOST, 0), backlog=200) as listener:
        listener.settimeout(PATIENCE)
        wire = Wire(links, request.node.name, listener)
        wire.port = links.open(wire.name, HOST, listener.getsockname()[1])
        with wire.opened:
            yield wire
        wire.set(CUT)


class Echo(socketserver.ThreadingTCPServer):
    """Sends back what it is sent."""

    daemon_threads = True
    request_queue_size = 200


class EchoHandler(socketserver.BaseRequestHandler):
    """One connection of it."""

    def handle(self) -> None:
        """Until the client has said everything."""
        with suppress(ConnectionError):
            while data := self.request.recv(65536):
                self.request.sendall(data)


@pytest.fixture
def echo(links: Links, request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """The name and the port of a link to an echo server."""
    name = f"echo of {request.node.name}"
    with Echo((HOST, 0), EchoHandler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield name, links.open(name, HOST, server.server_address[1])
        links.set(name, CUT)
        server.shutdown()


def read(connection: socket.socket, size: int) -> bytes:
    """Exactly so many bytes, or fewer where the connection ends before."""
    heard = bytearray()
    while len(heard) < size and (data := connection.recv(min(65536, size - len(heard)))):
        heard += data
    return bytes(heard)


def through(sender: socket.socket, receiver: socket.socket, data: bytes) -> bytes:
    """What arrives of data that is sent."""
    sender.sendall(data)
    return read(receiver, len(data))


def silent(connection: socket.socket) -> bool:
    """Whether nothing is there to be read, neither bytes nor an end."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    finally:
        connection.settimeout(PATIENCE)
    return False


def refused(port: int) -> bool:
    """Whether nobody listens."""
    try:
        socket.create_connection((HOST, port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def reset(connection: socket.socket) -> None:
    """Close by RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
    connection.close()


# Without a fault


def test_bytes_pass_both_ways(wire: Wire) -> None:
    """As they were sent."""
    client, upstream = wire.pair()
    assert b"question" == through(client, upstream, b"question")
    assert b"answer" == through(upstream, client, b"answer")


def test_who_has_said_everything_can_still_listen(wire: Wire) -> None:
    """A FIN goes through one direction; the other stays open until its own."""
    client, upstream = wire.pair()
    client.shutdown(socket.SHUT_WR)
    assert b"" == upstream.recv(1)
    assert b"answer" == through(upstream, client, b"answer")
    upstream.close()
    assert b"" == client.recv(1)
    wait_until(lambda: wire.stats.open == 0, PATIENCE, "the connection is over")


@pytest.mark.parametrize("first", [0, 1], ids=["client", "upstream"])
def test_a_reset_goes_on_as_a_reset(wire: Wire, first: int) -> None:
    """Whichever side it comes from."""
    ends = wire.pair()
    reset(ends[first])
    with pytest.raises(ConnectionResetError):
        ends[1 - first].recv(1)


def test_an_upstream_that_is_not_there_is_a_reset(links: Links) -> None:
    """The proxy has accepted by then, so it cannot refuse any more; it can as soon as the upstream is there."""
    with socket.socket() as nobody:
        nobody.bind((HOST, 0))
        port = links.open("nobody", HOST, nobody.getsockname()[1])
        with pytest.raises(ConnectionResetError), socket.create_connection((HOST, port), timeout=PATIENCE) as client:
            client.recv(1)
        nobody.listen()
        with socket.create_connection((HOST, port), timeout=PATIENCE) as client, nobody.accept()[0] as upstream:
            assert b"ping" == through(client, upstream, b"ping")


def test_a_slow_reader_slows_its_sender_and_loses_nothing(wire: Wire) -> None:
    """What is in between is bounded, and arrives."""
    client, upstream = wire.pair()
    data = Random(1).randbytes(32 * HELD_BYTES)
    sender = Thread(target=client.sendall, args=(data,), daemon=True)
    client.settimeout(None)
    sender.start()
    wire.wait_for_held(HELD_BYTES)
    assert HELD_BYTES + ONE_READ >= wire.stats.held
    assert data == read(upstream, len(data))
    sender.join(PATIENCE)


def test_a_hundred_connections_at_once_do_not_mix(links: Links, echo: tuple[str, int]) -> None:
    """Each hears its own."""
    name, port = echo

    def talk(number: int) -> bool:
        said = f"{number} ".encode() * 1000
        with socket.create_connection((HOST, port), timeout=PATIENCE) as client:
            return all(said == through(client, client, said) for _ in range(5))

    with ThreadPoolExecutor(100) as threads:
        assert all(threads.map(talk, range(100)))
    wait_until(lambda: links.stats(name).open == 0, PATIENCE, "all connections are over")
    assert 100 == links.stats(name).accepted


def test_the_statistics_count_connections_and_bytes_each_way(wire: Wire) -> None:
    """All since the link was opened, and what is so now."""
    client, upstream = wire.pair()
    wire.pair()
    through(upstream, client, b"answer")
    client.close()
    upstream.close()
    wait_until(lambda: wire.stats.open == 1, PATIENCE, "one of two is over")
    assert Stats(accepted=2, open=1, requests=8, answers=6, held=0, faults=0) == wire.stats


# Cut and reset


def test_a_cut_closes_connections_and_refuses_new_ones_until_the_heal(wire: Wire) -> None:
    """By FIN, at both ends; then the same port works again."""
    client, upstream = wire.pair()
    wire.set(CUT)
    assert b"" == client.recv(1)
    assert b"" == upstream.recv(1)
    assert refused(wire.port)
    wire.heal()
    wire.pair()
    assert 1 == wire.stats.faults


def test_a_port_that_is_cut_cannot_be_taken_by_somebody_else(wire: Wire) -> None:
    """Else the heal might fail."""
    wire.set(CUT)
    with socket.socket() as thief, pytest.raises(OSError, match="in use"):
        thief.bind((HOST, wire.port))


def test_a_reset_link_resets_connections_and_new_ones_too_until_the_heal(wire: Wire) -> None:
    """By RST, at both ends."""
    client, upstream = wire.pair()
    wire.set(RESET)
    for end in (client, upstream):
        with pytest.raises(ConnectionResetError):
            end.recv(1)
    with pytest.raises(ConnectionResetError):
        wire.client().recv(1)
    wire.heal()
    wire.pair()
    assert 2 == wire.stats.faults


# Held bytes


def test_a_black_hole_keeps_everything_open_and_delivers_in_order_after_the_heal(wire: Wire) -> None:
    """Both ways."""
    client, upstream = wire.pair()
    wire.set(BLACK_HOLE)
    for number in range(100):
        client.sendall(f"question {number:2};".encode())
        upstream.sendall(f"answer {number:2};".encode())
    wire.wait_for_held(2200)
    assert silent(client)
    assert silent(upstream)
    wire.heal()
    assert "".join(f"question {number:2};" for number in range(100)).encode() == read(upstream, 1200)
    assert "".join(f"answer {number:2};" for number in range(100)).encode() == read(client, 1000)
    assert 1 == wire.stats.faults


def test_who_connects_to_a_black_hole_reaches_the_upstream_after_the_heal(wire: Wire) -> None:
    """With what was said meanwhile."""
    wire.set(BLACK_HOLE)
    client = wire.client()
    client.sendall(b"hello")
    wire.wait_for_held(5)
    wire.listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        wire.listener.accept()
    wire.listener.settimeout(PATIENCE)
    wire.heal()
    assert b"hello" == read(wire.upstream(), 5)
    assert 1 == wire.stats.faults


def test_an_end_that_falls_into_a_black_hole_is_heard_after_the_heal(wire: Wire) -> None:
    """After the bytes before it."""
    client, upstream = wire.pair()
    wire.set(BLACK_HOLE)
    client.sendall(b"goodbye")
    client.close()
    wire.wait_for_held(7)
    assert silent(upstream)
    wire.heal()
    assert b"goodbye" == read(upstream, 8)


def test_a_reset_that_falls_into_a_black_hole_is_felt_after_the_heal(wire: Wire) -> None:
    """Until then the other side believes in its connection."""
    client, upstream = wire.pair()
    wire.set(BLACK_HOLE)
    reset(client)
    wait_until(lambda: wire.stats.faults == 1, PATIENCE, "the reset has arrived")
    assert silent(upstream)
    wire.heal()
    with pytest.raises(ConnectionResetError):
        upstream.recv(1)


def test_what_a_black_hole_keeps_is_bounded_and_complete(wire: Wire) -> None:
    """Who sends more has to wait."""
    client, upstream = wire.pair()
    wire.set(BLACK_HOLE)
    data = Random(2).randbytes(16 * HELD_BYTES)
    client.settimeout(None)
    Thread(target=client.sendall, args=(data,), daemon=True).start()
    wire.wait_for_held(HELD_BYTES)
    assert HELD_BYTES + ONE_READ >= wire.stats.held
    wire.heal()
    assert data == read(upstream, len(data))


def test_a_black_hole_can_be_cut(wire: Wire) -> None:
    """Then what it kept is lost."""
    client, upstream = wire.pair()
    wire.set(BLACK_HOLE)
    client.sendall(b"lost")
    wire.wait_for_held(4)
    wire.set(CUT)
    assert b"" == upstream.recv(1)
    assert b"" == client.recv(1)


def test_requests_pass_while_answers_wait_for_the_heal(wire: Wire) -> None:
    """One way is open."""
    client, upstream = wire.pair()
    wire.set(one_way(drop="answers"))
    assert b"question" == through(client, upstream, b"question")
    upstream.sendall(b"answer")
    wire.wait_for_held(6)
    assert silent(client)
    wire.heal()
    assert b"answer" == read(client, 6)


def test_answers_pass_while_requests_wait_for_the_heal(wire: Wire) -> None:
    """The other way is open."""
    client, upstream = wire.pair()
    wire.set(one_way(drop="requests"))
    client.sendall(b"question")
    wire.wait_for_held(8)
    assert b"answer" == through(upstream, client, b"answer")
    assert silent(upstream)
    wire.heal()
    assert b"question" == read(upstream, 8)


def test_an_answer_can_really_be_lost(wire: Wire) -> None:
    """The request has arrived; the heal closes the connection, and new ones work."""
    client, upstream = wire.pair()
    wire.set(one_way(drop="answers", lose=True))
    assert b"question" == through(client, upstream, b"question")
    upstream.sendall(b"answer")
    wire.wait_for_held(6)
    wire.heal()
    assert b"" == client.recv(1)
    assert b"" == upstream.recv(1)
    wire.pair()
    assert 1 == wire.stats.faults


def test_a_new_connection_loses_its_answer_as_well(wire: Wire) -> None:
    """It can be made, for its requests pass."""
    wire.set(one_way(drop="answers", lose=True))
    client, upstream = wire.pair()
    upstream.sendall(b"answer")
    wire.wait_for_held(6)
    wire.heal()
    assert b"" == client.recv(1)


def test_a_connection_that_loses_nothing_lives_on(wire: Wire) -> None:
    """Nothing was kept of it."""
    client, upstream = wire.pair()
    wire.set(one_way(drop="answers", lose=True))
    assert b"question" == through(client, upstream, b"question")
    wire.heal()
    assert b"answer" == through(upstream, client, b"answer")
    assert 0 == wire.stats.faults


# Late, slow, in pieces, now and then


def test_a_delay_makes_both_directions_late(wire: Wire) -> None:
    """On a connection that was there before."""
    client, upstream = wire.pair()
    wire.set(delay(requests_ms=100, answers_ms=200))
    start = time.monotonic()
    through(client, upstream, b"question")
    middle = time.monotonic()
    through(upstream, client, b"answer")
    assert 0.1 <= middle - start
    assert 0.2 <= time.monotonic() - middle
    wire.heal()
    assert b"again" == through(client, upstream, b"again")


def test_a_delay_is_latency_and_keeps_the_order_whatever_the_jitter(wire: Wire) -> None:
    """A hundred messages, each late by about 0.2 s, are not 20 s late."""
    wire.set(delay(requests_ms=200, jitter_ms=150))
    client, upstream = wire.client(), wire.upstream()
    start = time.monotonic()
    sent = b""
    for number in range(100):
        client.sendall(f"{number};".encode())
        sent += f"{number};".encode()
    assert sent == read(upstream, len(sent))
    assert PATIENCE > time.monotonic() - start


def test_what_a_delay_keeps_goes_on_at_the_heal(wire: Wire) -> None:
    """It does not wait for its time."""
    client, upstream = wire.pair()
    wire.set(delay(requests_ms=60_000))
    client.sendall(b"late")
    wire.wait_for_held(4)
    wire.heal()
    assert b"late" == read(upstream, 4)


@pytest.mark.parametrize("known", [True, False], ids=["existing", "new"])
def test_a_throttle_lets_so_many_bytes_through_in_a_second(wire: Wire, known: bool) -> None:
    """Here 25 kB at 50 kB/s."""
    mode = throttle(requests=50_000)
    ends = wire.pair() if known else None
    wire.set(mode)
    client, upstream = ends or (wire.client(), wire.upstream())
    start = time.monotonic()
    assert bytes(25_000) == through(client, upstream, bytes(25_000))
    assert 0.4 <= time.monotonic() - start <= PATIENCE
    assert bytes(100_000) == through(upstream, client, bytes(100_000))


def test_what_a_throttle_keeps_goes_on_at_the_heal(wire: Wire) -> None:
    """At 100 bytes in a second it would take a quarter of an hour."""
    client, upstream = wire.pair()
    wire.set(throttle(requests=100))
    client.sendall(bytes(100_000))
    wire.wait_for_held(50_000)
    wire.heal()
    assert bytes(100_000) == read(upstream, 100_000)


def test_slices_are_complete_and_in_order(wire: Wire) -> None:
    """They arrive in more than one piece."""
    client, upstream = wire.pair()
    wire.set(sliced(3))
    sent = bytes(range(250)) * 8
    client.sendall(sent)
    pieces = [upstream.recv(65536)]
    while len(b"".join(pieces)) < len(sent):
        pieces.append(upstream.recv(65536))
    assert sent == b"".join(pieces)
    assert 1 < len(pieces)


def test_a_flapping_link_closes_and_returns_again_and_again(wire: Wire) -> None:
    """Until it is healed."""
    wire.set(flapping(up=0.2, down=0.2))
    for _ in range(2):
        wait_until(lambda: not refused(wire.port), PATIENCE, "the link is up", poll=0.01)
        wait_until(lambda: refused(wire.port), PATIENCE, "the link is down", poll=0.01)
    wire.heal()
    wire.forget_waiting()
    wire.pair()


def test_a_flapping_link_closes_the_connections_there_are(wire: Wire) -> None:
    """By FIN, as a cut does; it counts as one."""
    client, _ = wire.pair()
    wire.set(flapping(up=0.1, down=60))
    assert b"" == client.recv(1)
    wire.heal()
    wire.pair()
    assert 1 == wire.stats.faults


def test_a_link_that_is_healed_flaps_no_more(wire: Wire) -> None:
    """A connection lives through the time of several flaps."""
    wire.set(flapping(up=0.05, down=0.05))
    wait_until(lambda: refused(wire.port), PATIENCE, "the link is down", poll=0.01)
    wire.heal()
    wire.forget_waiting()
    client, upstream = wire.pair()
    deadline = time.monotonic() + 0.3
    while time.monotonic() < deadline:
        assert b"alive" == through(client, upstream, b"alive")


# The line of one direction, without a network


def times(seed: int) -> list[float]:
    """When each of many chunks is due, read at the same moment."""
    line = Line(Random(seed))
    line.change(Flow(delay=1.0, jitter=0.5))
    due = []
    for _ in range(20):
        line.put(b"x", 10.0)
        due.append(line.due())
        line.take(line.due())
    return due


def test_the_same_seed_gives_the_same_jitter() -> None:
    """And another seed another."""
    assert times(1) == times(1)
    assert times(1) != times(2)


def test_jitter_stays_within_its_bounds_and_in_order() -> None:
    """Half a second more or less than one."""
    due = times(3)
    assert sorted(due) == due
    assert 10.5 <= due[0]
    assert due[-1] <= 11.5


def test_a_slice_has_at_least_one_byte_and_at_most_the_largest() -> None:
    """By chance."""
    line = Line(Random(4))
    line.change(Flow(largest=3))
    line.put(bytes(100), 0.0)
    sizes = []
    while line:
        sizes.append(len(line.take(0.0)))
    assert {1, 2, 3} == set(sizes)
    assert 100 == sum(sizes)


# The process


def test_the_process_answers_what_it_does_not_understand_and_ends_with_its_input() -> None:
    """One line each."""
    lines = ["rubbish", "[]", '{"stats": "nothing"}', '{"set": "nothing", "mode": {}}']
    command = [sys.executable, "-m", "drills.proxy"]
    done = subprocess.run(
        command, cwd=ROOT, input="\n".join(lines), capture_output=True, text=True, timeout=10, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [["error"]] * len(lines) == [list(answer) for answer in answers]
    assert "" == done.stderr
