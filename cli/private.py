"""A lab of one command's own, on free ports, beside the one that people use; it is taken down whatever happens."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cli import packages, probe, waiting
from cli.bringing_up import examine
from cli.compose import ComposeStack, require
from cli.config import PORTS, PROJECT, ROOT, Lab, load
from cli.console import say
from cli.language import _
from cli.native import NativeStack
from cli.ports import free_ports
from cli.stack import Stack


def lab(purpose: str, shards: int = 1) -> Lab:
    """A lab of its own: free ports and a state folder that no other lab has, for this command and its children."""
    name = f"{purpose}-{os.getpid()}"
    ports = {name: str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    os.environ.update(ports)
    os.environ["LAB_STATE"] = str(ROOT / ".lab" / "tests" / name)
    os.environ["LAB_BIND"] = "127.0.0.1"
    os.environ[PROJECT] = f"tasklab-{name}"
    os.environ["QUEUE_SHARDS"] = str(shards)
    for inherited in ("MONGO_URI", "RABBIT_HOST", "RABBIT_HOSTS", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        os.environ.pop(inherited, None)
    made = load()
    made.state.mkdir(parents=True, exist_ok=True)
    return made


def way(lab: Lab, docker: bool) -> NativeStack | ComposeStack:
    """Native where it can work without asking anybody, because it starts in seconds; else the engine."""
    installable = packages.on_linux() and (not packages.missing() or os.geteuid() == 0)
    if not docker and installable and packages.supported() is None:
        return NativeStack(lab)
    require()
    return ComposeStack(lab)


@contextmanager
def running(lab: Lab, stack: Stack, keep: bool = False, patience: float = waiting.PATIENCE) -> Iterator[None]:
    """The stack is up while the block lasts; its logs stay where the block fails."""
    failed = True
    try:
        bring_up(lab, stack, patience)
        yield
        failed = False
    finally:
        if keep:
            say(_("the stack is kept: LAB_STATE={state} ./lab status (and down)", state=lab.state))
        else:
            _take_down(lab, stack, keep_logs=failed)


def bring_up(lab: Lab, stack: Stack, patience: float = waiting.PATIENCE) -> None:
    """Start everything; returns when it is ready."""
    say(
        _(
            "bringing up a private stack ({way} way, {http}, state in {state})",
            way=stack.way,
            http=lab.http,
            state=lab.state,
        )
    )
    examine(lab, stack)
    if isinstance(stack, NativeStack):
        packages.ensure(lab)
    stack.up()
    seconds = waiting.wait_until_ready(stack, probe.targets(lab, stack), patience)
    say(_("it is up ({seconds:.1f} s)", seconds=seconds))


def _take_down(lab: Lab, stack: Stack, keep_logs: bool) -> None:
    say(_("taking the private stack down"))
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if keep_logs:
            _keep_logs(lab, stack)
        stack.down(volumes=not keep_logs or stack.way == "docker")
        if isinstance(stack, ComposeStack):
            stack.remove_images()
        if not keep_logs:
            shutil.rmtree(lab.state, ignore_errors=True)
        else:
            _keep_only_logs(lab)
    finally:
        signal.signal(signal.SIGINT, previous)


def _keep_logs(lab: Lab, stack: Stack) -> None:
    """The engine's logs end with the containers; natively the files are there already."""
    if stack.way == "docker":
        folder = lab.state / "log"
        folder.mkdir(parents=True, exist_ok=True)
        lines = "\n".join(stack.logs(None, follow=False, lines=100_000))
        (folder / "compose.log").write_text(lines + "\n", encoding="utf-8")


def _keep_only_logs(lab: Lab) -> None:
    for entry in lab.state.iterdir():
        if entry.name != "log":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


@contextmanager
def termination_is_ctrl_c() -> Iterator[None]:
    """A CI runner ends a job with SIGTERM; the stack must be taken down then too.

    The KeyboardInterrupt then says so: unlike after Ctrl-C, the processes that were started know nothing of it.
    """

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt(signal.SIGTERM)

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
