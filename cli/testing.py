"""``./lab test``: the suites against a private stack on free ports, which is taken down again whatever happens."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import manifests, packages, private, status, ways
from cli.config import ROOT, Lab, load
from cli.console import say
from cli.errors import Failed, WrongUse
from cli.language import ENGLISH, VARIABLE, _
from cli.requirements import REQUIREMENTS, install
from cli.stack import Stack

KUBERNETES, BROWSER = "kubernetes", "browser"
OFFLINE = "offline"
ALONE = (OFFLINE, "monitoring", "drills", "shards")
"""Suites that bring up a stack of their own, prepared for faults, and want the processors for themselves."""
SUITES = ("meta", "unit", KUBERNETES, "contract", "lessons", "e2e", "traces", BROWSER, *ALONE)
WITHOUT_STACK = {"meta", "unit", KUBERNETES, "cluster"}
"""Suites that need no servers, or bring up their own."""
STATUS_FILE = "status.json"
WAY = "LAB_TEST_WAY"
"""Tells a suite that brings up its own stack to use the engine: docker."""
NO_TESTS_COLLECTED = 5
PATIENCE = 60.0


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
    install(*REQUIREMENTS)
    alone = [name for name in suites if _folder(name) in ALONE]
    others = [name for name in suites if name not in alone]
    if KUBERNETES in map(_folder, suites):
        manifests.prepare()
    if BROWSER in map(_folder, suites):
        packages.ensure_browser()
        install(f"tests/{BROWSER}/requirements.txt")
    with private.termination_is_ctrl_c():
        found = []
        if others and {_folder(name) for name in others} <= WITHOUT_STACK:
            found.append(_judge(run(others, wish.pytest_arguments, {}), None))
        elif others:
            with _stack(wish) as (lab, stack):
                found.append(_judge(run(others, wish.pytest_arguments, _told(lab, stack)), lab))
        for name in alone:
            found.append(_judge(run([name], wish.pytest_arguments, {WAY: "docker" if wish.docker else ""}), None))
    if not any(found):
        raise Failed(_("pytest found no test"), part="test", mend="./lab test --help")


def _folder(suite: str) -> str:
    return suite.partition("/")[0]


def chosen(wished: Sequence[str], tests: Path) -> list[str]:
    """The suites that were asked for, by default those of ``SUITES``; WrongUse for one there is not."""
    there = sorted(path.name for path in tests.iterdir() if path.is_dir() and any(path.rglob("test_*.py")))
    for name in wished:
        if _folder(name) not in there:
            raise WrongUse(
                _("there is no suite called {name!r}", name=name),
                part="test",
                mend=_("Suites: {there}", there=", ".join(there)),
            )
    return list(wished) or [name for name in SUITES if name in there and _can_run(name)]


def _can_run(suite: str) -> bool:
    """False, and said aloud, for a suite that would need a right which this user has not."""
    if suite != OFFLINE or (packages.on_linux() and os.geteuid() == 0):
        return True
    say(
        _(
            "left out: {suite}, because only root on Linux can take a network away (sudo ./lab test {suite})",
            suite=suite,
        )
    )
    return False


def run(suites: Sequence[str], arguments: Sequence[str], environ: dict[str, str]) -> int:
    """pytest's exit code; its output is the user's to read as it comes."""
    folders = [str(Path("tests", *name.split("/"))) for name in suites]
    command = [sys.executable, "-m", "pytest", *folders, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ, VARIABLE: ENGLISH})
    try:
        return process.wait()
    except KeyboardInterrupt as interrupt:
        # On a terminal pytest got the Ctrl-C as well; it needs a moment to take down what it started.
        if signal.SIGTERM in interrupt.args:
            process.send_signal(signal.SIGINT)
        _end(process)
        raise


def _end(process: subprocess.Popen[Any]) -> None:
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


def _judge(code: int, lab: Lab | None) -> bool:
    """Whether there were tests, by pytest's exit code; Failed where one of them failed."""
    if code not in {0, NO_TESTS_COLLECTED}:
        mend = _("The services' logs: {state}", state=lab.state / "log") if lab else ""
        raise Failed(_("tests failed (pytest's exit code {code})", code=code), part="test", mend=mend)
    return code == 0


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
    lab = private.lab("test")
    stack = private.way(lab, wish.docker)
    with private.running(lab, stack, wish.keep):
        yield lab, stack
