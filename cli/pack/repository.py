"""The repository on a stick: the last commit, as a bundle to clone and as an archive for computers without git."""

import subprocess
from pathlib import Path

from cli.config import ROOT
from cli.console import say
from cli.errors import Broken
from cli.pack.stick import ARCHIVE, BUNDLE


def commit() -> str:
    """The commit that is packed; Broken where this folder cannot be packed."""
    if not (ROOT / ".git").exists():
        raise Broken(f"{ROOT} is no git checkout, so there is no commit to pack", part="pack", mend="Clone it with git.")
    if _git("rev-parse", "--is-shallow-repository") == "true":
        raise Broken("this clone is shallow, and students could not clone it", part="pack", mend="git fetch --unshallow")
    changed = _git("status", "--porcelain", "--untracked-files=no").splitlines()
    if changed:
        say(f"repository: {len(changed)} changed file(s) are not committed, and come along as they were committed last")
    return _git("rev-parse", "HEAD")


def write(folder: Path) -> None:
    """Both files, of the last commit; the branch comes along under its name."""
    branch = _git("symbolic-ref", "--quiet", "--short", "HEAD", may_fail=True)
    _git("bundle", "create", "--quiet", str(folder / BUNDLE), "HEAD", *([branch] if branch else []))
    _git("archive", "--format=tar.gz", "--prefix=tasklab/", f"--output={folder / ARCHIVE}", "HEAD")


def _git(*words: str, may_fail: bool = False) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Broken("there is no git", part="pack", mend="Install git.") from error
    if done.returncode != 0 and not may_fail:
        raise Broken(f"git {words[0]}: {done.stderr.strip()}", part="pack", mend="Is there room on the stick?")
    return done.stdout.strip()
