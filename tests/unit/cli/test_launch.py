"""What a killed master has left behind is ended before the next one starts; what belongs to others is not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cli import launch
from cli.tail import Reader, last_lines

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the native way is Linux only")

MASTER = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); print('up', flush=True); time.sleep(60)"


@pytest.fixture
def master() -> Iterator[subprocess.Popen[str]]:
    """A process that leads a group of its own, with a child."""
    command = [sys.executable, "-c", MASTER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        try:
            yield process
        finally:
            if launch.stat(process.pid) or any(group == process.pid for _, group, _ in launch.processes()):
                os.killpg(process.pid, signal.SIGKILL)


def test_a_killed_master_s_children_are_ended(master: subprocess.Popen[str], tmp_path: Path) -> None:
    """They would keep the port."""
    record = tmp_path / "record.json"
    launch.write(record, master.pid)
    master.kill()
    master.wait()
    assert len(launch.leftovers(record)) == 1
    launch.end_group(record)
    assert launch.leftovers(record) == []


def test_a_process_of_the_same_number_that_started_later_is_left_alone(
    master: subprocess.Popen[str], tmp_path: Path
) -> None:
    """Numbers come again."""
    record = tmp_path / "record.json"
    launch.write(record, master.pid)
    record.write_text(record.read_text().replace(str(launch.started(master.pid)), "1"))
    assert launch.leftovers(record) == []


def test_a_record_of_another_boot_means_nothing(master: subprocess.Popen[str], tmp_path: Path) -> None:
    """After a restart of the computer all numbers are others'."""
    record = tmp_path / "record.json"
    launch.write(record, master.pid)
    record.write_text(record.read_text().replace(launch.boot(), "another"))
    assert launch.leftovers(record) == []


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": "x"}'])
def test_a_damaged_record_means_nothing(tmp_path: Path, text: str) -> None:
    """The program starts all the same."""
    record = tmp_path / "record.json"
    record.write_text(text)
    assert launch.end_group(record) == []


def test_the_last_lines_of_a_log_are_read_from_its_end(tmp_path: Path) -> None:
    """However long it is."""
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(20_000)))
    assert last_lines(log, 2) == ["line 19998", "line 19999"]


def test_following_goes_on_in_the_new_file_after_a_rotation(tmp_path: Path) -> None:
    """Without losing the last lines of the old one."""
    log = tmp_path / "log"
    log.write_text("before\n")
    with closing(Reader(log)) as reader:
        with log.open("a") as file:
            file.write("old\n")
        log.rename(tmp_path / "log.1")
        log.write_text("new\n")
        assert list(reader.lines()) == ["old", "new"]


def test_ending_waits_no_longer_than_it_must(master: subprocess.Popen[str], tmp_path: Path) -> None:
    """Most programs end at once on SIGTERM."""
    record = tmp_path / "record.json"
    launch.write(record, master.pid)
    begun = time.monotonic()
    launch.end_group(record)
    assert time.monotonic() - begun < launch.GRACE
