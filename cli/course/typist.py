"""Types what a document shows, on a lab that runs, and compares what comes out."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.config import ROOT
from cli.course.sessions import Session, Step, difference
from cli.language import ENGLISH, VARIABLE

WITHIN = 40.0
POLL = 0.2
COMMAND_TIMEOUT = 150
CHANGES = re.compile(r"\s(-X|-d|--data\S*|--request|-T)\s")
READS = re.compile(r"curl (?:\S+ )*-\w*G\b")
"""With -G what is given as data becomes a part of the address."""
SHOWN = "http://localhost/"
# The lab's own Python: typed with another one, ./lab would make .venv anew under the lab that runs.
OWN = ROOT / ".venv" / "bin" / "python"
LAB = shlex.join([str(OWN if OWN.exists() else sys.executable), "lab"])


class Different(AssertionError):
    """What came out is not what is shown; the difference."""


@dataclass(frozen=True)
class Typist:
    """Somebody who types on this lab."""

    http: str
    """nginx's address; documents show http://localhost."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Other addresses, by what documents show in their place."""

    def type_in(self, command: str, may_fail: bool = False) -> str:
        """What the command prints; Different if it fails."""
        for shown, address in {SHOWN: self.http, **self.elsewhere}.items():
            command = command.replace(shown, f"{address.rstrip('/')}/")
        command = command.replace("./lab ", f"{LAB} ")
        # As wide as a page, and in its language.
        environ = {**os.environ, "COLUMNS": "140", VARIABLE: ENGLISH}
        done = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=COMMAND_TIMEOUT,
            check=False,
        )  # fmt: skip
        if (done.returncode != 0) is not may_fail:
            raise Different(f"$ {command}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def follow(self, session: Session) -> None:
        """Command after command; Different at the first that prints something else than is shown."""
        for number, step in enumerate(session.steps, start=1):
            self.compare(step, may_fail=session.fails and number == len(session.steps))
        if session.both:
            self.follow(session.twin)

    def compare(self, step: Step, may_fail: bool = False) -> None:
        """Different, with a diff, unless the command prints what is shown; one that only reads may be typed again."""
        only_reads = bool(READS.match(step.command)) or not CHANGES.search(step.command)
        only_reads = only_reads and step.command.startswith("curl ")
        ends = time.monotonic() + (WITHIN if only_reads else 0)
        while True:
            try:
                last = difference(step.expected, self.type_in(step.command, may_fail))
            except Different as error:
                last = str(error)
            if not last:
                return
            if time.monotonic() > ends:
                raise Different(f"$ {step.command}\n{last}")
            time.sleep(POLL)
