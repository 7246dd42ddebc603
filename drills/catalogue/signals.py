"""SIGTERM and its relatives under load: what was taken is finished."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from drills.drill import NATIVE, drill
from drills.history import Outcome
from drills.processes import is_gone
from drills.scene import Scene
from drills.sides import Side
from drills.waiting import wait_until

GROUP = "SIGTERM"
BACK_WITHIN = 30.0
ENDS_WITHIN = 10.0
ACCEPTED_THEN_FAILED = "requests accepted and then failed on SIGTERM"


def terminate(scene: Scene, service: str) -> tuple[float, int]:
    """SIGTERM to a service's first process: seconds until it ended, and its exit status."""
    log = Path(scene.stage.lab.state, "log", "supervisord.log")
    before = log.stat().st_size
    pid = scene.stage.pids(service)[0]
    started = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: is_gone(pid), 2 * ENDS_WITHIN, f"{service} ends", poll=0.01)
    seconds = time.monotonic() - started
    told = f"exited: {service} (exit status "
    words = wait_until(lambda: log.read_text()[before:].partition(told)[2], BACK_WITHIN, f"how {service} ended is told")
    return seconds, int(words.partition(";")[0].partition(")")[0])


def end_well(scene: Scene, side: Side, service: str) -> None:
    """The service ends with 0, in time, and comes back."""
    seconds, status = terminate(scene, service)
    scene.figure(side, "SIGTERM → ended, s", seconds, ENDS_WITHIN)
    scene.demand(status == 0, f"{service} ended with {status}", side)


@drill("term-api", GROUP, ways=NATIVE, ci=True)
def term_api(scene: Scene) -> None:
    """Each API is asked to stop.

    Teaches: Draining: the port is closed first, running requests are finished, then the process ends. What the
    router had not handed over is answered with a definite no.

    The client sees: 202, or a definite refusal; never a request that was taken and not answered.

    Holds: No accepted request fails; exit 0 within 10 s; every accepted task is stored once.

    Injected: SIGTERM to gunicorn's master while requests are running. Whoever watches it starts it again.
    """
    _ask_to_stop(scene, {side: side.api for side in scene.sides})


@drill("term-worker", GROUP, ways=NATIVE, ci=True)
def term_worker(scene: Scene) -> None:
    """Each worker is asked to stop.

    Teaches: A worker takes nothing more, finishes the batch in its hands, and gives the rest back.

    The client sees: Nothing.

    Holds: Exit 0 within 10 s; every accepted task is stored once, on its first attempt.

    Injected: SIGTERM to pyworker and asyncworker while tasks are stored. Whoever watches them starts them again.
    """
    _ask_to_stop(scene, {side: side.worker for side in scene.sides})


def _ask_to_stop(scene: Scene, services: Mapping[Side, str]) -> None:
    """Each service in turn, while requests are running."""
    with scene.fault(f"{' and '.join(services.values())} asked to stop"):
        for side, service in services.items():
            end_well(scene, side, service)
        scene.stage.wait_until_ready(BACK_WITHIN)
    for side in services:
        scene.all_answered(side, ACCEPTED_THEN_FAILED)


@drill("reload-api", GROUP, ways=NATIVE, ci=True)
def reload_api(scene: Scene) -> None:
    """Each API and nginx are asked to reload.

    Teaches: SIGHUP: new processes are there before the old ones end, so that a new version costs no request.

    The client sees: Nothing: every request is answered 202.

    Holds: No request fails; every accepted task is stored once.

    Injected: SIGHUP to gunicorn's masters and to nginx's, while requests are running.
    """
    with scene.fault("APIs and nginx reload"):
        for service in [*(side.api for side in scene.sides), "nginx"]:
            old = scene.stage.pids(service, "worker")
            os.kill(scene.stage.pids(service, "master")[0], signal.SIGHUP)
            scene.wait_until_processes(service, len(old), other_than=old)
    for side in scene.sides:
        scene.none(side, [Outcome.UNKNOWN, Outcome.REFUSED], "requests failed on reload", but=scene.never_read(side))


@drill("restart-rabbitmq", GROUP)
def restart_rabbitmq(scene: Scene) -> None:
    """RabbitMQ is stopped in good order and started again.

    Teaches: A broker that shuts down tells its clients so; they connect again by themselves.

    The client sees: 503 with Retry-After until the broker is back.

    Holds: Every accepted task is stored once.

    Injected: RabbitMQ is stopped as its operator would, and started.
    """
    with scene.fault("RabbitMQ restarts"):
        scene.stage.stack.stop("rabbitmq")
        scene.stage.stack.start("rabbitmq")
        scene.stage.wait_until_ready(60)


@drill("restart-nginx", GROUP, ci=True)
def restart_nginx(scene: Scene) -> None:
    """nginx is stopped in good order and started again.

    Teaches: The router finishes what it has taken before it ends.

    The client sees: Refused connections until nginx is back; nothing that was taken stays without an answer.

    Holds: No request that was taken fails; every accepted task is stored once.

    Injected: SIGQUIT to nginx's master natively, a stop of the container on Compose; then a start.
    """
    with scene.fault("nginx restarts"):
        scene.stage.stack.stop("nginx")
        scene.stage.stack.start("nginx")
        scene.stage.wait_until_ready(BACK_WITHIN)
    for side in scene.sides:
        scene.none(side, [Outcome.UNKNOWN], ACCEPTED_THEN_FAILED, but=scene.never_read(side))
