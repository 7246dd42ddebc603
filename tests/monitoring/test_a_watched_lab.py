"""``./lab up --watch``: Prometheus is part of the lab, sees every part of it, and goes as it came."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.monitoring.stage import Watched
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)  # The first test brings up the lab.
JOBS = {"flask", "asyncapp", "pyworker", "asyncworker", "rabbitmq", "rabbitmq-queues", "nginx"}
SEEN_WITHIN = 40.0


def main_processes(lab: Watched) -> dict[str, int]:
    """The first process of each service."""
    return {service.label: service.processes[0].pid for service in lab.stack.services() if service.processes}


@pytest.fixture
def two_workers(plain: Watched) -> Iterator[None]:
    """One more pyworker while the test lasts."""
    plain.seen.lab("scale", "pyworker=2")
    yield
    plain.seen.lab("scale", "pyworker=1")


def test_prometheus_sees_every_part(plain: Watched) -> None:
    """Each process of ours, the broker twice, and nginx."""
    wait_until(lambda: not plain.prometheus.missing(JOBS), SEEN_WITHIN, "every target is up")
    assert set(plain.prometheus.targets()) == JOBS


def test_prometheus_has_our_rules(plain: Watched) -> None:
    """And none of them fails."""

    def evaluated() -> bool:
        groups = plain.prometheus.ask("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return bool(rules) and all(rule["health"] == "ok" for rule in rules)

    wait_until(evaluated, SEEN_WITHIN, "every rule has been evaluated")


def test_typed_again_it_changes_nothing(plain: Watched) -> None:
    """With --watch, and without: a lab that is watched stays so."""
    before = main_processes(plain)
    for words in (("up", "--watch"), ("up",)):
        said = plain.seen.lab(*words)
        assert "nothing was changed" in said
        assert f"{plain.prometheus.address}/" in said
    assert before == main_processes(plain)


def test_status_and_logs_know_what_watches(plain: Watched) -> None:
    """As any other service."""
    said = plain.seen.lab("status")
    assert all(name in said for name in ("exporter", "prometheus"))
    assert "ready" in plain.seen.lab("logs", "prometheus", "-n", "500")


def test_a_worker_more_is_one_more_target(plain: Watched, two_workers: None) -> None:
    """Prometheus is told, and is not started anew for it."""
    before = main_processes(plain)["prometheus"]
    wait_until(lambda: plain.prometheus.targets()["pyworker"] == ["up", "up"], SEEN_WITHIN, "both workers are seen")
    assert before == main_processes(plain)["prometheus"]


def test_what_watches_listens_on_this_computer_only(plain: Watched) -> None:
    """It asks nobody for a password."""
    services = [one for one in plain.stack.services() if one.name in {"exporter", "prometheus"}]
    heard = [
        each.laddr.ip
        for service in services
        for each in psutil.Process(service.processes[0].pid).net_connections("tcp")
        if each.status == psutil.CONN_LISTEN
    ]
    assert ["127.0.0.1"] * len(services) == heard


def test_nginx_tells_its_figures_to_no_browser(plain: Watched) -> None:
    """They are at an address of their own."""
    for path in ("/stub_status", "/nginx_status"):
        assert 404 == httpx.get(f"{plain.http}{path}", trust_env=False).status_code


def test_told_so_it_is_watched_no_more_and_then_again(plain: Watched) -> None:
    """The other parts go on meanwhile, and what was measured before is still there afterwards."""
    others = {name: pid for name, pid in main_processes(plain).items() if name not in {"exporter", "prometheus"}}
    plain.seen.lab("up", "--no-watch")
    assert others == main_processes(plain)
    with pytest.raises(httpx.ConnectError):
        plain.prometheus.targets()
    plain.seen.lab("up", "--watch")
    assert others.items() <= main_processes(plain).items()
    assert plain.prometheus.query("count_over_time(up[1h]) > 1")
    assert urlsplit(plain.prometheus.address).port == plain.lab.port("PROMETHEUS_PORT")
