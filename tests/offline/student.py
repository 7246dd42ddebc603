"""A student's computer without a network, and what is typed on it."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.offline.namespace import Namespace, namespace, python

PATIENCE = 600.0


@dataclass(frozen=True)
class Said:
    """What a command has said, and how it ended."""

    code: int
    text: str


@dataclass(frozen=True)
class Student:
    """A home of their own, in a namespace of its own, so that every port is free."""

    home: Path
    net: Namespace

    @property
    def checkout(self) -> Path:
        """Where the lab lies."""
        return self.home / "tasklab"

    def types(self, *command: str) -> Said:
        """A command in the checkout, or at home while there is none."""
        folder = self.checkout if self.checkout.is_dir() else self.home
        with self.net.start(command, folder, self._environ()) as process:
            text, _ = process.communicate(timeout=PATIENCE)
        return Said(process.returncode, text)

    @contextmanager
    def starts(self, *command: str) -> Iterator[Iterator[str]]:
        """A command that runs until the end of the block, and its lines, as they come."""
        with self.net.start(command, self.checkout, self._environ()) as process:
            assert process.stdout
            try:
                yield iter(process.stdout)
            finally:
                process.terminate()

    def lab(self, *words: str) -> Said:
        """``./lab``, with the Python that the computer has."""
        return self.types(python(), "lab", *words)

    def curl(self, path: str, *options: str) -> dict[str, Any]:
        """What an API answers, on the address that people type."""
        said = self.types("curl", "--silent", "--show-error", *options, f"http://localhost{path}")
        assert 0 == said.code, said.text
        return dict(json.loads(said.text))

    def posts(self, api: str, title: str) -> str:
        """The id of a task that is sent as the README shows it."""
        told = self.curl(
            f"/{api}/tasks", "-X", "POST", "-H", "Content-Type: application/json", "-d", json.dumps({"title": title})
        )
        return str(told["id"])

    def _environ(self) -> dict[str, str]:
        """Nothing of ours: neither this lab's ports nor what pip is told here."""
        return {"HOME": str(self.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


@contextmanager
def student(home: Path) -> Iterator[Student]:
    """A student, until the end of the block; their lab is taken down."""
    with namespace() as net:
        made = Student(home, net)
        try:
            yield made
        finally:
            if made.checkout.is_dir():
                made.lab("down")
            for large in (".venv", ".lab/cache", ".lab/mongo"):  # Its logs stay, for who looks for what went wrong.
                shutil.rmtree(made.checkout / large, ignore_errors=True)
