"""What a student's answer is: which files they had when they passed, told so that two alike ones can be found.

Comments, blank lines and the space around a line are no part of it.
"""

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

CACHE = "__pycache__"
COMMENT = re.compile(r"(?:^|\s)#.*")
"""In what is not Python: nginx's configuration has such comments too."""


@dataclass(frozen=True)
class Answer:
    """One answer, as much of it as a mark holds."""

    digest: str
    lines: int
    """How many of them the starter does not have."""


def files(folder: Path) -> dict[str, bytes]:
    """The student's files, by their path in the folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and CACHE not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def of(given: Mapping[str, bytes], starter: Mapping[str, bytes]) -> Answer:
    """The answer that these files are."""
    told = {name: list(_lines(name, content)) for name, content in sorted(given.items())}
    text = "\0".join(f"{name}\n{chr(10).join(lines)}" for name, lines in told.items())
    begun = Counter(line for name, content in starter.items() for line in _lines(name, content))
    own = Counter(line for lines in told.values() for line in lines) - begun
    return Answer(sha256(text.encode()).hexdigest()[:12], own.total())


def _lines(name: str, content: bytes) -> Iterator[str]:
    text = content.decode(errors="replace")
    kept = _without_comments(text) if name.endswith(".py") else [COMMENT.sub("", line) for line in text.splitlines()]
    yield from (line.strip() for line in kept if line.strip())


def _without_comments(text: str) -> list[str]:
    """What the tokenizer calls a comment goes; a text that is no Python stays as it is."""
    lines = text.splitlines()
    try:
        found = [one for one in tokenize.generate_tokens(io.StringIO(text).readline) if one.type == tokenize.COMMENT]
    except (tokenize.TokenError, SyntaxError):
        return lines
    for one in found:
        row, column = one.start
        # Form feeds end a line for splitlines(), and none for the tokenizer.
        if row <= len(lines) and lines[row - 1][column:].startswith("#"):
            lines[row - 1] = lines[row - 1][:column]
    return lines
