"""The same task more than once: at-least-once on every hop, stored once in the end."""

import json
from concurrent.futures import ThreadPoolExecutor

from core.ids import id_of_key
from drills.catalogue.poison import offer, valid
from drills.drill import drill
from drills.history import Outcome, Request
from drills.load import Client, unique
from drills.scene import Scene
from drills.sides import SIDES, Side

GROUP = "duplicates"
TASKS = 300
KEYS = 20
CLIENTS = 10


@drill("duplicates", GROUP, ci=True)
def duplicates(scene: Scene) -> None:
    """The same message is delivered two to five times, to both workers at once.

    Teaches: Nobody can promise "exactly once" on the way; storing under the message's own id makes it once in the
    end.

    The client sees: Nothing.

    Holds: Each task is stored once, as offered; none is a dead letter.

    Injected: three hundred messages, each published two to five times, to the queues of both workers at the same
    time.
    """
    with scene.fault("the same messages again and again"):
        for side in scene.sides:
            for _ in range(TASKS // 10):
                documents = [valid(scene, side, unique()) for _ in range(10)]
                copies = [json.dumps(one).encode() for one in documents for _ in range(scene.random.randint(2, 5))]
                scene.random.shuffle(copies)
                with ThreadPoolExecutor(len(SIDES)) as pool:
                    messages = [(body, json.loads(body)["id"]) for body in copies]
                    sent = [
                        pool.submit(scene.stage.broker.publish, one.topology, messages) for one in scene.stage.sides
                    ]
                for one in sent:
                    one.result()
                for document in documents:
                    offer(scene, side, document)


@drill("conflicts", GROUP, ci=True)
def conflicts(scene: Scene) -> None:
    """The same id comes again with another body.

    Teaches: The first wins. The other one must not be swallowed as a duplicate: it is somebody's task, and nobody
    would ever know.

    The client sees: Nothing.

    Holds: The first is stored as offered; each of the others is a dead letter whose reason is the conflict.

    Injected: messages whose ids are stored already, with other titles, published straight to the queues.
    """
    with scene.fault("other bodies under the same ids"):
        for side in scene.sides:
            stored = scene.requests(side, Outcome.OK)[: TASKS // 10]
            scene.wait_until_stored([request.id for request in stored])
            others = [{**valid(scene, side, unique("other")), "id": request.id} for request in stored]
            scene.stage.broker.publish(side.topology, [(json.dumps(one).encode(), str(one["id"])) for one in others])
            scene.send_poison(side, (str(one["title"]) for one in others))


@drill("idempotency-key", GROUP, ci=True)
def same_key(scene: Scene) -> None:
    """Ten clients send the same task with the same Idempotency-Key at once.

    Teaches: How a client may repeat a request after any doubt.

    The client sees: 202 with the same id, ten times.

    Holds: Each task is stored once.

    Injected: twenty tasks, each sent by ten clients at the same time, over HTTP.
    """
    with scene.fault("ten clients, one key"):
        for side in scene.sides:
            for _ in range(KEYS):
                title, key = unique(), unique("key")
                with ThreadPoolExecutor(CLIENTS) as pool:
                    sent = [pool.submit(_send, scene, side, title, key) for _ in range(CLIENTS)]
                found = [one.result() for one in sent]
                ids = {one.id for one in found}
                scene.demand(ids == {id_of_key(key)}, f"one key, {len(ids)} ids", side)
                scene.demand(all(one.outcome is Outcome.OK for one in found), "a repeated request was refused", side)


def _send(scene: Scene, side: Side, title: str, key: str) -> Request:
    client = Client(scene.stage.http, side.name, scene.history)
    try:
        return client.send(title, {"Idempotency-Key": key}, id_of_key(key))
    finally:
        client.close()
