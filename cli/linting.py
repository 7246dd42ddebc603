"""``./lab lint``: style, types, and known vulnerabilities of what the lab depends on."""

import json
import subprocess
import sys

from cli.config import ROOT
from cli.console import say
from cli.errors import Failed
from cli.language import _, later
from cli.requirements import REQUIREMENTS, install

# Each package on its own where two have a file of the same name (gunicorn.conf.py).
CHECKS: dict[str, tuple[str, ...]] = {
    later("style"): ("ruff", "check", "."),
    later("format"): ("ruff", "format", "--check", "."),
    later("types of core and app"): ("mypy", "core", "app"),
    later("types of asyncapp"): ("mypy", "asyncapp"),
    later("types of cli, conform, board, drills and bench"): ("mypy", "cli", "conform", "board", "drills", "bench"),
}
AUDITED = tuple(f"{room}/requirements.txt" for room in ("app", "asyncapp", "board", "cli", "drills"))


def lint() -> None:
    """Run every check, also after one has failed; Failed names those that did."""
    install(*REQUIREMENTS)
    failed = [name for name, command in CHECKS.items() if not _passes(name, command)]
    if not _has_no_known_vulnerability():
        failed.append(later("vulnerabilities"))
    if failed:
        raise Failed(
            _("not clean: {failed}", failed=", ".join(map(_, failed))),
            part="lint",
            mend=_("Each check's own words are above."),
        )
    say(_("clean"))


def _passes(name: str, command: tuple[str, ...]) -> bool:
    say(f"{_(name)} …")
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode == 0


def _has_no_known_vulnerability() -> bool:
    """False where pip-audit knows of one. Where the package index tells nothing about them, that is said aloud."""
    say(f"{_('vulnerabilities')} …")
    files = [word for file in AUDITED for word in ("-r", file)]
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--format", "json", *files]
    audit = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE)
    if not audit.stdout:
        return False
    packages = json.loads(audit.stdout)["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if unknown:
        say(
            _(
                "{count} of {all} packages not audited: the package index tells nothing about them",
                count=len(unknown),
                all=len(packages),
            )
        )
    for package in packages:
        for found in package.get("vulns", ()):
            mended = ", ".join(found["fix_versions"]) or _("no release yet")
            say(
                _(
                    "{name} {version}: {id}, mended in {mended}",
                    name=package["name"],
                    version=package["version"],
                    id=found["id"],
                    mended=mended,
                )
            )
    return not any(package.get("vulns") for package in packages)
