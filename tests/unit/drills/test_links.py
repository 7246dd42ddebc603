"""The client of the proxy: what it promises to those who break links, and what it says when it cannot."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from drills import links as module
from drills.links import BLACK_HOLE, CUT, ROOT, LinkError, Links, ProxyEnded
from tests.support.waiting import wait_until

HOST = "127.0.0.1"
PATIENCE = 5.0
DISCARD = 9
"""A port of an upstream that nobody asks."""


@pytest.fixture
def links() -> Iterator[Links]:
    """A proxy of the test's own."""
    with Links() as links:
        yield links


def refused(port: int) -> bool:
    """Whether nobody listens."""
    try:
        socket.create_connection((HOST, port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        return False
    return False


def test_a_link_takes_the_port_it_is_given(links: Links) -> None:
    """Or a free one."""
    with socket.socket() as kept_free:  # Bound so that nobody else takes it, not listening so that the proxy can.
        kept_free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept_free.bind((HOST, 0))
        wanted = kept_free.getsockname()[1]
        assert wanted == links.open("given", HOST, DISCARD, listen_port=wanted)
    assert wanted != links.open("free", HOST, DISCARD)


def test_a_port_that_is_taken_is_said_with_the_link(links: Links) -> None:
    """And the link is not there afterwards, so that it can be opened elsewhere."""
    with socket.create_server((HOST, 0)) as taken:
        with pytest.raises(LinkError, match=r"link 'database': .*in use"):
            links.open("database", HOST, DISCARD, listen_port=taken.getsockname()[1])
        assert links.open("database", HOST, DISCARD)


def test_a_name_is_taken_once(links: Links) -> None:
    """The second link of that name is not made."""
    links.open("broker", HOST, DISCARD)
    with pytest.raises(LinkError, match="link 'broker': the name is taken"):
        links.open("broker", HOST, DISCARD)


def test_a_link_that_is_not_there_is_named_with_those_that_are(links: Links) -> None:
    """So that a slip of the pen is seen."""
    links.open("broker", HOST, DISCARD)
    with pytest.raises(LinkError, match="link 'borker': there is no 'borker', only broker"):
        links.set("borker", CUT)


def test_healing_without_a_name_heals_all(links: Links) -> None:
    """And with one only that."""
    ports = {name: links.open(name, HOST, DISCARD) for name in ("one", "two", "three")}
    for name in ports:
        links.set(name, CUT)
    links.heal("one")
    assert [False, True, True] == [refused(port) for port in ports.values()]
    links.heal()
    assert [False, False, False] == [refused(port) for port in ports.values()]


def test_many_threads_may_speak_at_once(links: Links) -> None:
    """Each gets its own answer."""

    def work(number: int) -> bool:
        port = links.open(f"link {number}", HOST, DISCARD)
        links.set(f"link {number}", BLACK_HOLE)
        clients = [socket.create_connection((HOST, port), timeout=PATIENCE) for _ in range(number)]
        wait_until(lambda: links.stats(f"link {number}").accepted == number, PATIENCE, f"{number} connections")
        for client in clients:
            client.close()
        return True

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(1, 9)))


def test_links_are_used_in_a_with_block() -> None:
    """Before it there is no process."""
    with pytest.raises(ProxyEnded, match="link 'early': the proxy is not running: use the links in a with block"):
        Links().open("early", HOST, DISCARD)


def test_closing_ends_everything_and_may_be_done_twice() -> None:
    """No process and no thread is left; later calls say why they fail."""
    with Links() as links:
        port, pid = links.open("short", HOST, DISCARD), links.pid
        links.close()
        assert refused(port)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert "links" not in [thread.name for thread in threading.enumerate()]
        with pytest.raises(ProxyEnded, match=r"link 'short': the links were closed \(exit status 0\)"):
            links.stats("short")


def test_a_proxy_that_was_killed_is_said_by_the_next_call(links: Links) -> None:
    """And by every later one."""
    links.open("broker", HOST, DISCARD)
    os.kill(links.pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(ProxyEnded, match=r"link 'broker': the proxy has ended \(exit status -9\)"):
            links.heal()


def test_a_proxy_that_does_not_answer_is_ended(links: Links, monkeypatch: pytest.MonkeyPatch) -> None:
    """No call waits for ever."""
    links.open("broker", HOST, DISCARD)
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    os.kill(links.pid, signal.SIGSTOP)
    with pytest.raises(ProxyEnded, match=r"link 'broker': the proxy did not answer .* within 0.2 s and was killed"):
        links.stats("broker")
    assert 0 == links.pid


def test_the_proxy_ends_when_its_parent_is_killed() -> None:
    """Its input ends then."""
    lines = [
        "from drills.links import Links",
        "with Links() as links:",
        f"    print(links.open('orphan', '{HOST}', {DISCARD}), flush=True)",
        "    input()",
    ]
    command = [sys.executable, "-c", "\n".join(lines)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as parent:
        assert parent.stdout
        port = int(parent.stdout.readline())
        assert not refused(port)
        parent.kill()
    wait_until(lambda: refused(port), PATIENCE, "the proxy has ended")
