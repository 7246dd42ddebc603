"""Starts one program of the native lab, after ending what a killed predecessor has left behind. Linux, no imports
beyond the standard library: it runs before every start and must cost nothing.

    python -I -S cli/launch.py RECORD ENVIRONMENT COMMAND…

When a master is killed with -9, its children live on: nginx workers keep the port for ever, gunicorn's until they
notice. supervisord starts the next master at once, which would find the port taken. So each start records the process
group it leads (supervisord gives every child its own) and ends whatever is left of the one recorded before.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

GRACE = 1.5
POLL = 0.02


def main() -> None:
    """Replaces itself with the command, so that supervisord's child is the program itself."""
    record, environment, command = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    end_group(record)
    write(record, os.getpid())
    os.execvpe(command[0], command, {**os.environ, **json.loads(environment.read_text(encoding="utf-8"))})


def end_group(record: Path) -> list[int]:
    """Ends the group in ``record``, first with SIGTERM, then with SIGKILL; returns the pids that were ended."""
    found = leftovers(record)
    send(found, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while found and leftovers(record) and time.monotonic() < deadline:
        time.sleep(POLL)
    send(leftovers(record), signal.SIGKILL)
    while found and leftovers(record) and time.monotonic() < deadline + GRACE:
        time.sleep(POLL)
    return found


def write(record: Path, pid: int) -> None:
    """Remembers that ``pid`` leads a group of ours, with what tells it from a later process of the same number."""
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps({"pid": pid, "started": started(pid), "boot": boot()}))


def leftovers(record: Path) -> list[int]:
    """The living processes of the recorded group, none if the number belongs to somebody else by now."""
    try:
        known = json.loads(record.read_text())
        pid, since = int(known["pid"]), int(known["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return []
    if known.get("boot") != boot() or pid == os.getpid() or started(pid) not in {None, since}:
        return []
    return [member for member, group, state in processes() if group == pid and state != "Z"]


def processes() -> Iterator[tuple[int, int, str]]:
    """Pid, process group and state letter of every process."""
    for pid in [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]:
        fields = stat(pid)
        if fields:
            yield pid, int(fields[2]), fields[0]


def started(pid: int) -> int | None:
    """When the process started, in ticks since boot; None if there is none."""
    fields = stat(pid)
    return int(fields[19]) if fields else None


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; the name before it may hold blanks and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def boot() -> str:
    """What tells this boot from every other one."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def send(pids: list[int], number: int) -> None:
    """The signal to each of them that is still there and ours."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


if __name__ == "__main__":
    main()
