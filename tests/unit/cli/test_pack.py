"""A stick for a class without a network: what is put there, and what is refused when it is read."""

import json
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli import packages
from cli.compose import ComposeStack, from_a_stick
from cli.config import ROOT
from cli.errors import Broken, WrongUse
from cli.pack import debs, packing, stick, unpacking, wheels
from cli.pack.stick import NotWhole, Stick, digest, given, opened, python_tag
from tests.unit.cli.fakes import a_lab

PLACE = f"{stick.WHEELS}/{python_tag()}"
WHEEL = f"{PLACE}/flask-1-py3-none-any.whl"
OTHER = f"{stick.PACKAGES}/atari-1-m68k/nginx_1_m68k.deb"


def silent(_: str) -> None:
    """Nobody listens."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small stick, finished, in a folder with a space in its name."""
    made = tmp_path / "my stick"
    for name in (WHEEL, OTHER, stick.README):
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (made / stick.FACTS).write_text(json.dumps({"commit": "abc"}))
    names = (WHEEL, OTHER, stick.README, stick.FACTS)
    (made / stick.SUMS).write_text("".join(f"{digest(made / name)}  {name}\n" for name in names))
    return made


def test_a_whole_stick_is_taken(folder: Path) -> None:
    """What is checked is told, with its size."""
    told: list[str] = []
    opened(folder).check(PLACE, told.append)
    assert [f"checking {PLACE} on the stick (1 files, 0 MB)"] == told


def damage(path: Path) -> None:
    """One byte of it."""
    path.write_bytes(b"X" + path.read_bytes()[1:])


@pytest.mark.parametrize("harm", [damage, Path.unlink])
def test_a_damaged_or_a_missing_file_is_told(folder: Path, harm: Callable[[Path], None]) -> None:
    """By its name, with what to do."""
    harm(folder / WHEEL)
    with pytest.raises(NotWhole, match=r"flask-1-py3-none-any\.whl on the stick is not as it was packed") as error:
        opened(folder).check(PLACE, silent)
    assert f"./lab pack {folder}" in error.value.mend


def test_only_what_is_used_is_checked(folder: Path) -> None:
    """A student with Docker does not wait for packages."""
    damage(folder / OTHER)
    opened(folder).check(PLACE, silent)


def test_a_wheel_that_somebody_has_added_is_told(folder: Path) -> None:
    """pip would take it."""
    (folder / PLACE / "flask-2-py3-none-any.whl").touch()
    with pytest.raises(NotWhole, match=r"flask-2-py3-none-any\.whl on the stick was not put there"):
        opened(folder).check(PLACE, silent)


def test_what_a_mac_leaves_on_a_stick_is_let_be(folder: Path) -> None:
    """A hidden file beside each."""
    (folder / PLACE / "._flask-1-py3-none-any.whl").touch()
    opened(folder).check(PLACE, silent)


def test_a_folder_that_is_no_stick_is_told(tmp_path: Path) -> None:
    """Or one whose packing was broken off: the sums are written last."""
    with pytest.raises(NotWhole, match="it has no SHA256SUMS"):
        opened(tmp_path)


def test_unreadable_sums_are_told(folder: Path) -> None:
    """As after a bad copy."""
    (folder / stick.SUMS).write_text("nonsense\n")
    with pytest.raises(NotWhole, match="cannot be read"):
        opened(folder)


def test_another_distribution_is_told_what_there_is(folder: Path) -> None:
    """And how its own is added."""
    with pytest.raises(NotWhole, match=r"\(it has: atari-1-m68k\)") as error:
        opened(folder).packages()
    assert f"./lab pack {folder}" in error.value.mend


def test_another_python_is_told_what_there_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its wheels would not do."""
    monkeypatch.setattr(stick, "python_tag", lambda: "python4.0-linux-x86_64")
    with pytest.raises(NotWhole, match=rf"no wheels for python4.0-linux-x86_64 \(it has: {python_tag()}\)"):
        opened(folder).pip()


def test_pip_takes_everything_from_the_stick(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is told elsewhere; and a space in the path does not cut it in two."""
    monkeypatch.setenv("PIP_INDEX_URL", "https://example.org/simple")
    environ = opened(folder).pip()
    own = {name: value for name, value in environ.items() if name.startswith("PIP_")}
    assert {"PIP_CONFIG_FILE", "PIP_NO_INDEX", "PIP_FIND_LINKS"} == set(own)
    assert own["PIP_FIND_LINKS"].endswith(f"/my%20stick/{PLACE}")
    assert "HOME" in environ


