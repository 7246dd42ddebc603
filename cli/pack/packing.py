"""``./lab pack OUT``: everything that a class without a network needs, in one folder."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from cli import packages
from cli.config import Lab
from cli.console import out, say
from cli.errors import Broken, WrongUse
from cli.pack import debs, images, repository, stick, wheels, words
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
    found = debs.gather(cache)
    if found:
        stages[f"{stick.PACKAGES}/{stick.distribution_tag()}"] = found
    # Until everything is there the folder has no sums, and nobody takes it for a stick.
    sums = _sums(folder)
    (folder / stick.SUMS).unlink(missing_ok=True)
    for place, stage in stages.items():
        bring(stage, folder / place)
    if known.get("commit") != commit or not _as_it_was(folder, sums, stick.BUNDLE, stick.ARCHIVE):
        say(f"repository: commit {commit[:9]}")
        repository.write(folder)
    ids = _images(lab, folder, known, sums) if with_images else known.get("images")
    _finish(folder, {"version": VERSION, "commit": commit, **({"images": ids} if ids else {})})


def _writable(folder: Path, lab: Lab) -> Path:
    """The folder, made where it is not there. A folder with something else in it may be somebody's."""
    if folder.is_relative_to(lab.root) and not folder.is_relative_to(lab.root / ".lab"):
        what = f"{folder} lies in the checkout, and would be packed with it the next time it is committed"
        raise WrongUse(what, part="pack", mend="Give a folder outside: ./lab pack /media/stick")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / (stick.README + stick.BEING_WRITTEN)
        probe.touch()
        probe.unlink()
    except OSError as error:
        mend = "Is the stick mounted, and not write-protected? Whose is the folder? (ls -ld)"
        raise Broken(f"{folder} cannot be written: {error.strerror}", part="pack", mend=mend) from error
    return folder


def facts(folder: Path) -> Facts:
    """What the folder's last packing said of itself; empty where there was none."""
    try:
        return dict(json.loads((folder / stick.FACTS).read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def _sums(folder: Path) -> dict[str, str]:
    try:
        return stick.opened(folder).sums
    except stick.NotWhole:
        return {}


def _as_it_was(folder: Path, sums: dict[str, str], *names: str) -> bool:
    return all(name in sums and digest(folder / name) == sums[name] for name in names)


def bring(stage: Path, target: Path) -> None:
    """Makes the target hold the same files: copies what is new or damaged, deletes what is no longer there."""
    target.mkdir(parents=True, exist_ok=True)
    wanted = {path.name: path for path in stage.iterdir() if path.is_file() and not path.name.startswith(".")}
    for old in [path for path in target.iterdir() if path.name not in wanted and path.is_file()]:
        old.unlink()
    new = [path for name, path in wanted.items() if differs(path, target / name)]
    room(target, sum(path.stat().st_size for path in new))
    say(f"{target.parent.name}: {len(wanted)} files, {len(new)} of them new")
    for path in new:
        shutil.copyfile(path, target / path.name)


def differs(source: Path, target: Path) -> bool:
    """Whether the target is missing or another file."""
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        return True
    return digest(source) != digest(target)


def room(folder: Path, needed: int) -> None:
    """Broken where the disk has less room than that."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        what = f"{folder} has {megabytes(free)} free, and {megabytes(needed + SPARE)} more are needed"
        raise Broken(what, part="pack", mend="Make room there, or take a larger stick; what is copied already is kept.")


def _images(lab: Lab, folder: Path, known: Facts, sums: dict[str, str]) -> dict[str, str] | None:
    ids = images.gather(lab)
    if ids is None:
        return known.get("images") if _as_it_was(folder, sums, stick.SAVED) else None
    if ids == known.get("images") and _as_it_was(folder, sums, stick.SAVED):
        say(f"images: {len(ids)}, as they were")
        return ids
    (folder / stick.SAVED).unlink(missing_ok=True)
    room(folder, images.size(ids))
    images.save(ids, folder)
    return ids


def _finish(folder: Path, told: Facts) -> None:
    """The words, the facts and the sums; the sums last."""
    told["made"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    (folder / stick.README).write_text(words.readme(folder, told), encoding="utf-8")
    (folder / stick.FACTS).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    named = list(_packed(folder))
    say(f"sums: reading {len(named)} files once more, from the stick")
    lines = [f"{digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in named]
    (folder / stick.SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    size = sum(path.stat().st_size for path in named)
    out.print(f"[green]The stick is ready[/]: {len(named)} files, {megabytes(size)}, in {escape(str(folder))}")
    out.print(escape(words.first(folder)), soft_wrap=True)


def _packed(folder: Path) -> Iterator[Path]:
    """What we have put there; a stick may hold other things too."""
    yield from (folder / name for name in (stick.README, stick.FACTS, stick.BUNDLE, stick.ARCHIVE))
    for place in (stick.WHEELS, stick.PACKAGES, stick.IMAGES):
        found = sorted((folder / place).rglob("*"))
        yield from (path for path in found if path.is_file() and not path.name.startswith("."))
