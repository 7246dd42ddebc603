"""A lesson as its folder describes it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cli.config import ROOT
from cli.errors import Broken, WrongUse
from cli.language import _
from cli.stack import SERVICES

FOLDER = ROOT / "lessons"
SETTINGS = "lesson.toml"
STARTER = "exercise"
SOLUTION = "solution"
WRONG = "wrong"
CHECK = "check.py"
LEVELS = 3


@dataclass(frozen=True)
class Lesson:
    """One lesson: what its lesson.toml says, and where its parts are."""

    folder: Path
    title: str
    minutes: int
    difficulty: int
    """1, 2 or 3."""
    hints: tuple[str, ...]
    """A question, a place, nearly the answer."""
    starter: str
    """What a check of the untouched starter must say."""
    wrong: Mapping[str, str]
    """What a check of each wrong answer must say, by the answer's name."""
    needs: tuple[str, ...] = SERVICES
    """The services that must be running for a check; the student may have stopped the others."""

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.name

    @property
    def number(self) -> int:
        """The folder's name begins with it."""
        return int(self.name.partition("-")[0])

    @property
    def text(self) -> str:
        """The lesson itself, in Markdown."""
        return (self.folder / "README.md").read_text(encoding="utf-8")

    @property
    def digest(self) -> str:
        """Changes with what is asked of the student; the text may be mended without a pass being forgotten."""
        files = sorted(path for path in (self.folder / STARTER).rglob("*") if path.is_file())
        content = b"\0".join(path.read_bytes() for path in (*files, self.folder / CHECK))
        return sha256(content).hexdigest()[:12]

    def part(self, name: str) -> dict[str, bytes]:
        """The files of the starter, the solution or ``wrong/NAME``, by their path in it.

        A solution or a wrong answer holds only what is different from the starter.
        """
        found = _files(self.folder / STARTER)
        return {**found, **_files(self.folder / name)}


def _files(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def lessons(folder: Path = FOLDER) -> list[Lesson]:
    """Every lesson there is, in order."""
    return [load(path.parent) for path in sorted(folder.glob(f"[0-9][0-9]-*/{SETTINGS}"))]


def load(folder: Path) -> Lesson:
    """The lesson in a folder; Broken, for its author, where lesson.toml is not as it should be."""
    file = folder / SETTINGS
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        made = Lesson(
            folder, str(told["title"]), int(told["minutes"]), int(told["difficulty"]), tuple(told["hints"]),
            str(told["starter"]), dict(told.get("wrong", {})), tuple(told.get("needs", SERVICES)),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Broken(
            f"{file}: {type(error).__name__}: {error}", part="lesson", mend=_("See lessons/README.md.")
        ) from error
    if len(made.hints) != LEVELS:
        raise Broken(
            _("{file} has not {number} hints", file=file, number=LEVELS),
            part="lesson",
            mend=_("See lessons/README.md."),
        )
    unknown = sorted(set(made.needs) - set(SERVICES))
    if unknown:
        mend = _("Services: {known}", known=", ".join(SERVICES))
        raise Broken(
            _("{file} needs {services}, which the lab does not have", file=file, services=", ".join(unknown)),
            part="lesson",
            mend=mend,
        )
    return made


def find(wished: str, among: Sequence[Lesson], now: Lesson) -> Lesson:
    """The lesson meant by its number, its name, +1 or -1; WrongUse for one there is not."""
    if wished in {"+1", "-1"}:
        place = among.index(now) + int(wished)
        found = among[place] if 0 <= place < len(among) else None
    else:
        found = next((one for one in among if wished in {one.name, str(one.number), f"{one.number:02d}"}), None)
    if found is None:
        known = ", ".join(f"{one.number:02d}" for one in among)
        what = _("there is no lesson {wished!r}").format(wished=wished)
        raise WrongUse(what, part="course", mend=_("Lessons: {known}, also +1 and -1.").format(known=known))
    return found
