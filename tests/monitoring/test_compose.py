"""``./lab up --watch`` with Docker: Prometheus in a container sees every container, also those that come later."""

import subprocess
from pathlib import Path

import httpx
import pytest
import yaml

from cli.compose import FILE, WATCH_FILE, ComposeStack
from cli.config import ROOT
from tests.monitoring.stage import Watched
from tests.monitoring.test_a_watched_lab import JOBS
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)  # The first test brings up the lab.
SEEN_WITHIN = 60.0


def config(*files: str) -> dict[str, object]:
    """What Compose makes of these files; AssertionError with its words where it cannot."""
    command = ["docker", "compose", *[word for file in files for word in ("-f", file)], "config"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return dict(yaml.safe_load(done.stdout))


def test_the_files_fit_together() -> None:
    """What is mounted is there, and nothing but nginx is reachable from outside this computer."""
    services = config(FILE, WATCH_FILE)["services"]
    assert isinstance(services, dict)
    assert {"exporter", "prometheus", "grafana"} <= set(services)
    for name in ("exporter", "prometheus", "grafana"):
        mounts = services[name].get("volumes", [])
        assert all(Path(one["source"]).exists() for one in mounts if one["type"] == "bind")
        assert all("127.0.0.1" == port["host_ip"] for port in services[name].get("ports", []))


def test_prometheus_sees_every_part(plain: Watched) -> None:
    """Through Docker's name server, the broker's plugin and nginx's exporter."""
    wait_until(lambda: not plain.prometheus.missing(JOBS), SEEN_WITHIN, "every target is up")
    wait_until(lambda: plain.prometheus.query("nginx_up == 1"), SEEN_WITHIN, "nginx tells its exporter")
    wait_until(lambda: plain.prometheus.query("tasklab:work_queue_consumers > 0"), SEEN_WITHIN, "the broker tells")


def test_a_container_more_is_one_more_target(plain: Watched) -> None:
    """And one fewer when it has gone."""

    def seen() -> list[str]:
        return plain.prometheus.targets()["pyworker"]

    plain.seen.lab("scale", "pyworker=2")
    wait_until(lambda: seen() == ["up", "up"], SEEN_WITHIN, "both are seen")
    plain.seen.lab("scale", "pyworker=1")
    wait_until(lambda: seen() == ["up"], SEEN_WITHIN, "only one is seen")


def test_a_container_that_is_gone_is_an_alert(plain: Watched) -> None:
    """Though it has no address any more at which nobody would answer."""
    plain.seen.lab("stop", "asyncworker")
    try:
        wait_until(lambda: plain.prometheus.firing("TargetDown"), SEEN_WITHIN, "TargetDown fires")
    finally:
        plain.seen.lab("start", "asyncworker")
    wait_until(lambda: not plain.prometheus.firing("TargetDown"), SEEN_WITHIN, "TargetDown fires no more")


def test_nginx_tells_its_figures_to_no_browser(plain: Watched) -> None:
    """They are at a port that is not published."""
    assert isinstance(plain.stack, ComposeStack)
    assert 404 == httpx.get(f"{plain.http}/stub_status", trust_env=False).status_code
    (nginx,) = [service for service in plain.stack.services() if service.name == "nginx"]
    assert ["8080"] == list(nginx.ports)
