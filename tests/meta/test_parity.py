"""The twins show only what synchronous and asynchronous really differ in.

Both sides of a pair are reduced to one form: ``async`` and ``await`` dropped, the few names below mapped. What still
differs then stands in ``ALLOWED``, with its reason. An entry that nothing needs any more fails as well.
"""

import pytest

from tests.meta.house import ROOT
from tests.meta.twins import ASYNC, SYNC, Pair, Same, Tables, Used

TABLES = Tables(
    names=(
        Same("Flask", "Quart", "the framework"),
        Same("MongoClient", "AsyncIOMotorClient", "the driver's client"),
        Same("SimpleQueue", "asyncio.Queue", "a queue between threads, and one between coroutines"),
        Same(".put", ".put_nowait", "putting never waits here; asyncio.Queue.put would have to be awaited"),
        Same("time.sleep", "asyncio.sleep", "a thread that sleeps, and a coroutine"),
        Same("SelectConnection", "AsyncioConnection", "pika's connection on a loop of its own, and on the running one"),
        Same("self._loop", "asyncio.get_running_loop()", "the loop of the connection's thread, and the only one"),
        Same("settings.flask_port", "settings.async_port", "each has its own port"),
        Same("'flask'", "'async'", "what the API calls itself"),
        Same("'flask: '", "'async: '", "what the API calls itself, in a message"),
        Same("'pyworker'", "'asyncworker'", "what the worker calls itself"),
        Same("'tasklab-flask-'", "'tasklab-async-'", "each has its own folder"),
    ),
    wrappers={
        "Awaitable": (0, "the type of what is awaited"),
        "Coroutine": (2, "the type of what is handed to the event loop from another thread"),
        "asyncio.run()": (0, "main() starts the event loop"),
    },
    imports={
        "asyncio": "the event loop",
        "collections.abc.Awaitable": "a type, see above",
        "collections.abc.Coroutine": "a type, see above",
        "queue.SimpleQueue": "see above",
        "threading.Thread": "the connection and the signals have a thread of their own",
        "threading.Lock": "a request thread waits for its confirm on a lock",
        "collections.deque": "the outbox between request threads and the connection's thread",
        "pymongo.MongoClient": "see above",
        "motor.motor_asyncio.AsyncIOMotorClient": "see above",
        "pika.adapters.select_connection.IOLoop": "pika's own loop, on a thread",
        "pika.adapters.select_connection.SelectConnection": "pika's connection on its own loop",
        "pika.adapters.asyncio_connection.AsyncioConnection": "pika's connection on the running event loop",
    },
)

THREAD = "a thread owns the connection in the sync case, the running event loop in the async case"
CONFIRM = "a request thread waits on a lock and may give up before it is sent; a request awaits a future"
OUTBOX = "request threads hand over to the connection's thread through an outbox"
SIGNALS = "a thread waits for signals; the event loop calls a handler"
ACCESS = "gunicorn's own worker prepares a line for each request even if none is written"
HEADERS = "only werkzeug's own response goes over its headers again"
PROCESSOR = "threads that take turns do better on one processor; an event loop has one thread"
MONITOR = "the monitor's thread has to ask on the event loop"

