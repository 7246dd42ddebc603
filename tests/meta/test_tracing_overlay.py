"""deploy/tracing/compose.yml fits what it is laid over, and brings what it says."""

import re
from typing import Any

import yaml

from tests.meta.house import ROOT

SENDERS = {"flask", "pyworker", "asyncapp", "asyncworker"}
PINNED = re.compile(r"\$\{JAEGER_IMAGE:-jaegertracing/jaeger:\d+\.\d+\.\d+\}")


def services(name: str) -> dict[str, Any]:
    """Those of a Compose file."""
    return dict(yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))["services"])


def test_all_four_services_send_their_traces_to_the_collector_that_it_brings() -> None:
    """By its name in the lab's own network, at the port for OTLP over HTTP."""
    laid_over, lab = services("deploy/tracing/compose.yml"), services("docker-compose.yml")
    assert SENDERS | {"jaeger"} == set(laid_over)
    assert lab.keys() >= SENDERS
    told = {name: laid_over[name]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"] for name in SENDERS}
    assert dict.fromkeys(SENDERS, "http://jaeger:4318") == told


def test_the_collector_is_pinned_and_reached_from_this_computer_only() -> None:
    """As everything else in the lab."""
    jaeger = services("deploy/tracing/compose.yml")["jaeger"]
    assert PINNED.fullmatch(jaeger["image"])
    assert ["${LAB_BIND:-127.0.0.1}:${JAEGER_PORT:-16686}:16686"] == jaeger["ports"]
    assert jaeger["read_only"]
    assert ["ALL"] == jaeger["cap_drop"]
