"""The container images of a stick: those of docker-compose.yml and of the watched lab, where an engine answers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cli.compose import WATCH_FILE, ComposeStack, from_a_stick
from cli.config import Lab
from cli.console import say
from cli.engine import engine
from cli.errors import Broken
from cli.language import _, many
from cli.pack import stick
from cli.pack.stick import Stick
from cli.packages import made

Ids = dict[str, str]


def gather(lab: Lab) -> Ids | None:
    """The id of each image by its name, pulled and built; None where no engine answers."""
    found = engine()
    if found.missing:
        say(_("images: none, since {missing}", missing=found.missing))
        return None
    say(_("images: pulling and building what docker-compose.yml names (some minutes at first)"))
    needed = ComposeStack(lab).fetch()
    return {name: str(_look(name)["Id"]) for name in [*needed, *_watchers(lab, needed)]}


def _watchers(lab: Lab, needed: list[str]) -> list[str]:
    """What watches the lab comes along where it can be had: only one lesson wants it."""
    named = [name for name in ComposeStack(lab, (WATCH_FILE,)).images() if name not in needed]
    there = [name for name in named if _is_there(name)]
    if len(there) < len(named):
        missing = ", ".join(set(named) - set(there))
        say(_("images: without {missing}, which cannot be pulled; only --watch needs them", missing=missing))
    return there


def _is_there(name: str) -> bool:
    if _docker("image", "inspect", name).returncode == 0:
        return True
    return _docker("pull", "--quiet", name).returncode == 0


def size(ids: Ids) -> int:
    """About how many bytes they take; layers that two of them share are counted twice."""
    return sum(int(_look(name)["Size"]) for name in ids)


def _look(name: str) -> dict[str, Any]:
    done = _docker("image", "inspect", name)
    if done.returncode != 0:
        what = _("the image {name} is not there", name=name)
        raise Broken(what, part="pack", mend="docker compose build\n./lab doctor")
    return dict(json.loads(done.stdout)[0])


def save(ids: Ids, folder: Path) -> None:
    """Writes all of them into one file, so that layers which they share lie there once."""
    target = folder / stick.SAVED
    part = made(target.parent) / (target.name + stick.BEING_WRITTEN)
    most = stick.megabytes(size(ids))
    say(many("images: saving {number} (at most {most}; a minute or more, without a word)", len(ids), most=most))
    _show("save", "--output", str(part), *ids)
    part.replace(target)


def load(lab: Lab, found: Stick) -> None:
    """Gives the engine the images of the stick; from then on this checkout builds none."""
    packed = dict(found.facts.get("images", {}))
    if all(_id(name) == value for name, value in packed.items()):
        say(many("images: the engine has all {number}", len(packed)))
    else:
        say(many("images: loading {number} into the engine (a minute or more)", len(packed)))
        _show("load", "--quiet", "--input", str(found.folder / stick.SAVED))
    made(from_a_stick(lab).parent)
    from_a_stick(lab).touch()


def _id(name: str) -> str:
    """The image as the engine has it; empty where it has none of that name."""
    return _docker("image", "inspect", "--format", "{{.Id}}", name).stdout.strip()


def _show(*words: str) -> None:
    if subprocess.run(["docker", *words], stdout=sys.stderr, check=False).returncode != 0:
        mend = _("Docker's own words are above.\nIs there room? (df -h; docker system df)\n./lab pack --no-images OUT")
        raise Broken(_("docker {command} failed", command=words[0]), part="pack", mend=mend)


def _docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
