"""supervisord's files: where they are, and what stands in them."""

import hashlib
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cli.config import Lab
from cli.programs import Program

CONFIG = "supervisord.conf"
SOCKET_PATH_LIMIT = 107
# supervisord first binds a name with its pid behind and renames it.
SOCKET_SUFFIX = 12
FILES = 65536
STOP_WAIT = 12
LOG_BYTES = "10MB"
LOG_BACKUPS = 3


def socket_path(lab: Lab) -> Path:
    """Where supervisord listens: in the state folder, or in the temporary folder where that path is too long."""
    path = lab.state / "supervisor.sock"
    if len(os.fsencode(path)) + SOCKET_SUFFIX <= SOCKET_PATH_LIMIT:
        return path
    return Path(tempfile.gettempdir(), f"{lab.name}.sock")


def log_path(lab: Lab, program: str) -> Path:
    """The log of a program; supervisord's own is called supervisord."""
    return lab.state / "log" / f"{program}.log"


def record_path(lab: Lab, program: str) -> Path:
    """Where the launcher records the process group of a program."""
    return lab.state / "run" / f"{program}.json"


def environment_path(lab: Lab, program: str) -> Path:
    """Where the launcher finds a program's environment: supervisord's settings have no way to write every value."""
    return lab.state / "env" / f"{program}.json"


def quoted(word: str) -> str:
    """A word of a command as supervisord's settings file reads it back."""
    return shlex.quote(word).replace("%", "%%")


def configuration(lab: Lab, programs: Iterable[Program]) -> str:
    """The whole settings file."""
    return "\n".join([_head(lab), *(_section(lab, program) for program in programs)])


def _head(lab: Lab) -> str:
    return f"""[unix_http_server]
file={_plain(socket_path(lab))}
chmod=0700

[supervisord]
logfile={_plain(log_path(lab, "supervisord"))}
logfile_maxbytes={LOG_BYTES}
logfile_backups={LOG_BACKUPS}
pidfile={_plain(lab.state / "supervisord.pid")}
childlogdir={_plain(lab.state / "log")}
directory={_plain(lab.root)}
identifier={lab.name}
minfds={_files()}
silent=true
{_user()}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""


def _section(lab: Lab, program: Program) -> str:
    """One program. startsecs=0: a program that ends at once is started again every second, without growing pauses
    and without ever being given up, because its port, its database or its broker may come back at any time."""
    files = [str(record_path(lab, program.name)), str(environment_path(lab, program.name))]
    launcher = [sys.executable, "-I", "-S", str(lab.root / "cli" / "launch.py"), *files]
    return f"""[program:{program.name}]
command={" ".join(quoted(word) for word in [*launcher, *program.command])}
directory={_plain(lab.root)}
environment=TASKLAB_SETTINGS="{digest(program)}"
autostart=true
autorestart=true
startsecs=0
startretries=1000000
stopsignal={program.stop_signal}
stopwaitsecs={STOP_WAIT}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile={_plain(log_path(lab, program.name))}
stdout_logfile_maxbytes={LOG_BYTES}
stdout_logfile_backups={LOG_BACKUPS}
"""


def digest(program: Program) -> str:
    """Stands in the settings file, so that supervisord takes a changed environment for a changed program."""
    text = json.dumps([program.settings, sorted(program.environment.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write(lab: Lab, programs: Iterable[Program]) -> None:
    """The settings file, and the environment of each program. They hold the password: only this user may read them."""
    found = list(programs)
    _write_private(lab.state / CONFIG, configuration(lab, found))
    for program in found:
        _write_private(environment_path(lab, program.name), json.dumps(dict(program.environment), indent=1))


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _plain(path: Path) -> str:
    return str(path).replace("%", "%%")


def _files() -> int:
    """How many files each program may open: what RabbitMQ asks for, as far as this user may."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)


def _user() -> str:
    return "user=root\n" if os.geteuid() == 0 else ""
