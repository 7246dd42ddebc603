"""The files that the programs of the native way read."""

import json
import shlex
from configparser import RawConfigParser
from pathlib import Path

import pytest

from cli import rabbit, supervisord
from cli.config import Lab
from cli.programs import WATCH_PORTS, Program, Tools, port_names, programs
from cli.render import render, values
from tests.unit.cli.fakes import a_lab

PORTS = {name: 20000 + place for place, name in enumerate([*rabbit.PORTS, *WATCH_PORTS, "PYWORKER_PORT_2"])}
TOOLS = Tools("/bin/mongod", "/bin/rabbitmq-server", "/bin/nginx")


def all_programs(lab: Lab, **scale: int) -> dict[str, Program]:
    return {program.name: program for program in programs(lab, TOOLS, PORTS, scale, "text")}


def section(lab: Lab, program: Program) -> dict[str, str]:
    parser = RawConfigParser(inline_comment_prefixes=(";",), strict=False)
    parser.read_string(supervisord.configuration(lab, [program]))
    return dict(parser[f"program:{program.name}"])


def test_every_service_is_a_program_of_the_same_name(tmp_path: Path) -> None:
    """So that people know them from Compose."""
    expected = {"mongo", "rabbitmq", "flask", "asyncapp", "pyworker", "asyncworker", "board", "nginx"}
    assert expected == set(all_programs(a_lab(tmp_path)))


def test_the_second_worker_has_a_name_and_a_port_of_its_own(tmp_path: Path) -> None:
    """The first keeps PYWORKER_PORT."""
    found = all_programs(a_lab(tmp_path), pyworker=2)
    ports = (found["pyworker"].environment["WORKER_PORT"], found["pyworker-2"].environment["WORKER_PORT"])
    assert ("5011", str(PORTS["PYWORKER_PORT_2"])) == ports


def test_only_copies_need_chosen_ports(tmp_path: Path) -> None:
    """Everything else has a variable."""
    assert [*rabbit.PORTS, *WATCH_PORTS, "PYWORKER_PORT_2"] == port_names({"pyworker": 2})


def test_services_listen_on_loopback_whatever_the_lab_binds(tmp_path: Path) -> None:
    """Others come in through nginx only."""
    lab = a_lab(tmp_path, LAB_BIND="0.0.0.0", RABBIT_PASSWORD="a long one")
    assert all_programs(lab)["flask"].environment["BIND_HOST"] == "127.0.0.1"


def test_the_password_stands_in_a_file_only_its_owner_reads(tmp_path: Path) -> None:
    """Whatever it is made of, the launcher reads it back."""
    lab = a_lab(tmp_path, RABBIT_PASSWORD='100% "it\'s" ; # secret')
    supervisord.write(lab, all_programs(lab).values())
    path = supervisord.environment_path(lab, "flask")
    assert (
        json.loads(path.read_text())["RABBIT_PASSWORD"],
        path.stat().st_mode & 0o777,
    ) == ('100% "it\'s" ; # secret', 0o600)
    assert "secret" not in (lab.state / supervisord.CONFIG).read_text()


def test_a_changed_variable_changes_its_program(tmp_path: Path) -> None:
    """supervisord compares the program's section only, so the section must change with the environment."""
    before, after = (
        section(lab, all_programs(lab)["flask"])
        for lab in (a_lab(tmp_path), a_lab(tmp_path, RABBIT_PASSWORD="another"))
    )
    assert before != after


@pytest.mark.parametrize("word", ["100%", "a b", "it's", "semi;colon", "app.app:create_app()"])
def test_supervisord_reads_back_the_words_of_a_command(tmp_path: Path, word: str) -> None:
    """It splits as a shell does, after filling in what stands behind a percent sign."""
    lab = a_lab(tmp_path)
    command = section(lab, Program("flask", 1, ["run", word]))["command"]
    assert word == shlex.split(command % {})[-1]


def test_a_program_is_started_again_for_ever_without_growing_pauses(tmp_path: Path) -> None:
    """What it needs may come back at any time."""
    lab = a_lab(tmp_path)
    found = section(lab, all_programs(lab)["nginx"])
    assert (found["autorestart"], found["startsecs"], found["stopsignal"]) == ("true", "0", "QUIT")


def test_a_change_of_nginx_s_settings_changes_its_program(tmp_path: Path) -> None:
    """supervisord compares the program's section only."""
    lab = a_lab(tmp_path)
    before, after = (section(lab, programs(lab, TOOLS, PORTS, {}, text)[-1]) for text in ("one", "two"))
    assert before != after


def test_a_long_state_folder_puts_the_socket_elsewhere(tmp_path: Path) -> None:
    """The path of a socket has at most 107 bytes."""
    lab = a_lab(tmp_path, LAB_STATE=str(tmp_path / ("long" * 30)))
    assert len(str(supervisord.socket_path(lab))) <= supervisord.SOCKET_PATH_LIMIT


def test_a_short_state_folder_holds_the_socket(tmp_path: Path) -> None:
    """Where everything else is."""
    lab = Lab(tmp_path, Path("/tmp/s"), a_lab(tmp_path).variables)
    assert Path("/tmp/s/supervisor.sock") == supervisord.socket_path(lab)


def test_rendering_fills_in_what_is_known_and_leaves_nginx_s_own_variables() -> None:
    """``$uri`` and ``${msec}`` are nginx's."""
    assert render("listen ${HTTP}; $uri ${msec} ${OTHER}", {"HTTP": "8080"}) == "listen 8080; $uri ${msec} ${OTHER}"


def test_the_templates_need_no_variable_that_is_not_given(tmp_path: Path) -> None:
    """Else nginx would be started with a hole in its settings."""
    root = Path(__file__).resolve().parents[3]
    for template in sorted((root / "nginx").glob("*.template")):
        assert "${" not in render(template.read_text(), values(a_lab(tmp_path), 8081)).replace("${msec}", "")


def test_the_broker_listens_on_loopback_only(tmp_path: Path) -> None:
    """Its default user is known to everybody."""
    text = rabbit.config(a_lab(tmp_path), PORTS)
    assert [line for line in text.splitlines() if "listeners" in line] == ["listeners.tcp.1 = 127.0.0.1:5672"]


def test_the_broker_also_listens_where_the_lab_is_bound(tmp_path: Path) -> None:
    """And still where the lab's own services look for it."""
    text = rabbit.config(a_lab(tmp_path, LAB_BIND="10.0.0.2", RABBIT_PASSWORD="a long one"), PORTS)
    assert "listeners.tcp.1 = 10.0.0.2:5672\nlisteners.tcp.2 = 127.0.0.1:5672" in text


def test_two_labs_have_two_brokers(tmp_path: Path) -> None:
    """Name, port mapper and cookie differ, so that one cannot stop the other."""
    first = rabbit.environment(a_lab(tmp_path), PORTS)
    second = rabbit.environment(a_lab(tmp_path, RABBIT_PORT="5673", LAB_STATE="other"), PORTS)
    assert {"RABBITMQ_NODENAME", "HOME"} <= {name for name in first if first[name] != second[name]}
