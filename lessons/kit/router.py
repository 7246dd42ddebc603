"""A student's own nginx, beside the lab's: their file in a configuration of its own, on a free port.

``python -m lessons.kit.router FILE`` runs it until Ctrl-C, in front of two services that tell what has arrived.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lessons.kit.behind import service
from lessons.kit.ports import free_port, listens
from lessons.kit.program import LAST_LINES, Running
from lessons.kit.verdict import CannotJudge, NotYet
from lessons.kit.waiting import until

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 10.0
LOGS_WITHIN = 2.0
PLACES = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"))
"""Where nginx is, and PATH often does not lead."""
INSTALL = (
    "sudo apt-get install nginx && sudo systemctl disable --now nginx (Debian, Ubuntu); brew install nginx (macOS)"
)
FRAME = """
daemon off;
${USER}
pid nginx.pid;
worker_processes 1;
error_log stderr;
events { worker_connections 128; }
http {
    log_format hops '"$request": $status; asked: $upstream_addr, which said: $upstream_status';
    access_log /dev/stdout hops;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include ${FILE};
}
"""
UNPACK = "mkdir /tmp/own && tar xf - -C /tmp/own && exec nginx -p /tmp/own/ -c nginx.conf -e stderr"


@dataclass
class Router:
    """nginx with the student's file in it."""

    url: str
    access: Path
    """What it has passed, a request a line."""

    def last(self) -> str:
        """What nginx itself says of the last request: its answer, whom it asked, and what that one said."""
        until(lambda: self.access.stat().st_size, LOGS_WITHIN)
        lines = self.access.read_text(encoding="utf-8", errors="replace").splitlines()
        return f"nginx: {lines[-1]}" if lines else ""


@contextmanager
def router(file: Path, scratch: Path, values: Mapping[str, str]) -> Iterator[Router]:
    """nginx with this file, in which ``${LISTEN}`` and the names of ``values`` are filled in, while the block lasts.

    NotYet, with nginx's own words, where it does not take the file; CannotJudge where there is no nginx.
    """
    if not file.is_file():
        raise NotYet(f"{file.name} among your files", "there is none")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="router-", dir=scratch) as made:
        folder = Path(made)
        filled = _filled(file.read_text(encoding="utf-8"), {"LISTEN": f"127.0.0.1:{port}", **values})
        (folder / file.name).write_text(filled, encoding="utf-8", newline="\n")
        started = _start(folder, file.name)
        try:
            _wait_until_it_listens(started, port)
            yield Router(f"http://127.0.0.1:{port}", folder / "access.log")
        finally:
            started.end()


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def _start(folder: Path, name: str) -> Running:
    own = shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), PLACES)))
    is_root = own and hasattr(os, "geteuid") and os.geteuid() == 0
    # Started by root, its workers stay root: only root may look into the folder.
    frame = _filled(FRAME, {"USER": "user root;" if is_root else "", "FILE": name})
    (folder / "nginx.conf").write_text(frame, encoding="utf-8", newline="\n")
    command = [own, "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr"] if own else _in_docker()
    with (folder / "access.log").open("wb") as out, (folder / "error.log").open("wb") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=out, stderr=errors, cwd=folder, start_new_session=True
        )
    assert process.stdin is not None
    with process.stdin:
        if not own:
            process.stdin.write(_packed(folder))
    return Running(name, process, folder / "error.log")


def _in_docker() -> list[str]:
    """The lab's own image of nginx; it gets the files through its standard input."""
    if shutil.which("docker") is None or sys.platform != "linux":
        raise CannotJudge("your router needs nginx, and there is no such program on this computer", INSTALL)
    asked = ["docker", "compose", "config", "--format", "json"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotJudge(f"there is no nginx here, and Docker does not answer: {done.stderr.strip()}", INSTALL)
    image = json.loads(done.stdout)["services"]["nginx"]["image"]
    return ["docker", "run", "--rm", "-i", "--network", "host", "--entrypoint", "sh", image, "-c", UNPACK]


def _packed(folder: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for file in folder.glob("*.conf"):
            archive.add(file, file.name)
    return packed.getvalue()


def _wait_until_it_listens(started: Running, port: int) -> None:
    is_up = until(lambda: not started.runs or listens(port), STARTS_WITHIN) and started.runs
    words = started.said().replace(f"{started.log.parent}/", "")
    if f":{port} failed" in words:
        raise CannotJudge(f"port {port} was taken meanwhile", "Try again.")
    if not is_up:
        last = "\n".join(words.strip().splitlines()[-LAST_LINES:])
        seen = f"nobody listens there\n{last}" if started.runs else f"it ends at once:\n{last}"
        raise NotYet(f"nginx takes {started.file}, and listens on ${{LISTEN}} (127.0.0.1:{port})", seen.strip())


def main(file: str) -> None:
    """Until Ctrl-C."""
    with tempfile.TemporaryDirectory() as scratch, service("the first") as first, service("the second") as second:
        values = {"FIRST": first.address, "SECOND": second.address}
        with router(Path(file), Path(scratch), values) as own:
            sys.stdout.write(f"Your router: {own.url}/mine/ (Ctrl-C ends it)\n")
            shown = 0
            while True:
                lines = own.access.read_text(encoding="utf-8").splitlines()
                sys.stdout.writelines(f"{line}\n" for line in lines[shown:])
                shown = len(lines)
                sys.stdout.flush()
                time.sleep(0.2)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(0)
    except (NotYet, CannotJudge) as error:
        sys.exit(f"{error} {getattr(error, 'mend', '')}")
