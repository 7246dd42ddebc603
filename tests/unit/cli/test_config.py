"""Settings: .env, under what the up that started the lab was given, under the environment of this command."""

from pathlib import Path

import pytest

from cli import memory
from cli.config import is_loopback, load
from cli.errors import Broken
from tests.unit.cli.fakes import a_lab


def test_the_file_says_what_the_environment_does_not(tmp_path: Path) -> None:
    """.env is the base."""
    assert a_lab(tmp_path).port("FLASK_PORT") == 5001


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """So that two labs can run side by side from one checkout."""
    assert a_lab(tmp_path, FLASK_PORT="6001").port("FLASK_PORT") == 6001


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    """As it does for Compose's ``${NAME:-default}``."""
    assert a_lab(tmp_path, FLASK_PORT="").port("FLASK_PORT") == 5001


def test_the_environment_wins_inside_other_variables_too(tmp_path: Path) -> None:
    """``MONGO_PORT=1 ./lab up`` also moves MONGO_URI."""
    lab = a_lab(tmp_path, MONGO_PORT="27117")
    assert lab.settings.mongo_uri == "mongodb://localhost:27117/?replicaSet=rs0"


def test_what_up_was_given_holds_for_later_commands(tmp_path: Path) -> None:
    """After ``HTTP_PORT=8080 ./lab up`` the others need not be told again."""
    memory.remember(tmp_path / ".lab", memory.Memory(given={"HTTP_PORT": "8080"}))
    assert a_lab(tmp_path).http == "http://localhost:8080"


def test_the_environment_of_this_command_wins_over_what_up_was_given(tmp_path: Path) -> None:
    """Who says it now means it."""
    memory.remember(tmp_path / ".lab", memory.Memory(given={"HTTP_PORT": "8080"}))
    assert a_lab(tmp_path, HTTP_PORT="9090").http == "http://localhost:9090"


def test_the_usual_port_is_not_typed(tmp_path: Path) -> None:
    """http://localhost, without :80."""
    assert a_lab(tmp_path).http == "http://localhost"


def test_the_state_folder_can_be_another_one(tmp_path: Path) -> None:
    """LAB_STATE, from the checkout on unless it is absolute."""
    assert tmp_path / "elsewhere" == a_lab(tmp_path, LAB_STATE="elsewhere").state


@pytest.mark.parametrize("value", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused_by_name(tmp_path: Path, value: str) -> None:
    """Before anything is started."""
    with pytest.raises(Broken, match="HTTP_PORT"):
        a_lab(tmp_path, HTTP_PORT=value)


def test_one_port_for_two_is_refused(tmp_path: Path) -> None:
    """Naming both."""
    with pytest.raises(Broken, match="FLASK_PORT and HTTP_PORT"):
        a_lab(tmp_path, HTTP_PORT="5001")


def test_a_missing_file_says_how_to_get_it_back(tmp_path: Path) -> None:
    """The mend is a command."""
    with pytest.raises(Broken) as caught:
        load({}, tmp_path)
    assert caught.value.mend == "git checkout -- .env"


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.5", "::", "classroom.example"])
def test_others_are_not_let_in_with_the_password_everybody_knows(tmp_path: Path, address: str) -> None:
    """The words say what to set."""
    with pytest.raises(Broken) as caught:
        a_lab(tmp_path, LAB_BIND=address)
    assert caught.value.exit_code == 3
    assert "RABBIT_USER and RABBIT_PASSWORD" in caught.value.mend


def test_others_are_let_in_with_a_password_of_ones_own(tmp_path: Path) -> None:
    """And the address printed is one that answers."""
    lab = a_lab(tmp_path, LAB_BIND="192.168.1.5", RABBIT_USER="lab", RABBIT_PASSWORD="a long one")
    assert lab.http == "http://192.168.1.5"


@pytest.mark.parametrize(("address", "expected"), [("127.0.0.1", True), ("localhost", True), ("::", False)])
def test_loopback_is_told_from_the_rest(address: str, expected: bool) -> None:
    """Names other than localhost count as reachable."""
    assert expected is is_loopback(address)