def test_apt_has_the_stick_as_its_only_source(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the system's lists are left as they are."""
    monkeypatch.setattr(stick, "distribution_tag", lambda: "atari-1-m68k")
    command = opened(folder).apt(tmp_path / "apt")
    assert f"Dir::Etc::SourceList={tmp_path}/apt/sources.list" in command
    assert {"Dir::Etc::SourceParts=-", f"Dir::State::Lists={tmp_path}/apt/lists"} <= set(command)
    expected = f"deb [trusted=yes] file:{str(folder).replace(' ', '%20')}/{stick.PACKAGES}/atari-1-m68k ./\n"
    assert expected == (tmp_path / "apt" / "sources.list").read_text()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["up", "--from", "/media/x"], "/media/x"),
        (["up", "--native", "--from=/media/x"], "/media/x"),
        (["--lang", "ru", "up", "--from", "/media/x"], "/media/x"),
        (["up"], None),
        (["up", "--from"], None),
        (["send", "--from", "/media/x"], None),
    ],
)
def test_the_stick_is_known_before_anything_is_installed(typed: list[str], found: str | None) -> None:
    """``lab`` reads it by itself, since what reads it later is installed from there."""
    assert (Path(found) if found else None) == given(typed)


def test_a_first_start_says_that_there_is_no_stick(tmp_path: Path) -> None:
    """At once, before anything is made; with the exit code of what must be mended first."""
    for name in ("lab", "cli/__init__.py", "cli/pack/__init__.py", "cli/pack/stick.py"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, str(tmp_path / "lab"), "up", "--from", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert 3 == done.returncode, done.stderr
    assert "is no folder that ./lab pack has finished" in done.stderr
    assert "→ Give the folder that ./lab pack has written" in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.fixture
def stages(tmp_path: Path) -> tuple[Path, Path]:
    """What is to be on the stick, and what is."""
    source, target = tmp_path / "source", tmp_path / "target"
    for there in (source, target):
        there.mkdir()
    for name in ("kept", "damaged", "new"):
        (source / name).write_text(f"this is {name}")
    (target / "kept").write_text("this is kept")
    (target / "damaged").write_text("thiS is damaged")
    (target / "old").touch()
    return source, target


def test_only_what_is_new_or_damaged_is_copied(stages: tuple[Path, Path]) -> None:
    """What is there and whole stays; what is not wanted any more goes."""
    source, target = stages
    before = (target / "kept").stat().st_mtime_ns
    sums = packing.bring(source, target)
    assert {name: digest(target / name) for name in ("kept", "damaged", "new")} == sums
    assert before == (target / "kept").stat().st_mtime_ns
    assert {path.name: path.read_text() for path in source.iterdir()} == {
        path.name: path.read_text() for path in target.iterdir()
    }


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """A packing with one wheel, for a Python and a commit that can be set, and no network."""
    wheel, lab, folder = tmp_path / "stage" / "flask-1.whl", tmp_path / "checkout", tmp_path / "stick"
    npm = tmp_path / "npm"
    for made in (wheel.parent, lab, npm):
        made.mkdir()
    wheel.write_text("a wheel")
    monkeypatch.setattr(packing.wheels, "gather", lambda _: wheel.parent)
    monkeypatch.setattr(packing.npm, "gather", lambda _: npm)
    monkeypatch.setattr(packing.debs, "gather", lambda _: None)
    monkeypatch.setattr(packing.repository, "commit", lambda: "abc")

    def write(there: Path) -> None:
        (there / stick.BUNDLE).write_text("a bundle")
        (there / stick.ARCHIVE).write_text("an archive")

    monkeypatch.setattr(packing.repository, "write", write)

    def packed() -> Path:
        packing.pack(a_lab(lab), folder, with_images=False)
        return folder

    return packed


def test_what_is_packed_is_whole(packs: Callable[[], Path]) -> None:
    """Every file has its sum, and the README names what is there."""
    folder = packs()
    found = opened(folder)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*found.sums, stick.SUMS}
    assert {} == {name: value for name, value in found.sums.items() if digest(folder / name) != value}
    assert f"{PLACE}: 1 files" in (folder / stick.README).read_text()


