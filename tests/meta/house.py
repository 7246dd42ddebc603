"""What the rules of the house are checked on: the repository's files, and Python modules as trees."""

import ast
import shutil
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "app", "asyncapp")


@dataclass(frozen=True)
class Module:
    """A Python file of the repository."""

    path: Path

    @property
    def name(self) -> str:
        """Its path from the root, as people write it."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """Its source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, str(self.path))


def modules(*rooms: str) -> list[Module]:
    """The Python files of these rooms, in order."""
    return [Module(path) for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def repository() -> list[Path]:
    """Every file of the repository: what git has and would take; in a copy without git, what is not ignored.

    Not what students have written in ``work/``.
    """
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        ignored = [*(ROOT / ".gitignore").read_text(encoding="utf-8").split(), ".git"]
        return sorted(path for path in ROOT.rglob("*") if path.is_file() and not _is_ignored(path, ignored))
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    names = [name for name in listed.stdout.split("\0") if name and not name.startswith("work/")]
    return sorted(ROOT / name for name in names if (ROOT / name).is_file())


def _is_ignored(path: Path, patterns: list[str]) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(fnmatch(part, pattern.rstrip("/")) for part in parts for pattern in patterns)


def imported(tree: ast.AST) -> set[str]:
    """The top-level packages that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0] if not node.level else "relative")
    return found