ALLOWED: dict[str, dict[str, str]] = {
    "__init__.py": {"(text)": "says which of the two it is"},
    "api.py": {
        "Api.__init__": "a wait takes a thread in the sync case, so half of them stay free; else only a bounded number",
        "Api._find": "its docstring says what a wait takes, see __init__",
    },
    "app.py": {
        "build": "Quart has a time-out for bodies, Flask has none; a view may also be a coroutine function",
        "create_app": "the event loop runs only once the application serves",
        "(imports)": "what build needs",
    },
    "broker.py": {
        "Broker.__init__": THREAD,
        "Broker.start": THREAD,
        "(imports)": "what first_try needs",
        "Broker.first_try": "threading's Event tells that time ran out by its answer, asyncio's by an error",
        "Broker.call": THREAD,
        "Broker.close": THREAD,
        "Broker.reconnect": "its docstring names the place",
        "Broker._run": THREAD,
        "Broker._connect": THREAD,
        "Broker._on_closed": THREAD,
        "Broker._close": THREAD,
    },
    "consumer.py": {"Consumer.stop": "its docstring says where it may be called from"},
    "gunicorn.conf.py": {
        "threads": "only the sync API has request threads",
        "logger_class": ACCESS,
        "accesslog": ACCESS,
        "usable": PROCESSOR,
        "pre_fork": PROCESSOR,
        "post_fork": PROCESSOR,
        "(imports)": PROCESSOR,
    },
    "handler.py": {"TaskHandler._work": "this is the lesson: one task after the other, or their waits overlapping"},
    "monitor.py": {"serve": MONITOR, "_on_loop": MONITOR, "(imports)": MONITOR},
    "publisher.py": {
        "Pending.__init__": CONFIRM,
        "Pending.claim": CONFIRM,
        "Pending.resolve": CONFIRM,
        "Pending.wait": CONFIRM,
        "Publisher.__init__": OUTBOX,
        "Publisher._admit": OUTBOX,
        "Publisher.publish_all": "all are handed over before the first is waited for; a task each, awaited together",
        "Publisher._outcome": "see publish_all",
        "Publisher._send": OUTBOX,
        "Publisher._flush": OUTBOX,
        "Publisher._on_lost": OUTBOX,
    },
    "server.py": {"*": "gunicorn's worker with threads and uvicorn's worker have only their task in common"},
    "store.py": {"(text)": "says which driver it uses"},
    "web.py": {
        "asked": "Flask finds a header in one look-up, Quart goes over all of them for each",
        "send": "Flask's server writes the words of the status, Quart's takes a number",
        "Answer": HEADERS,
        "Answer.(text)": HEADERS,
        "Answer.get_wsgi_headers": HEADERS,
        "(imports)": HEADERS,
    },
    "worker.py": {"run": SIGNALS, "_stop_on_signal": SIGNALS},
}

# The share of lines, in percent, that may differ side by side. Good pairs elsewhere have 9 to 16.
CEILINGS = {
    "consumer.py": 16,
    "store.py": 18,
    "web.py": 21,
    "metrics.py": 0,
    "logs.py": 0,
    "broker.py": 18,
    "publisher.py": 22,
}

FILES = sorted(path.name for path in (ROOT / SYNC).glob("*.py"))


def found_in(name: str, used: Used) -> dict[str, str]:
    """The differences of a pair that are not allowed."""
    allowed = ALLOWED.get(name, {})
    differences = Pair(name).differences(TABLES, used)
    return {} if "*" in allowed else {where: diff for where, diff in differences.items() if where not in allowed}


def test_both_twins_have_the_same_files() -> None:
    """Side by side, name by name."""
    sides = [{path.name for path in (ROOT / room).iterdir() if path.is_file()} for room in (SYNC, ASYNC)]
    assert sides[0] == sides[1]


@pytest.mark.parametrize("name", FILES)
def test_a_pair_differs_only_where_it_is_allowed_to(name: str) -> None:
    """Everything else is an accident, or wants a reason in the table above."""
    found = found_in(name, Used())
    assert not found, "\n\n".join(f"{name}: {where}\n{diff}" for where, diff in found.items())


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_everything_that_is_allowed_to_differ_does(name: str) -> None:
    """An entry that nothing needs any more would hide the next accident."""
    differences = Pair(name).differences(TABLES, Used())
    assert differences
    assert [] == [where for where in ALLOWED[name] if where != "*" and where not in differences]


def test_every_name_that_may_differ_is_needed() -> None:
    """The tables hold nothing that has outlived its reason."""
    used = Used()
    for name in FILES:
        Pair(name).differences(TABLES, used)
    names = {same.asynchronous for same in TABLES.names} | set(TABLES.wrappers)
    assert (set(), set()) == (names - used.names, set(TABLES.imports) - used.imports)


@pytest.mark.parametrize("name", sorted(CEILINGS))
def test_the_share_of_lines_that_differ_stays_below_its_ceiling(name: str) -> None:
    """Students put the two files side by side."""
    share = Pair(name).share() * 100
    assert CEILINGS[name] >= share, f"{name}: {share:.1f} % of the lines differ"


def test_every_reason_is_one() -> None:
    """Not a place holder."""
    reasons = [
        *(reason for places in ALLOWED.values() for reason in places.values()),
        *(same.reason for same in TABLES.names),
        *(reason for _, reason in TABLES.wrappers.values()),
        *TABLES.imports.values(),
    ]
    assert [] == [reason for reason in reasons if len(reason) < 8]
