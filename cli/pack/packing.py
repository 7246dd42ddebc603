"""``./lab pack OUT``: everything that a class without a network needs, in one folder."""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import track

from cli import packages
from cli.config import Lab
from cli.console import err, out, say
from cli.errors import Broken, WrongUse
from cli.language import _, many
from cli.pack import debs, images, npm, repository, stick, wheels, words
from cli.pack.stick import digest, megabytes
from core.settings import VERSION

Facts = dict[str, Any]
SPARE = 10_000_000
"""Bytes for what is small: the repository, the sums, the words."""


def pack(lab: Lab, folder: Path, with_images: bool = True) -> None:
    """The folder holds it all afterwards, and its sums; what lies there already and is as it should be is left."""
    folder = _writable(folder.expanduser().resolve(), lab)
    known, commit, cache = facts(folder), repository.commit(), packages.made(packages.cache(lab) / "pack")
    stages = {f"{stick.WHEELS}/{stick.python_tag()}": wheels.gather(cache)}
    stages[stick.NPM] = npm.gather(cache)
    found = debs.gather(cache)
    if found:
        stages[f"{stick.PACKAGES}/{stick.distribution_tag()}"] = found
    # Until everything is there the folder has no sums, and nobody takes it for a stick.
    sums = _kept(folder, stages)
    (folder / stick.SUMS).unlink(missing_ok=True)
    for place, stage in stages.items():
        sums |= {f"{place}/{name}": value for name, value in bring(stage, folder / place).items()}
    if known.get("commit") != commit or not _as_it_was(folder, sums, stick.BUNDLE, stick.ARCHIVE):
        say(_("repository: commit {commit}", commit=commit[:9]))
        repository.write(folder)
        sums |= {name: digest(folder / name) for name in (stick.BUNDLE, stick.ARCHIVE)}
    ids = _images(lab, folder, known, sums, with_images)
    _finish(folder, {"version": VERSION, "commit": commit, **({"images": ids} if ids else {})}, sums)


def _kept(folder: Path, stages: Mapping[str, Path]) -> dict[str, str]:
    """The sums of what this packing does not bring, as for another Python, so that damage shows."""
    try:
        before = stick.opened(folder).sums
    except stick.NotWhole:
        return {}
    return {name: value for name, value in before.items() if name.rpartition("/")[0] not in stages}


def _writable(folder: Path, lab: Lab) -> Path:
    """The folder, made where it is not there. A folder with something else in it may be somebody's."""
    if folder.is_relative_to(lab.root) and not folder.is_relative_to(lab.root / ".lab"):
        what = _(
            "{folder} lies in the checkout, and would be packed with it the next time it is committed", folder=folder
        )
        raise WrongUse(what, part="pack", mend=_("Give a folder outside: ./lab pack /media/stick"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / (stick.README + stick.BEING_WRITTEN)
        probe.touch()
        probe.unlink()
    except OSError as error:
        what = _("{folder} cannot be written: {reason}", folder=folder, reason=error.strerror)
        mend = _("Is the stick mounted, and not write-protected? Whose is the folder? (ls -ld)")
        raise Broken(what, part="pack", mend=mend) from error
    return folder


def facts(folder: Path) -> Facts:
    """What the folder's last packing said of itself; empty where there was none."""
    try:
        return dict(json.loads((folder / stick.FACTS).read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def _as_it_was(folder: Path, sums: dict[str, str], *names: str) -> bool:
    return all(name in sums and digest(folder / name) == sums[name] for name in names)


def bring(stage: Path, target: Path) -> dict[str, str]:
    """Makes the target hold the same files: copies what is new or damaged, deletes what is no longer there.

    Returns their sums, as they are in the stage: a stick that has written something else is found out.
    """
    target.mkdir(parents=True, exist_ok=True)
    wanted = {path.name: path for path in stage.iterdir() if path.is_file() and not path.name.startswith(".")}
    for old in [path for path in target.iterdir() if path.name not in wanted and path.is_file()]:
        old.unlink()
    new = [path for name, path in wanted.items() if differs(path, target / name)]
    room(target, sum(path.stat().st_size for path in new))
    say(many("{place}: {number} files, {new} of them new", len(wanted), place=target.parent.name, new=len(new)))
    for path in track(new, _("copying"), console=err, transient=True, disable=not err.is_terminal):
        shutil.copyfile(path, target / path.name)
    return {name: digest(path) for name, path in wanted.items()}


def differs(source: Path, target: Path) -> bool:
    """Whether the target is missing or another file."""
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        return True
    return digest(source) != digest(target)


def room(folder: Path, needed: int) -> None:
    """Broken where the disk has less room than that."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        has, more = megabytes(free), megabytes(needed + SPARE)
        what = _("{folder} has {has} free, and {more} more are needed", folder=folder, has=has, more=more)
        mend = _("Make room there, or take a larger stick; what is copied already is kept.")
        raise Broken(what, part="pack", mend=mend)


def _images(lab: Lab, folder: Path, known: Facts, sums: dict[str, str], wished: bool) -> dict[str, str] | None:
    """The images on the stick afterwards, by their names; None where it has none."""
    before = known.get("images") if _as_it_was(folder, sums, stick.SAVED) else None
    ids = images.gather(lab) if wished else None
    if ids is None or ids == before:
        say(many("images: {number}, as they were", len(before)) if before else _("images: none"))
        return before
    (folder / stick.SAVED).unlink(missing_ok=True)
    room(folder, images.size(ids))
    images.save(ids, folder)
    sums[stick.SAVED] = digest(folder / stick.SAVED)
    return ids


def _finish(folder: Path, told: Facts, sums: dict[str, str]) -> None:
    """The words, the facts and the sums; the sums last."""
    told["made"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    (folder / stick.README).write_text(words.readme(folder, told), encoding="utf-8")
    (folder / stick.FACTS).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    sums |= {name: digest(folder / name) for name in (stick.README, stick.FACTS)}
    there = {name: value for name, value in sorted(sums.items()) if (folder / name).is_file()}
    lines = [f"{value}  {name}\n" for name, value in there.items()]
    (folder / stick.SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    size = sum((folder / name).stat().st_size for name in there)
    shown = {"size": megabytes(size), "folder": escape(str(folder))}
    out.print(many("[green]The stick is ready[/]: {number} files, {size}, in {folder}", len(there), **shown))
    out.print(escape(words.first(folder)), soft_wrap=True)
