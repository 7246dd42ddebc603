"""A way through the museum for its visitors: drills on request, with what they have seen."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from lessons.kit.museum.drills import Found, run_all
from lessons.kit.museum.names import EXHIBITS
from lessons.kit.place import Place
from lessons.kit.verdict import CannotJudge

LESSON = 12


def place(scratch: Path) -> Place:
    """The student's own, as ``./lab run`` tells a program."""
    told = os.environ
    login = f"{told['RABBIT_USER']}:{told['RABBIT_PASSWORD']}"
    addresses = {
        "http": told["LAB_HTTP"],
        "rabbitmq": f"amqp://{login}@{told['RABBIT_HOST']}:{told['RABBIT_PORT']}/%2F",
        "management": f"{told['LAB_HTTP'].rstrip('/')}/rabbitmq",
        "mongo": told["MONGO_URI"],
    }
    student = told["COLLECTION"].split(".")[1]
    return Place(student, LESSON, Path.cwd(), scratch, addresses)


def wished(words: list[str]) -> list[str]:
    """The exhibits that were named by number or in full, or all of them; ends the program for one there is not."""
    known = {name: name for name in EXHIBITS} | {name[-2:]: name for name in EXHIBITS}
    known |= {str(int(name[-2:])): name for name in EXHIBITS}
    unknown = [word for word in words if word.removesuffix(".py") not in known]
    if unknown:
        sys.exit(f"there is no exhibit {', '.join(unknown)}: say numbers from 01 to {len(EXHIBITS)}")
    return [known[word.removesuffix(".py")] for word in words] or list(EXHIBITS)


def tell(found: Found) -> None:
    """What was done, and what was seen."""
    lines = [f"{'✓' if found.holds else '✗'} {found.exhibit}: {found.fault}"]
    if found.missing is None:
        lines.append(f"    seen      {found.seen}")
    else:
        named = {"expected": found.missing.expected, "seen": found.missing.seen, "account": found.missing.hop}
        for name, text in named.items():
            lines += [f"    {name if not number else '':<10}{line}" for number, line in enumerate(text.splitlines())]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Drills what is named on the command line; ends with 1 where a drill has found something."""
    exhibits, good = wished(sys.argv[1:]), []
    try:
        with TemporaryDirectory(prefix="tasklab-museum-") as scratch:
            for found in run_all(place(Path(scratch)), exhibits):
                tell(found)
                good.append(found.holds)
    except CannotJudge as error:
        sys.exit(f"{error}: {error.mend}" if error.mend else str(error))
    sys.exit(0 if all(good) else 1)
