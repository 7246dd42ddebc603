"""One node of RabbitMQ: its files, what it is told, its process. ``cluster`` makes three of them into one broker."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lessons.kit.ports import HOST
from lessons.kit.program import Running

FOREIGN = ("RABBITMQ_", "ERL_")
"""What would lead a node to another one's files."""
ARGUMENTS = " ".join(
    (
        "-kernel inet_dist_use_interface {127,0,0,1}",
        # As in deploy/cluster: a node that takes over asks for the clients of the one that is gone, and not for long.
        "-kernel net_setuptime 3",
        "-ra wal_max_size_bytes 33554432",
        # One processor each, and no waiting in circles: three of them are to fit beside everything else.
        "+S 1:1 +sbwt none",
    )
)


@dataclass(frozen=True)
class Node:
    """One of them."""

    number: int
    port: int
    running: Running

    @property
    def address(self) -> str:
        """Where it speaks AMQP."""
        return f"{HOST}:{self.port}"

    def kill(self) -> None:
        """As when its computer loses its power: kill -9."""
        self.running.kill()


def shared(home: Path, mapper: int) -> dict[str, str]:
    """What the nodes of a cluster share: a secret by which they know each other, and the port of their port mapper."""
    cookie = home / ".erlang.cookie"
    cookie.write_text(secrets.token_hex(), encoding="ascii")
    cookie.chmod(0o400)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {**inherited, "HOME": str(home), "ERL_EPMD_PORT": str(mapper), "ERL_EPMD_ADDRESS": HOST}


def prepared(folder: Path, names: list[str], port: int, login: tuple[str, str]) -> Path:
    """A node's files: the names are those of all nodes."""
    (folder / "data").mkdir(parents=True)
    settings = [
        f"listeners.tcp.1 = {HOST}:{port}",
        f"default_user = {login[0]}",
        f"default_pass = {login[1]}",
        "log.console = true",
        "log.file = false",
        "cluster_partition_handling = pause_minority",
        "cluster_formation.peer_discovery_backend = classic_config",
        *(f"cluster_formation.classic_config.nodes.{number} = {name}" for number, name in enumerate(names, start=1)),
    ]
    files = {"rabbitmq.conf": "\n".join(settings), "enabled_plugins": "[].", "advanced.config": "[].", "env.conf": ""}
    for name, text in files.items():
        (folder / name).touch(mode=0o600)  # One of them holds the password.
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
    return folder


def told(folder: Path, name: str, distribution: int) -> dict[str, str]:
    """What makes a node one of its own."""
    return {
        "RABBITMQ_NODENAME": name,
        "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(folder / "conf.d"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ARGUMENTS,
        "ERL_CRASH_DUMP_SECONDS": "0",
        # The start script then becomes the Erlang VM instead of watching it, so that kill -9 meets the node itself.
        "detached": "true",
    }


def started(name: str, command: list[str], environ: Mapping[str, str], folder: Path) -> Running:
    """A process that does not outlive ours, where Linux can see to that."""
    guard = shutil.which("setpriv")
    command = [guard, "--pdeathsig", "KILL", *command] if guard else command
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    return Running(name, process, log)
