"""Programs beside the lab's own are started, counted and gone again."""

import sys
from pathlib import Path

import psutil
import pytest

from bench.servers import Workers, finish
from cli.errors import Failed

SLEEP = "import time; time.sleep(60)"
PARENT = [sys.executable, "-c", f"import subprocess; subprocess.run({[sys.executable, '-c', SLEEP]})"]


def test_workers_are_stopped_together(tmp_path: Path) -> None:
    """And none is counted afterwards."""
    workers = Workers()
    started = [workers.start(PARENT, {}, tmp_path / "log") for _ in range(2)]
    assert {one.pid for one in started} <= set(workers.pids())
    workers.stop()
    assert [] == workers.pids()
    assert [] == [one.pid for one in started if psutil.pid_exists(one.pid)]


def test_workers_can_be_started_again(tmp_path: Path) -> None:
    """Each round does."""
    workers = Workers()
    for _ in range(2):
        process = workers.start(PARENT, {}, tmp_path / "log")
        assert process.pid in workers.pids()
        workers.stop()


def test_a_program_that_fails_says_where_its_words_are(tmp_path: Path) -> None:
    """With its status, and the name of its module."""
    with pytest.raises(Failed, match=r"import sys.* ended with 3") as caught:
        finish([sys.executable, "-c", "import sys; sys.exit(3)"], {}, tmp_path / "fill.log")
    assert "fill.log" in str(caught.value.mend)


def test_a_program_that_succeeds_is_run_to_its_end(tmp_path: Path) -> None:
    """What it has written is there."""
    finish([sys.executable, "-c", "print('done')"], {}, tmp_path / "fill.log")
    assert "done\n" == (tmp_path / "fill.log").read_text()