def test_what_was_packed_for_another_python_stays(packs: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """One stick for a room of two kinds; and what was damaged there in between is not declared whole."""
    folder = packs()
    damage(folder / PLACE / "flask-1.whl")
    monkeypatch.setattr(stick, "python_tag", lambda: "python4.0-linux-x86_64")
    packs()
    found = opened(folder)
    found.check(f"{stick.WHEELS}/python4.0-linux-x86_64", silent)
    with pytest.raises(NotWhole, match=r"flask-1\.whl on the stick is not as it was packed"):
        found.check(PLACE, silent)


def test_packing_again_writes_the_repository_only_where_it_has_changed(
    packs: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or where it was damaged on the stick."""
    folder = packs()
    written: list[str] = []
    monkeypatch.setattr(packing.repository, "write", lambda there: written.append(there.name))
    packs()
    assert [] == written
    monkeypatch.setattr(packing.repository, "commit", lambda: "def")
    packs()
    assert [folder.name] == written
    damage(folder / stick.BUNDLE)
    packs()
    assert [folder.name] * 2 == written


def test_a_packing_that_was_broken_off_is_no_stick(packs: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was there before: it may be half old and half new."""
    folder = packs()

    def full(*_: object) -> None:
        raise Broken("the disk is full")

    monkeypatch.setattr(packing, "bring", full)
    with pytest.raises(Broken, match="the disk is full"):
        packs()
    with pytest.raises(NotWhole, match="it has no SHA256SUMS"):
        opened(folder)


def test_a_full_stick_is_told_before_anything_is_copied(
    stages: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how much it has and how much is needed."""
    source, target = stages
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(packing.shutil, "disk_usage", lambda _: usage(5_000_000))
    with pytest.raises(Broken, match="has 5 MB free, and 10 MB more are needed") as error:
        packing.bring(source, target)
    assert "larger stick" in error.value.mend
    assert not (target / "new").exists()


def test_a_stick_inside_the_checkout_is_refused(tmp_path: Path) -> None:
    """It would be packed with it the next time."""
    with pytest.raises(WrongUse, match="lies in the checkout"):
        packing.pack(a_lab(tmp_path), tmp_path / "out")


def test_a_stick_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """As where a file lies in its place."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(Broken, match="cannot be written") as error:
        packing.pack(a_lab(checkout), tmp_path / "file" / "stick")
    assert "mounted" in error.value.mend


def test_pip_s_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the wheels are not taken for complete."""

    def fails(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "WARNING: Retrying\nERROR: No matching distribution\n")

    monkeypatch.setattr(wheels.subprocess, "run", fails)
    for _ in range(2):
        with pytest.raises(Broken, match="ERROR: No matching distribution") as error:
            wheels.gather(tmp_path)
        assert "network" in error.value.mend


def test_wheels_are_downloaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And again when a requirement changes."""
    calls: list[list[str]] = []

    def works(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(wheels.subprocess, "run", works)
    wheels.gather(tmp_path)
    wheels.gather(tmp_path)
    assert 1 == len(calls)
    monkeypatch.setattr(wheels, "wanted", lambda: "something else")
    wheels.gather(tmp_path)
    assert 2 == len(calls)


def test_a_computer_without_apt_packs_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A teacher's Mac has wheels of its own, and images."""
    monkeypatch.setattr(debs.shutil, "which", lambda _: None)
    assert debs.gather(tmp_path) is None


def test_apt_s_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first error, not its warnings."""

    def fails(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 100, "", "W: old list\nE: Unable to fetch some archives\n")

    monkeypatch.setattr(debs.shutil, "which", lambda name: name)
    monkeypatch.setattr(debs.subprocess, "run", fails)
    with pytest.raises(Broken, match="E: Unable to fetch some archives") as error:
        debs.gather(tmp_path)
    assert "apt-get update" in error.value.mend


@pytest.mark.parametrize(
    ("downloaded", "on_stick"),
    [
        ("erlang-base_1%3a25.2.3+dfsg-1_amd64.deb", "erlang-base_25.2.3+dfsg-1_amd64.deb"),
        ("nginx_1.22.1-9_amd64.deb", "nginx_1.22.1-9_amd64.deb"),
    ],
)
def test_a_package_has_a_name_that_every_file_system_takes(downloaded: str, on_stick: str) -> None:
    """FAT has no colon, and apt decodes an escaped one."""
    assert on_stick == debs.name_on_stick(downloaded)


def test_without_the_right_to_install_the_line_to_type_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the stick as its source, ready to be copied."""
    monkeypatch.setattr(packages, "missing", lambda: ["nginx"])
    monkeypatch.setattr(packages, "may_install", lambda: False)
    with pytest.raises(Broken, match="nginx must be installed") as error:
        packages.ensure(a_lab(tmp_path), lambda _: ["apt-get", "-o", "Dir::Cache=/my stick"])
    apt = "sudo apt-get -o 'Dir::Cache=/my stick'"
    assert f"{apt} update && {apt} install -y --no-install-recommends nginx" == error.value.mend


def test_what_later_lessons_need_comes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once each, and only what is not there."""
    wanted: list[list[str]] = []
    monkeypatch.setattr(packages, "missing", lambda: ["nginx"])
    monkeypatch.setattr(packages, "found", lambda name: None if name in {"nginx", "git"} else name)
    monkeypatch.setattr(packages, "_install", lambda names, _: wanted.append(names))
    monkeypatch.setattr(packages, "mongod", lambda _: "mongod")
    packages.ensure(a_lab(tmp_path), None, ("nginx", "git", "curl"))
    assert [["nginx", "git"]] == wanted


def test_images_of_a_stick_are_not_built_anew(tmp_path: Path) -> None:
    """Building asks a network."""
    lab = a_lab(tmp_path)
    stack = ComposeStack(lab)
    assert ["--build"] == stack._whence()
    from_a_stick(lab).parent.mkdir(parents=True)
    from_a_stick(lab).touch()
    assert ["--no-build", "--pull", "never"] == stack._whence()


@pytest.mark.parametrize(
    ("images", "wish", "way"),
    [(True, None, None), (False, None, "native"), (False, "docker", "docker"), (True, "native", "native")],
)
def test_a_stick_without_images_is_for_the_native_way(images: bool, wish: Any, way: str | None) -> None:
    """Where nobody has said which."""
    found = Stick(Path("/media/stick"), {stick.SAVED: ""} if images else {}, {})
    assert way == unpacking.way(found, wish)


def test_docker_is_asked_for_and_there_are_no_images(folder: Path, tmp_path: Path) -> None:
    """Then it says so, and what else there is."""
    with pytest.raises(Broken, match="no container images") as error:
        unpacking._docker(a_lab(tmp_path), opened(folder))
    assert "--native" in error.value.mend


def test_what_pip_was_told_is_as_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The services of the lab start without what only the installation needs."""
    monkeypatch.setenv("PIP_INDEX_URL", "https://example.org/simple")
    seen: list[str | None] = []
    monkeypatch.setattr(unpacking, "requirements", SimpleNamespace(REQUIREMENTS=(), missing=lambda *_: []))
    monkeypatch.setattr(
        unpacking.requirements, "install", lambda *_: seen.append(os_environ("PIP_NO_INDEX")), raising=False
    )
    unpacking.bring(a_lab(folder.parent), "docker", with_images(folder, monkeypatch))
    assert ["1"] == seen
    assert (None, "https://example.org/simple") == (os_environ("PIP_NO_INDEX"), os_environ("PIP_INDEX_URL"))


def os_environ(name: str) -> str | None:
    """What a child would be told now."""
    return unpacking.os.environ.get(name)


def with_images(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Stick:
    """The stick, for whom nothing is loaded."""
    monkeypatch.setattr(unpacking, "_docker", lambda *_: None)
    return opened(folder)
