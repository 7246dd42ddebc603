"""The student's own copy of a lesson's files, under ``work/``. What stands there is never overwritten unkept."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from cli.config import ROOT
from cli.course.lesson import SOLUTION, STARTER, Lesson
from cli.errors import Failed
from cli.language import _

REFS = "refs/lab"
NOBODY = {
    "GIT_AUTHOR_NAME": "lab", "GIT_AUTHOR_EMAIL": "lab@localhost",
    "GIT_COMMITTER_NAME": "lab", "GIT_COMMITTER_EMAIL": "lab@localhost",
}  # fmt: skip


def place(lesson: Lesson, home: Path) -> Path:
    """Where the student's files of a lesson are."""
    return home / lesson.name


def begin(lesson: Lesson, home: Path) -> Path:
    """The student's folder, with the starter in it where there was none."""
    folder = place(lesson, home)
    if not folder.exists():
        put(lesson.part(STARTER), folder)
    return folder


def put(files: Mapping[str, bytes], folder: Path) -> None:
    """The folder holds these files afterwards, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def is_untouched(lesson: Lesson, home: Path) -> bool:
    """Whether the student's files are the starter's or our solution's, or not there: nothing of their own."""
    folder = place(lesson, home)
    if not folder.exists():
        return True
    own = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    kept = {name: content for name, content in own.items() if "__pycache__" not in name}
    return kept in (lesson.part(STARTER), lesson.part(SOLUTION))


def keep(lesson: Lesson, home: Path) -> str:
    """Keeps the student's files as they are; the command that brings them back. Empty where nothing was changed."""
    if is_untouched(lesson, home):
        return ""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder = place(lesson, home)
    if shutil.which("git") and (ROOT / ".git").exists() and folder.is_relative_to(ROOT):
        ref = f"{REFS}/{lesson.name}/{moment}"
        _commit(folder, ref)
        return f"git checkout {ref} -- {folder.relative_to(ROOT).as_posix()}"
    kept = home / "kept" / f"{lesson.name}-{moment}"
    shutil.copytree(folder, kept)
    return f"cp -r {kept}/. {folder}/"


def _commit(folder: Path, ref: str) -> None:
    """A commit beside all branches, made over an index of its own: the student's own branch and index stay."""
    index = folder.with_suffix(".index")
    environ = {**os.environ, **NOBODY, "GIT_INDEX_FILE": str(index)}
    try:
        _git(["add", "--force", "--", str(folder)], environ)
        tree = _git(["write-tree"], environ)
        commit = _git(["commit-tree", tree, "-m", f"{folder.name} before ./lab changed it"], environ)
        _git(["update-ref", ref, commit], environ)
    finally:
        index.unlink(missing_ok=True)


def _git(words: list[str], environ: Mapping[str, str]) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        what = _("your work could not be kept, so nothing was changed: git {command}: {error}")
        mend = _("Copy the folder elsewhere, and try again.")
        raise Failed(what.format(command=words[0], error=done.stderr.strip()), part="git", mend=mend)
    return done.stdout.strip()
