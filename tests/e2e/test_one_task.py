"""One task on its way from nginx to MongoDB."""

import json
from datetime import datetime, timedelta
from functools import partial

from core.topology import topology
from tests.support.accounting import Tasks
from tests.support.api import Api, http_client, unique
from tests.support.broker import Broker
from tests.support.stack import Stack
from tests.support.waiting import wait_until

HOPS = ("nginx", "accepted", "received", "stored")


def test_each_api_reaches_each_worker(apis: dict[str, Api]) -> None:
    """Tasks of both APIs are stored by both workers; nobody has a favourite."""
    seen: set[tuple[str, str]] = set()

    def all_four() -> bool:
        # Several before the first is read: the broker deals in turn, and two at a time would go the same way for ever.
        for api, task_id in [(api, api.send()) for api in apis.values() for _ in range(5)]:
            document = api.stored(task_id)
            seen.add((document["source"], document["worker"]))
        return len(seen) == 4

    wait_until(all_four, 20, "each API's tasks are stored by each worker")
    assert {(api, worker) for api in ("flask", "async") for worker in ("pyworker", "asyncworker")} == seen


def test_the_passport_is_complete_and_in_order(api: Api, collection: Tasks) -> None:
    """In the database itself: real dates, in the order of the hops, within the time the test took."""
    began = datetime.now().astimezone() - timedelta(milliseconds=1)
    task_id = api.send(unique(), headers={"X-Request-ID": unique("request")})
    api.stored(task_id)
    ended = datetime.now().astimezone()

    document = collection.find_one({"_id": task_id})

    assert document is not None
    times = [document["passport"]["times"][hop] for hop in HOPS]
    assert [began, *times, ended] == sorted([began, *times, ended])
    assert document["passport"]["request_id"].startswith("request-")
    assert document["passport"]["producer"]["host"]
    assert document["worker"] == document["passport"]["worker"]["name"]


def test_a_task_sent_past_nginx_has_no_time_of_nginx(stack: Stack, api: Api, collection: Tasks) -> None:
    """The passport tells only what happened. In containers the API's own port is not reached, so nginx is there."""
    with http_client(api.direct) as http:
        task_id = http.post("/tasks", json={"title": unique()}).json()["id"]

    document = api.stored(task_id)

    assert stack.native == (document["passport"]["times"]["nginx"] is None)


def test_queued_messages_are_persistent_and_named_by_their_tasks(
    stack: Stack, apis: dict[str, Api], broker: Broker
) -> None:
    """With both workers away they wait, with everything a stranger needs to understand them; then they are stored."""
    request_id = unique("request")
    stack.lab_at_once("stop", ["pyworker", "asyncworker"])
    try:
        ids = {api.send(headers={"X-Request-ID": request_id}): api for api in apis.values()}
        letters = {letter.message_id: letter for letter in broker.look() if letter.message_id in ids}
        assert {404} == {api.get(f"/tasks/{task_id}").status_code for task_id, api in ids.items()}
    finally:
        stack.lab_at_once("start", ["pyworker", "asyncworker"])

    assert ids.keys() == letters.keys()
    for task_id, letter in letters.items():
        assert (2, "application/json", request_id) == (letter.delivery_mode, letter.content_type, letter.correlation_id)
        assert 1 == letter.headers["attempt"]
        assert task_id == ids[task_id].stored(task_id, within=20)["id"]


def test_every_queue_of_the_lab_is_there(broker: Broker) -> None:
    """Work, dead letters and retries, with the topology's arguments: declaring them again changes nothing."""
    with broker.channel() as channel:
        for queue in topology(broker.queue).queues:
            channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))


def test_one_task_can_be_followed_with_grep_through_the_logs(stack: Stack, api: Api) -> None:
    """JSON lines: the API says that it took the task, the worker that it stored it, both with the request's id."""
    request_id = unique("request")
    task_id = api.send(headers={"X-Request-ID": request_id})
    worker = api.stored(task_id)["worker"]

    for service in (api.service, worker):
        lines = wait_until(partial(stack.grep, service, task_id), 5, f"the log of {service} tells of the task")
        assert all(request_id in line for line in lines)
        assert {service.replace("asyncapp", "async")} == {json.loads(line)["service"] for line in lines}
    assert stack.grep("nginx", request_id)
