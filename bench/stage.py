"""The stack that is measured: a private lab as everybody runs it, but each twin with a queue of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from cli import private
from cli.errors import Broken
from cli.native import NativeStack
from cli.programs import Program
from drills.sides import SIDES, side_of
from drills.stage import Stage, around


@dataclass(frozen=True)
class Variant:
    """What is run in place of each program: the same, on its twin's queue, with some things changed."""

    queue: str = ""
    """One queue for both twins; empty: each has its own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of the services' environment."""
    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For a service, what is run in place of its own ``python -m …``."""

    def __call__(self, program: Program) -> Program:
        """The program to run in its place."""
        side = side_of(program.service)
        if side is None:
            return program
        environment = {**program.environment, "RABBIT_QUEUE": self.queue or side.queue, **self.environment}
        command = program.command
        if program.service in self.modules:
            command = [*command[: command.index("-m") + 1], *self.modules[program.service]]
        return replace(program, command=command, environment=environment)


def change(stage: Stage, variant: Variant) -> None:
    """The services run as the variant says, and are ready."""
    assert isinstance(stage.stack, NativeStack)
    stage.stack.alter = variant
    stage.stack.up()
    stage.wait_until_ready()


def clear(stage: Stage) -> None:
    """No message is left in any queue of the twins."""
    for side in SIDES:
        for queue in side.topology.queues:
            stage.broker.api("DELETE", f"/queues/%2F/{queue.name}/contents")


@contextmanager
def opened(keep: bool = False) -> Iterator[Stage]:
    """A stage to measure on, while the block lasts; Broken where only an engine could run the lab."""
    lab = private.lab("bench")
    stack = private.way(lab, docker=False)
    if not isinstance(stack, NativeStack):
        what = "the bench measures programs of this computer, and not containers"
        raise Broken(what, part="bench", mend="Run it on Linux, as root or with the packages of ./lab doctor")
    stack.alter = Variant()
    with private.running(lab, stack, keep), around(lab, stack) as made:
        yield made
