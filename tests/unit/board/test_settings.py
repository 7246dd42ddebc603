"""What the board is told."""

from pathlib import Path

import pytest

from board.settings import read


def test_without_a_token_there_is_no_agent() -> None:
    """As in Compose without ./lab."""
    assert "" == read({}).agent_token


def test_controls_can_be_off() -> None:
    """By LAB_CONTROLS."""
    assert (True, False) == (read({}).controls, read({"LAB_CONTROLS": "off"}).controls)


def test_the_addresses_of_workers_are_read_each_time(tmp_path: Path) -> None:
    """They change with ./lab scale; a file that is being written is as good as none."""
    file = tmp_path / "workers.json"
    board = read({"BOARD_WORKERS_FILE": str(file)})
    assert {} == board.worker_addresses()
    file.write_text('{"pyworker": ["http://127.0.0.1:1"]}')
    assert {"pyworker": ["http://127.0.0.1:1"]} == board.worker_addresses()


def test_a_port_that_is_none_is_refused() -> None:
    """With words."""
    with pytest.raises(ValueError, match="port"):
        read({"BOARD_PORT": "many"})
