"""``./lab test``: the suites against a private stack on free ports, which is taken down again whatever happens."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import packages, probe, status, waiting, ways
from cli.bringing_up import examine
from cli.compose import ComposeStack, require
from cli.config import PORTS, PROJECT, ROOT, Lab, load
from cli.console import say
from cli.errors import Broken, Failed, WrongUse
from cli.native import NativeStack
from cli.ports import free_ports
from cli.stack import Stack

SUITES = ("meta", "unit", "contract", "e2e")
WITHOUT_STACK = {"meta", "unit", "browser"}
STATUS_FILE = "status.json"
NO_TESTS_COLLECTED = 5
PATIENCE = 20.0


@dataclass(frozen=True)
class Wish:
    """What to test, and against which stack."""

    suites: tuple[str, ...]
    pytest_arguments: tuple[str, ...] = ()
    docker: bool = False
    keep: bool = False
    against_running: bool = False


def test(wish: Wish) -> None:
    """Runs the suites; Failed where a test failed."""
    suites = chosen(wish.suites, ROOT / "tests")
    install()
    if {name.partition("/")[0] for name in suites} <= WITHOUT_STACK:
        _judge(run(suites, wish.pytest_arguments, {}), None)
        return
    with _termination_is_ctrl_c(), _stack(wish) as (lab, stack):
        _judge(run(suites, wish.pytest_arguments, _told(lab, stack)), lab)


def chosen(wished: Sequence[str], tests: Path) -> list[str]:
    """The suites that were asked for, by default all there are; WrongUse for one there is not."""
    there = sorted(path.name for path in tests.iterdir() if path.is_dir() and any(path.rglob("test_*.py")))
    for name in wished:
        if name.partition("/")[0] not in there:
            raise WrongUse(f"there is no suite called {name!r}", part="test", mend=f"Suites: {', '.join(there)}")
    return list(wished) or [name for name in SUITES if name in there]


def install() -> None:
    """What only the tests need, into the lab's environment; nothing to do when it is there already."""
    file, mark = ROOT / "tests" / "requirements.txt", Path(sys.prefix, "tasklab-test-requirements")
    if not file.is_file():
        return
    wanted = hashlib.sha256(file.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == wanted:
        return
    say("installing what tests/requirements.txt names")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(file)]
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False).returncode != 0:
        raise Broken("pip could not install it; its own words are above", part="test", mend="Check the network.")
    mark.write_text(wanted)


def run(suites: Sequence[str], arguments: Sequence[str], environ: dict[str, str]) -> int:
    """pytest's exit code; its output is the user's to read as it comes."""
    folders = [str(Path("tests", *name.split("/"))) for name in suites]
    command = [sys.executable, "-m", "pytest", *folders, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ})
    try:
        return process.wait()
    except KeyboardInterrupt:
        # On a terminal pytest got the Ctrl-C as well; it needs a moment for its summary.
        _end(process)
        raise


def _end(process: subprocess.Popen[Any]) -> None:
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


def _judge(code: int, lab: Lab | None) -> None:
    if code == NO_TESTS_COLLECTED:
        raise Failed("pytest found no test", part="test", mend="./lab test --help")
    if code != 0:
        mend = f"The services' logs: {lab.state / 'log'}" if lab else ""
        raise Failed(f"tests failed (pytest's exit code {code})", part="test", mend=mend)


def _told(lab: Lab, stack: Stack) -> dict[str, str]:
    """What the tests are told: where everything is, and how ``./lab`` commands of theirs reach the same stack."""
    file = lab.state / STATUS_FILE
    file.write_text(json.dumps(status.as_json(lab, stack), indent=1), encoding="utf-8")
    return {**lab.variables, **lab.given, "LAB_STATE": str(lab.state), "LAB_TEST_STATUS": str(file)}


@contextmanager
def _stack(wish: Wish) -> Iterator[tuple[Lab, Stack]]:
    if wish.against_running:
        lab = load()
        yield lab, ways.running(lab)
        return
    lab = private_lab()
    stack = _way(lab, wish)
    failed = True
    try:
        _bring_up(lab, stack)
        yield lab, stack
        failed = False
    finally:
        if wish.keep:
            say(f"the stack is kept: LAB_STATE={lab.state} ./lab status (and down)")
        else:
            _take_down(lab, stack, keep_logs=failed)


def private_lab() -> Lab:
    """A lab of its own: free ports and a state folder that no other lab has, for this command and its children."""
    name = f"test-{os.getpid()}"
    ports = {name: str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    os.environ.update(ports)
    os.environ["LAB_STATE"] = str(ROOT / ".lab" / "tests" / name)
    os.environ["LAB_BIND"] = "127.0.0.1"
    os.environ[PROJECT] = f"tasklab-{name}"
    for inherited in ("MONGO_URI", "RABBIT_HOST"):
        os.environ.pop(inherited, None)
    lab = load()
    lab.state.mkdir(parents=True, exist_ok=True)
    return lab


def _way(lab: Lab, wish: Wish) -> Stack:
    """Native where it can work without asking anybody, because it starts in seconds; else the engine."""
    if wish.docker:
        require()
        return ComposeStack(lab)
    installable = packages.on_linux() and (not packages.missing() or os.geteuid() == 0)
    if installable and packages.supported() is None:
        return NativeStack(lab)
    require()
    return ComposeStack(lab)


def _bring_up(lab: Lab, stack: Stack) -> None:
    say(f"bringing up a private stack ({stack.way} way, {lab.http}, state in {lab.state})")
    examine(lab, stack)
    if isinstance(stack, NativeStack):
        packages.ensure(lab)
    stack.up()
    seconds = waiting.wait_until_ready(stack, probe.targets(lab, stack))
    say(f"it is up ({seconds:.1f} s)")


def _take_down(lab: Lab, stack: Stack, keep_logs: bool) -> None:
    say("taking the private stack down")
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
def _termination_is_ctrl_c() -> Iterator[None]:
    """A CI runner ends a job with SIGTERM; the stack must be taken down then too."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
