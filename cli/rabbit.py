"""RabbitMQ natively: a node of the lab's own, with its own name, cookie, data and ports, beside any other node."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from cli.config import Lab, is_loopback
from cli.ports import LOOPBACK
from core.topology import topology

# Debian's /usr/sbin/rabbitmq-server switches the user and the data folder; this is the one it wraps.
UNWRAPPED = "/usr/lib/rabbitmq/bin/rabbitmq-server"
PLUGINS = ("rabbitmq_management", "rabbitmq_prometheus")
PORTS = ("RABBIT_DISTRIBUTION_PORT", "RABBIT_EPMD_PORT", "RABBIT_PROMETHEUS_PORT")
MEMORY = 644_245_094
"""Bytes: where the broker stops its publishers. Six tenths of a GiB leave a laptop of 4 GB to its user."""
LOG_IN_MEMORY = 67_108_864
"""Bytes: as much of the quorum queues' write-ahead log is held in memory as well."""
FOREIGN = ("RABBITMQ_", "ERL_")
ADDITIONAL_ARGUMENTS = " ".join(
    (
        # Distribution on loopback only.
        "-kernel inet_dist_use_interface {127,0,0,1}",
        # A queue says each second how many messages it has, as the board shows it; by default each five.
        "-rabbit quorum_tick_interval 1000",
        "-rabbit collect_statistics_interval 1000",
    )
)


def program() -> str | None:
    """The path of rabbitmq-server, or None where it is not installed."""
    return UNWRAPPED if Path(UNWRAPPED).exists() else shutil.which("rabbitmq-server", path=search_path())


def search_path() -> str:
    """PATH with the folders of system programs, which a normal user's PATH lacks on Debian."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", "/usr/local/sbin"])


def folder(lab: Lab) -> Path:
    """Where the node's settings, cookie and data live."""
    return lab.state / "rabbitmq"


def prepare(lab: Lab, ports: Mapping[str, int]) -> None:
    """Writes what the node reads when it starts."""
    home = folder(lab)
    (home / "data").mkdir(parents=True, exist_ok=True)
    settings = home / "rabbitmq.conf"
    settings.touch(mode=0o600)  # it holds the password
    settings.write_text(config(lab, ports), encoding="utf-8")
    (home / "enabled_plugins").write_text(plugins(lab), encoding="utf-8")
    (home / "env.conf").write_text("", encoding="utf-8")
    (home / "advanced.config").write_text("[].\n", encoding="utf-8")


def plugins(lab: Lab) -> str:
    """The file that names the plugins: one more where tasks are spread over several queues."""
    exchanges = topology(lab.settings.rabbit_queue, lab.settings.queue_shards).exchanges
    wanted = (*PLUGINS, *(exchange.plugin for exchange in exchanges))
    return f"[{','.join(wanted)}].\n"


def config(lab: Lab, ports: Mapping[str, int]) -> str:
    """rabbitmq.conf. The default user is made with the data; ``guest`` stays restricted to loopback."""
    port, settings = lab.port("RABBIT_PORT"), lab.settings
    listeners = [LOOPBACK] if is_loopback(lab.bind) else [lab.bind]
    if lab.bind not in {LOOPBACK, "0.0.0.0", "localhost"} and not is_loopback(lab.bind):
        listeners.append(LOOPBACK)
    lines = [f"listeners.tcp.{number} = {address}:{port}" for number, address in enumerate(listeners, 1)]
    lines += [
        f"management.tcp.ip = {LOOPBACK}",
        f"management.tcp.port = {lab.port('RABBIT_MANAGEMENT_PORT')}",
        f"prometheus.tcp.ip = {LOOPBACK}",
        f"prometheus.tcp.port = {ports['RABBIT_PROMETHEUS_PORT']}",
        f"default_user = {settings.rabbit_user}",
        f"default_pass = {settings.rabbit_password}",
        # As in docker-compose.yml. By default these are four tenths of the computer's memory, and half a gigabyte.
        f"vm_memory_high_watermark.absolute = {MEMORY}",
        f"raft.wal_max_size_bytes = {LOG_IN_MEMORY}",
        "log.console = true",
        "log.console.level = info",
        "log.file = false",
    ]
    return "\n".join(lines) + "\n"


def environment(lab: Lab, ports: Mapping[str, int]) -> dict[str, str]:
    """The node's environment: nothing of it is shared with the distribution's node or with another lab's."""
    home = folder(lab)
    return {
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"tasklab-{lab.port('RABBIT_PORT')}@localhost",
        "RABBITMQ_CONF_ENV_FILE": str(home / "env.conf"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(home / "conf.d"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_DIST_PORT": str(ports["RABBIT_DISTRIBUTION_PORT"]),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ADDITIONAL_ARGUMENTS,
        "ERL_EPMD_PORT": str(ports["RABBIT_EPMD_PORT"]),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_CRASH_DUMP_SECONDS": "0",
        # The start script then becomes the Erlang VM instead of watching it: a kill -9 of the VM is seen at once.
        "detached": "true",
    }
