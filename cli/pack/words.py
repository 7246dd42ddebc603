"""What a stick says of itself."""

from pathlib import Path
from typing import Any

from cli.language import _
from cli.pack import stick

README = """Tasklab on a stick: the lab of the course, for computers without a network.

Packed {made} from commit {commit}.
In the lines below, /media/stick is the folder in which this file lies.

With git:

    git clone /media/stick/{bundle} tasklab
    cd tasklab
    python3 lab up --from /media/stick

Without git:

    tar xzf /media/stick/{archive}
    cd tasklab
    python3 lab up --from /media/stick

It takes everything from here: Python's packages, the distribution's, and container images where an engine answers.
It needs Python 3.11 or newer, and checks each file that it takes. Packages of the distribution are installed by root:
where you are not, it says the one line that somebody with the right must type. When it has ended, pull the stick out;
./lab up, ./lab test and ./lab drill need it no more.

What is here:

{there}

Is the stick whole?   cd /media/stick && sha256sum --check --quiet {sums}
For other computers (another Python, another distribution), on one of them that has a network, into the same folder:
    ./lab pack /media/stick
"""


def readme(folder: Path, facts: dict[str, Any]) -> str:
    """README.txt, for who has the stick and nothing else."""
    there = [f"    {place}" for place in _places(folder)]
    if facts.get("images"):
        there.append(f"    {stick.SAVED}: {', '.join(facts['images'])}")
    return README.format(
        made=facts["made"], commit=facts["commit"], bundle=stick.BUNDLE, archive=stick.ARCHIVE, sums=stick.SUMS,
        there="\n".join(there),
    )  # fmt: skip


def _places(folder: Path) -> list[str]:
    places = (stick.WHEELS, stick.NODE, stick.PACKAGES)
    found = [path for place in places for path in sorted((folder / place).glob("*"))]
    return [f"{path.relative_to(folder).as_posix()}: {len(list(path.iterdir()))} files" for path in found]


def first(folder: Path) -> str:
    """What to type on a student's computer."""
    clone = f"git clone {folder / stick.BUNDLE} tasklab && cd tasklab"
    return _("On a computer without a network:  {command}", command=f"{clone} && ./lab up {stick.OPTION} {folder}")
