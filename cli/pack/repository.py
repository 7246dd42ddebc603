"""The repository on a stick: the last commit, as a bundle to clone and as an archive for computers without git."""

import subprocess
import tarfile
import tempfile
from pathlib import Path

from cli.config import ROOT
from cli.console import say
from cli.errors import Broken
from cli.language import _, many
from cli.pack.stick import ARCHIVE, BUNDLE

NAME = "tasklab"


def commit() -> str:
    """The commit that is packed; Broken where this folder cannot be packed."""
    if not (ROOT / ".git").exists():
        what = _("{folder} is no git checkout, so nothing can be packed", folder=ROOT)
        raise Broken(what, part="pack", mend=_("Clone it with git."))
    changed = _git("status", "--porcelain", "--untracked-files=no").splitlines()
    if changed:
        say(
            many(
                "repository: {number} changed file(s) are not committed, and come along as they were committed last",
                len(changed),
            )
        )
    return _git("rev-parse", "HEAD")


def write(folder: Path) -> None:
    """Both files, of the last commit; the branch comes along under its name."""
    _git("archive", "--format=tar.gz", f"--prefix={NAME}/", f"--output={folder / ARCHIVE}", "HEAD")
    if _git("rev-parse", "--is-shallow-repository") == "true":
        say(_("repository: this clone has no history, so the stick gets none (git fetch --unshallow brings it)"))
        with tempfile.TemporaryDirectory() as temporary:
            _bundle(_only_commit(Path(temporary), folder / ARCHIVE), folder)
    else:
        _bundle(ROOT, folder)


def _bundle(root: Path, folder: Path) -> None:
    branch = _git("symbolic-ref", "--quiet", "--short", "HEAD", root=root, may_fail=True)
    _git("bundle", "create", "--quiet", str(folder / BUNDLE), "HEAD", *([branch] if branch else []), root=root)


def _only_commit(folder: Path, archive: Path) -> Path:
    """A repository with the archive's files as its one commit: nobody could clone a bundle that begins midway."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    root = folder / NAME
    _git("init", "--quiet", "--initial-branch=main", root=root)
    _git("add", "--all", root=root)
    author = ("-c", "user.name=Tasklab", "-c", "user.email=tasklab@localhost")
    _git(*author, "commit", "--quiet", "--message=As it was packed", root=root)
    return root


def _git(*words: str, root: Path = ROOT, may_fail: bool = False) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Broken(_("there is no git"), part="pack", mend=_("Install git.")) from error
    if done.returncode != 0 and not may_fail:
        raise Broken(f"git {words[0]}: {done.stderr.strip()}", part="pack", mend=_("Is there room on the stick?"))
    return done.stdout.strip()
