"""What the processes tell of themselves is right: with several of them, after one was killed, and whatever is asked."""

import re
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from cli import packages
from drills.processes import kill
from tests.monitoring.stage import Watched
from tests.support.api import http_client
from tests.support.place import place
from tests.support.programs import api, serving
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)  # The first test brings up the lab.
PROCESSES = 3
POSTS = 90
CONNECTIONS = 12
WAITERS = 8
"""So many waits each process of the Flask API grants, whichever of them they come to."""
WITHIN = 30.0
GROWING = ("_total", "_count", "_sum", "_bucket")
IN_FLIGHT = "tasklab_http_requests_in_flight"
SERVICES = ("flask", "asyncapp", "pyworker", "asyncworker")
NEEDED = {
    "tasklab_http_requests_total": SERVICES[:2],
    "tasklab_http_request_duration_seconds_bucket": SERVICES[:2],
    IN_FLIGHT: SERVICES[:2],
    "tasklab_publishes_total": SERVICES,
    "tasklab_publish_confirm_seconds_bucket": SERVICES,
    "tasklab_store_duration_seconds_bucket": SERVICES,
    "tasklab_store_failures_total": SERVICES,
    "tasklab_deliveries_total": SERVICES[2:],
    "tasklab_redeliveries_total": SERVICES[2:],
    "tasklab_delivery_attempts_bucket": SERVICES[2:],
    "tasklab_batch_size_bucket": SERVICES[2:],
    "tasklab_time_in_queue_seconds_bucket": SERVICES[2:],
    "tasklab_settle_seconds_bucket": SERVICES[2:],
    "tasklab_dead_letters_total": SERVICES[2:],
    "tasklab_build_info": SERVICES,
}
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|[0-9a-f]{16}")

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Series:
    """Every series of an exposition, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@dataclass(frozen=True)
class Served:
    """An API of the test's own, with several processes."""

    url: str
    http: httpx.Client
    statuses: list[int] = field(default_factory=list)
    """Of all POSTs so far."""

    def series(self) -> Series:
        """What it tells now; whichever process answers tells of all."""
        return parsed(self.http.get("/metrics").text)

    def value(self, name: str, **labels: str) -> float:
        """The sum of the series of that name with these labels; 0 where there is none."""
        found = self.series().items()
        return sum(value for (its, ours), value in found if its == name and labels.items() <= dict(ours).items())

    def post(self, count: int) -> list[int]:
        """The statuses of that many new tasks, each sent on a connection of its own, many at once."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            found = list(pool.map(lambda _: _alone(f"{self.url}/tasks"), range(count)))
        self.statuses.extend(found)
        return found

    def wait_until_counted(self) -> None:
        """A process writes down what it has done a moment later; TooLate where not each POST is counted, and once."""
        asked = {"method": "POST", "route": "/tasks"}
        wait_until(
            lambda: self.value("tasklab_http_requests_total", **asked) == len(self.statuses), WITHIN, "each is counted"
        )


def _alone(url: str) -> int:
    return httpx.post(url, json={"title": "Count me"}, timeout=WITHIN, trust_env=False).status_code


@pytest.fixture(params=["app", "asyncapp"])
def served(request: pytest.FixtureRequest, plain: Watched, tmp_path: Path) -> Iterator[Served]:
    """Each of the two APIs, all of its processes connected to the broker."""
    package = str(request.param)
    with (
        place(plain.seen) as own,
        api(package, own.environ, tmp_path / "log", PROCESSES) as url,
        http_client(url) as http,
    ):
        wait_until(lambda: len(serving(url)) == PROCESSES, WITHIN, "its processes serve")
        made = Served(url, http)
        wait_until(lambda: set(made.post(CONNECTIONS)) == {202}, WITHIN, "every process accepts tasks")
        yield made


def test_the_figures_of_all_processes_are_added_up(served: Served) -> None:
    """Each request, publish and confirm is counted once, whichever process is asked; a moment later by all of them."""
    asked = (
        ("tasklab_http_requests_total", {"method": "POST", "route": "/tasks", "status": "202"}),
        ("tasklab_http_request_duration_seconds_count", {"method": "POST", "route": "/tasks"}),
        ("tasklab_publishes_total", {"outcome": "confirmed"}),
        ("tasklab_publish_confirm_seconds_count", {}),
    )
    served.wait_until_counted()
    before = [served.value(name, **labels) for name, labels in asked]
    assert [202] * POSTS == served.post(POSTS)
    served.wait_until_counted()
    for _ in range(PROCESSES * 2):
        after = [served.value(name, **labels) for name, labels in asked]
        assert [POSTS] * len(asked) == [one - other for one, other in zip(after, before, strict=True)]


def test_a_killed_process_takes_no_count_with_it_and_leaves_nothing_in_flight(served: Served) -> None:
    """What it has counted stays, for ever; what it was answering is being answered no more."""
    served.post(POSTS)
    served.wait_until_counted()
    with ThreadPoolExecutor(WAITERS) as pool:
        for _ in range(WAITERS):
            pool.submit(_wait_for_nothing, served.url)
        wait_until(lambda: served.value(IN_FLIGHT) == WAITERS + 1, WITHIN, "all of them wait")
        before = {one: value for one, value in served.series().items() if one[0].endswith(GROWING)}
        for process in serving(served.url):
            kill(process.pid)
    wait_until(lambda: len(serving(served.url)) == PROCESSES, WITHIN, "other processes serve")
    # The one that is asked is answering this very question.
    wait_until(lambda: _in_flight(served) == 1, WITHIN, "nothing else is in flight")
    after = served.series()
    assert {} == {one: (value, after.get(one)) for one, value in before.items() if after.get(one, -1.0) < value}
    wait_until(lambda: set(served.post(CONNECTIONS)) == {202}, WITHIN, "every process accepts tasks")
    served.wait_until_counted()


def _wait_for_nothing(url: str) -> None:
    """A long answer, which the process that prepares it does not live to give."""
    try:
        httpx.get(f"{url}/tasks/{uuid.uuid4()}", headers={"Prefer": "wait=25"}, timeout=WITHIN, trust_env=False)
    except httpx.TransportError:
        return


def _in_flight(served: Served) -> float:
    """While no process has come up yet there is no answer."""
    try:
        return served.value(IN_FLIGHT)
    except httpx.TransportError:
        return -1.0


def test_nobody_can_make_series_by_asking(served: Served) -> None:
    """Neither ids nor paths nor methods that people invent become labels."""

    def ask(number: int) -> None:
        served.http.get(f"/tasks/{uuid.uuid4()}")
        served.http.get(f"/no/such/{uuid.uuid4()}")
        served.http.request(f"BREW{number}", "/tasks")
        served.http.get(f"/docs/{uuid.uuid4()}.js")

    ask(0)
    served.series()
    before = set(served.series())
    for number in range(1, 20):
        ask(number)
    assert before == set(served.series())
    assert [] == [one for one in before if any(ID.search(value) for _, value in one[1])]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_tells_what_it_must_by_its_usual_name(service: str, plain: Watched) -> None:
    """Names, units and help as Prometheus' own tool wants them; a worker's figures come from workers only."""
    addresses = plain.seen.addresses
    url = {"flask": addresses["flask"], "asyncapp": addresses["async"]}.get(service) or addresses[service][0]
    plain.seen.lab("send", "20")
    text = httpx.get(f"{url}/metrics", trust_env=False).text
    names = {name for name, _ in parsed(text)}
    assert {name for name, whose in NEEDED.items() if service in whose} <= names | _not_yet(service)
    assert set() == {name for name, whose in NEEDED.items() if service not in whose} & names
    packages.ensure_program("prometheus")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stdout + done.stderr)


def _not_yet(service: str) -> set[str]:
    """An API looks into the database only when it is asked for a task."""
    return {"tasklab_store_duration_seconds_bucket"} if service in SERVICES[:2] else set()


def test_a_killed_worker_begins_again_and_its_rates_stay_right(plain: Watched) -> None:
    """Its own figures are gone with it. Prometheus knows that a counter which falls has begun anew."""
    prometheus = plain.prometheus
    done = 'tasklab_deliveries_total{job="pyworker",verdict="done"}'
    pid = plain.seen.pids("pyworker", "main")[0]
    plain.seen.lab("send", "400")
    wait_until(lambda: prometheus.query(f"{done} > 0"), WITHIN, "Prometheus knows what the worker has done")
    kill(pid)
    wait_until(lambda: prometheus.query(f"resets({done}[2m]) > 0"), WITHIN, "Prometheus sees that it began anew")
    plain.seen.lab("send", "200")
    wait_until(lambda: prometheus.query(f"increase({done}[2m]) > 0"), WITHIN, "what it does now is counted")
    assert not prometheus.query('rate(tasklab_deliveries_total{job="pyworker"}[2m]) < 0')
