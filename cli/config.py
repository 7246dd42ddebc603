"""Where this lab lives and what it is told: the checkout, the state folder, ``.env`` under the process environment."""

import hashlib
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.main import DotEnv

from cli import memory
from cli.errors import Broken
from cli.language import _
from core.errors import InvalidSetting
from core.settings import Settings, read

ROOT = Path(__file__).resolve().parent.parent
PORTS = (
    "HTTP_PORT",
    "RABBIT_PORT",
    "RABBIT_MANAGEMENT_PORT",
    "MONGO_PORT",
    "FLASK_PORT",
    "ASYNC_PORT",
    "PYWORKER_PORT",
    "ASYNCWORKER_PORT",
    "BOARD_PORT",
    "AGENT_PORT",
    "PROMETHEUS_PORT",
    "GRAFANA_PORT",
)
WATCH_PORTS = {"PROMETHEUS_PORT", "GRAFANA_PORT"}
"""Those of them that nobody listens on in a lab that is not watched."""
PROJECT = "COMPOSE_PROJECT_NAME"
HIGHEST_PORT = 65535
HTTP_DEFAULT_PORT = 80
DEFAULT_PASSWORD = Settings().rabbit_password


@dataclass(frozen=True)
class Lab:
    """One lab: a checkout, its state folder, its settings."""

    root: Path
    state: Path
    variables: Mapping[str, str]
    """Every variable of ``.env``, with the process environment over it."""
    given: Mapping[str, str] = field(default_factory=dict)
    """Those that came from the environment, of this command or of the ``up`` that started the lab."""

    def port(self, name: str) -> int:
        """The port that the variable ``name`` holds."""
        return int(self.text(name))

    def text(self, name: str) -> str:
        """What the variable ``name`` holds; Broken where neither ``.env`` nor the environment sets it."""
        value = self.variables.get(name, "")
        if not value:
            raise Broken(
                _("{name} is not set", name=name),
                part=".env",
                mend=_("Set {name} in .env, or: git checkout -- .env", name=name),
            )
        return value

    @property
    def settings(self) -> Settings:
        """What the services read from the same variables."""
        try:
            return read(self.variables)
        except InvalidSetting as error:
            raise Broken(str(error), part=".env", mend=_("Correct it in .env or in your environment.")) from error

    @property
    def bind(self) -> str:
        """The address the lab is reached at from outside."""
        return self.text("LAB_BIND")

    @property
    def name(self) -> str:
        """A short name no other lab on this computer has, made of its state folder's path."""
        return "tasklab-" + hashlib.sha256(str(self.state).encode()).hexdigest()[:8]

    @property
    def http(self) -> str:
        """The address people type, without the port where it is HTTP's own."""
        port = self.port("HTTP_PORT")
        host = "localhost" if is_loopback(self.bind) or is_everything(self.bind) else bracketed(self.bind)
        return f"http://{host}" if port == HTTP_DEFAULT_PORT else f"http://{host}:{port}"


def load(environ: Mapping[str, str] | None = None, root: Path = ROOT) -> Lab:
    """The lab of this checkout as ``environ`` (default: the process environment) and ``.env`` describe it."""
    environ = dict(os.environ) if environ is None else dict(environ)
    state = Path(root, environ.get("LAB_STATE") or ".lab").resolve()
    environ = {**memory.recall(state).given, **{name: value for name, value in environ.items() if value}}
    variables = merged(root / ".env", environ)
    given = {name: environ[name] for name in (*variables, PROJECT) if name in environ}
    lab = Lab(root, state, variables, given)
    check(lab)
    return lab


def merged(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that ``.env`` names, each from the environment where that has it, else from the file.

    ``${NAME}`` inside the file means the winning value too, so that ``MONGO_PORT=1 ./lab up`` also moves ``MONGO_URI``.
    """
    if not path.is_file():
        raise Broken(_("{path} is missing", path=path), part=".env", mend="git checkout -- .env")
    with _Environment(environ):
        # override=False: the process environment wins inside ${…} as well.
        found = DotEnv(path, interpolate=True, override=False, encoding="utf-8").dict()
    return {name: environ.get(name) or value or "" for name, value in found.items()}


class _Environment:
    """python-dotenv interpolates from os.environ only; inside this block that is ``environ``."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def __enter__(self) -> None:
        self.saved = dict(os.environ)
        os.environ.clear()
        # An empty variable counts as not set, as everywhere in the lab.
        os.environ.update({name: value for name, value in self.environ.items() if value})

    def __exit__(self, *_: object) -> None:
        os.environ.clear()
        os.environ.update(self.saved)


def check(lab: Lab) -> None:
    """Broken where a setting cannot be used, naming it."""
    for name in PORTS:
        value = lab.text(name)
        if not value.isdecimal() or not 1 <= int(value) <= HIGHEST_PORT:
            raise Broken(
                _("{name}={value!r} cannot be used", name=name, value=value),
                part=".env",
                mend=_("It must be a port number, 1 to 65535."),
            )
    _check_distinct(lab)
    _check_bind(lab)
    assert lab.settings


def _check_distinct(lab: Lab) -> None:
    users: dict[int, str] = {}
    watched = memory.recall(lab.state).watch
    for name in (name for name in PORTS if watched or name not in WATCH_PORTS):
        other = users.setdefault(lab.port(name), name)
        if other != name:
            what = _("{name} and {other} are both {port}", name=name, other=other, port=lab.port(name))
            raise Broken(what, part=".env", mend=_("Give each its own port, in .env or in your environment."))


def _check_bind(lab: Lab) -> None:
    if is_loopback(lab.bind) or lab.settings.rabbit_password != DEFAULT_PASSWORD:
        return
    raise Broken(
        _(
            "LAB_BIND={bind} would let others in while RABBIT_PASSWORD is the default, which everybody knows",
            bind=lab.bind,
        ),
        part=".env",
        mend=_("Set RABBIT_USER and RABBIT_PASSWORD to your own (in .env or your environment), or LAB_BIND=127.0.0.1."),
    )


def is_loopback(address: str) -> bool:
    """Whether only this computer can reach ``address``; a name other than localhost is taken to be reachable."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def is_everything(address: str) -> bool:
    """Whether ``address`` stands for every address of this computer."""
    return address in {"0.0.0.0", "::", "*"}


def bracketed(address: str) -> str:
    """The address as it stands in front of a port."""
    return f"[{address}]" if ":" in address else address
