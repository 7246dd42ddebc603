"""The stack that is measured: a private lab as everybody runs it, but each twin with a queue of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from cli import private
from cli.errors import Broken
from cli.language import _
from cli.native import NativeStack
from cli.programs import Program
from drills.sides import side_of
from drills.stage import Stage, around


def on_own_queue(program: Program) -> Program:
    """The same program, on its twin's queue."""
    side = side_of(program.service)
    return (
        program if side is None else replace(program, environment={**program.environment, "RABBIT_QUEUE": side.queue})
    )


@contextmanager
def opened(keep: bool = False) -> Iterator[Stage]:
    """A stage to measure on, while the block lasts; Broken where only an engine could run the lab."""
    lab = private.lab("bench")
    stack = private.way(lab, docker=False)
    if not isinstance(stack, NativeStack):
        what = _("the bench measures programs of this computer, and not containers")
        raise Broken(what, part="bench", mend=_("Run it on Linux, as root or with the packages of ./lab doctor"))
    stack.alter = on_own_queue
    with private.running(lab, stack, keep), around(lab, stack) as made:
        yield made
