"""Each alert is seen to fire in a real lab with the real fault, and to go when that is mended.

The clock runs faster (tests/monitoring/clock.py); the rules are the shipped ones.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import yaml

from cli import watching
from cli.config import ROOT
from drills.links import CUT, delay
from drills.proxy import Mode
from tests.monitoring.clock import faster
from tests.monitoring.stage import APIS, Watched
from tests.support.broker import Broker
from tests.support.waiting import wait_until

FIRES_WITHIN = 60.0
GOES_WITHIN = 90.0
RULES = yaml.safe_load(Path(ROOT, watching.FOLDER, watching.RULES).read_text(encoding="utf-8"))
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule}

Fault = Callable[[Watched], AbstractContextManager[None]]


@contextmanager
def stopped(lab: Watched, *services: str) -> Iterator[None]:
    """Services that do not run while the block lasts."""
    for service in services:
        lab.stack.stop(service)
    try:
        yield
    finally:
        for service in services:
            lab.stack.start(service)
        lab.wait_until_ready()


def no_worker(lab: Watched) -> AbstractContextManager[None]:
    """Nobody consumes."""
    return stopped(lab, "pyworker", "asyncworker")


def no_database(lab: Watched) -> AbstractContextManager[None]:
    """Workers consume, and can store nothing."""
    return stopped(lab, "mongo")


def no_api(lab: Watched) -> AbstractContextManager[None]:
    """One API is gone."""
    return stopped(lab, "flask")


@contextmanager
def poison(lab: Watched) -> Iterator[None]:
    """Messages that are no tasks come into the queue past the APIs; they are purged afterwards."""
    addresses = lab.seen.addresses
    Broker(addresses["rabbitmq"], addresses["queue"]).publish_all([(b"Water the plants", None)] * 3)
    try:
        yield
    finally:
        lab.seen.lab("dead", "purge", "--all", "--yes")


@contextmanager
def linked(lab: Watched, mode: Mode) -> Iterator[None]:
    """The way between the APIs and the broker is as the mode says."""
    assert lab.links
    for api in APIS:
        lab.links.set(api, mode)
    try:
        yield
    finally:
        lab.links.heal()
        lab.wait_until_ready()


def late(lab: Watched) -> AbstractContextManager[None]:
    """Everything arrives at the broker, and every confirm is late."""
    return linked(lab, delay(0, 800))


def cut(lab: Watched) -> AbstractContextManager[None]:
    """The broker cannot be reached from the APIs."""
    return linked(lab, CUT)


FAULTS: dict[str, Fault] = {
    "NoConsumer": no_worker,
    "OldestTaskWaits": no_database,
    "DeadLettersGrow": poison,
    "ConfirmsSlow": late,
    "ErrorRate": cut,
    "TargetDown": no_api,
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_comes_with_its_fault_and_goes_with_it(name: str, lab: Watched, load: None) -> None:
    """What it says then is whole: every place in its words is filled."""
    firing = lab.prometheus.firing
    wait_until(lambda: not firing(name), GOES_WITHIN, f"{name} does not fire before")
    with FAULTS[name](lab):
        alert = wait_until(lambda: firing(name), FIRES_WITHIN, f"{name} fires")[0]
    assert ALERTS[name]["labels"]["severity"] == alert["labels"]["severity"]
    assert [] == [text for text in alert["annotations"].values() if "{{" in text or "<" in text or "error" in text[:8]]
    wait_until(lambda: not firing(name), GOES_WITHIN, f"{name} fires no more")


def test_the_clock_changes_durations_and_nothing_else() -> None:
    """So that what is seen to fire is what is shipped."""
    copy = faster(RULES)
    pairs = [
        (shipped, quick)
        for shipped_group, quick_group in zip(RULES["groups"], copy["groups"], strict=True)
        for shipped, quick in zip(shipped_group["rules"], quick_group["rules"], strict=True)
    ]
    changed = {"for", "expr"}
    assert [] == [
        one for one, other in pairs if {**one, **dict.fromkeys(changed)} != {**other, **dict.fromkeys(changed)}
    ]
    assert "sum(tasklab:work_queue_messages offset 6000ms)" in copy["groups"][0]["rules"][4]["expr"]
    assert ("20s", "4000ms") == (ALERTS["NoConsumer"]["for"], copy["groups"][0]["rules"][3]["for"])
