"""The watched lab that these tests have for themselves: they break it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from cli import private, probe, status, waiting, watching
from cli.compose import ComposeStack
from cli.config import Lab
from cli.native import NativeStack
from cli.ports import LOOPBACK
from cli.programs import Program
from drills.links import Links
from drills.plan import ARGUMENTS, QUICK
from drills.waiting import wait_until
from tests.monitoring.clock import on_a_faster_clock
from tests.monitoring.prometheus import Prometheus
from tests.support.stack import Stack

OVERLAY = "tests/monitoring/compose.yml"
APIS = ("flask", "asyncapp")
READY_WITHIN = 90.0


@dataclass
class Watched:
    """A lab that Prometheus looks at."""

    lab: Lab
    stack: NativeStack | ComposeStack
    links: Links | None = None
    """Between each API and the broker, by the API's name, once it has been prepared."""
    prometheus: Prometheus = field(init=False)

    def __post_init__(self) -> None:
        self.prometheus = Prometheus(self.stack.addresses()["prometheus"])

    @property
    def seen(self) -> Stack:
        """The same lab as the tests of other suites see theirs."""
        return Stack(status.as_json(self.lab, self.stack))

    @property
    def http(self) -> str:
        """nginx's address."""
        return probe.local(self.lab)

    def wait_until_ready(self) -> None:
        """Every part says that it is ready."""
        wait_until(self._is_ready, READY_WITHIN, "everything is ready")

    def _is_ready(self) -> bool:
        self.stack.tend()
        return not waiting.check(probe.targets(self.lab, self.stack))

    def prepare(self, links: Links) -> None:
        """From now on its clock is faster, and the APIs reach the broker through links."""
        assert isinstance(self.stack, NativeStack)
        port = self.lab.port("RABBIT_PORT")
        routes = {api: links.open(api, LOOPBACK, port) for api in APIS}

        def alter(program: Program) -> Program:
            environment = {**program.environment}
            if program.service in routes:
                environment["RABBIT_PORT"] = str(routes[program.service])
            if program.service == "rabbitmq":
                # Its figures are as old as its tick is long; that belongs to the clock.
                environment[ARGUMENTS] = f"{environment.get(ARGUMENTS, '')} {QUICK}"
            return on_a_faster_clock(replace(program, environment=environment))

        self.stack.alter, self.links = alter, links
        self.stack.up()
        self.wait_until_ready()


@contextmanager
def watched(docker: bool) -> Iterator[Watched]:
    """A private lab with Prometheus while the block lasts."""
    lab = private.lab("watch")
    watching.wish(lab, True)
    stack = private.way(lab, docker)
    if isinstance(stack, ComposeStack):
        stack.overlays = (OVERLAY,)
    with private.running(lab, stack):
        yield Watched(lab, stack)
