"""Whether broker.py routes each event where it belongs, and can look at a message without taking it."""

from lessons.kit import hops
from lessons.kit.place import Place
from lessons.kit.program import Ended
from lessons.kit.steps import step
from lessons.kit.verdict import NotYet, expect
from lessons.kit.waiting import until

FILE = "broker.py"
ARRIVES_WITHIN = 5.0
URGENT = ("task.created.urgent", "task.failed.urgent")
OTHERS = ("task.created.normal", "mail.urgent", "task.urgent", "mail.sent.urgent", "task.created.urgent.not")


def _names(place: Place) -> tuple[str, str, str]:
    return f"{place.name}.events", f"{place.name}.all", f"{place.name}.urgent"


def _declared(place: Place) -> Ended:
    """Run twice: what is there already is no error."""
    place.clean()
    place.finish(FILE, "declare")
    return place.finish(FILE, "declare")


def _publish(place: Place, *keys: str) -> None:
    exchange, *_ = _names(place)
    with place.channel() as channel:
        channel.confirm_delivery()
        for key in keys:
            channel.basic_publish(exchange, key, f"{key} {place.word}".encode())


def _ready(place: Place, queue: str) -> int:
    found = place.look(queue)
    return found.ready if found else 0


def end(place: Place) -> None:
    """The exchange and its queues, with an event of each kind in them."""
    place.finish(FILE, "declare")
    _publish(place, *URGENT, *OTHERS)


@step("it declares an exchange and two queues, all durable, also the second time")
def declares(place: Place) -> None:
    """Seen through the management API."""
    done = _declared(place)
    exchange, every, urgent = _names(place)
    with place.management() as http:
        found = http.get(f"/exchanges/%2F/{exchange}")
        expect(found.is_success, f"an exchange {exchange}", f"there is none; the program said:\n{done.last}")
        for queue in (every, urgent):
            expect(
                http.get(f"/queues/%2F/{queue}").is_success,
                f"a queue {queue}",
                f"there is none; the program said:\n{done.last}",
            )
            expect(
                http.get(f"/queues/%2F/{queue}").json()["durable"],
                f"a durable queue {queue}",
                "it would be gone after a restart",
            )
        expect(found.json()["durable"], f"a durable exchange {exchange}", "it would be gone after a restart")
    expect(done.code == 0, "no error where everything is there already", done.last)


@step("every event reaches the queue of all")
def routes_all(place: Place) -> None:
    """Whatever its routing key is."""
    _declared(place)
    _, every, _ = _names(place)
    keys = (*URGENT, *OTHERS)
    _publish(place, *keys)
    arrived = until(lambda: _ready(place, every) == len(keys), ARRIVES_WITHIN)
    expect(arrived, f"{len(keys)} messages in {every}", f"{_ready(place, every)}", hops.queue(place, every))


@step("only what is urgent reaches the other queue")
def routes_urgent(place: Place) -> None:
    """Only of tasks, and with three words."""
    _declared(place)
    _, every, urgent = _names(place)
    for key in OTHERS:
        _publish(place, key)
        until(lambda: _ready(place, every), ARRIVES_WITHIN)
        if _ready(place, urgent):
            raise NotYet(
                f"only what is urgent in {urgent} (task.*.urgent)",
                f"an event {key} is there too",
                hops.queue(place, urgent),
            )
    _publish(place, *URGENT)
    arrived = until(lambda: _ready(place, urgent) == len(URGENT), ARRIVES_WITHIN)
    what = f"{len(URGENT)} messages in {urgent}"
    expect(arrived, what, f"{_ready(place, urgent)}", hops.queue(place, urgent))


@step("it looks at a message, and leaves it where it is")
def peeks(place: Place) -> None:
    """Who does not acknowledge has only borrowed it."""
    _declared(place)
    _, every, _ = _names(place)
    _publish(place, *URGENT)
    until(lambda: _ready(place, every) == len(URGENT), ARRIVES_WITHIN)
    done = place.finish(FILE, "peek", every)
    body = f"{URGENT[0]} {place.word}"
    expect(done.printed.strip() == body, f"the body of the oldest message: {body}", done.last, hops.queue(place, every))
    there = until(lambda: _ready(place, every) == len(URGENT), ARRIVES_WITHIN)
    expect(
        there, f"still {len(URGENT)} messages in {every}", "it is gone: taken, not looked at", hops.queue(place, every)
    )
