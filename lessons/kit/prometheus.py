"""A student's own Prometheus: it asks one program each second, and judges by the student's rules.

``python -m lessons.kit.prometheus RULES PORT`` runs it until Ctrl-C, and says when an alert changes.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from lessons.kit import promtool
from lessons.kit.ports import free_port
from lessons.kit.program import Running
from lessons.kit.verdict import CannotJudge, NotYet
from lessons.kit.waiting import POLL, until

EVERY = "1s"
STARTS_WITHIN = 60.0
ASK_WITHIN = 5.0
JOB = "worker"
Alert = dict[str, Any]


@dataclass
class Prometheus:
    """One that runs, and where."""

    url: str
    running: Running

    def _ask(self, path: str) -> dict[str, Any]:
        """What its API says; nothing where it does not answer, as before it is ready."""
        try:
            answer = httpx.get(f"{self.url}/api/v1/{path}", timeout=ASK_WITHIN, trust_env=False)
            return dict(answer.json().get("data", {}))
        except (httpx.HTTPError, ValueError):
            return {}

    def sees(self, port: int) -> bool:
        """Whether it has asked the program on this port, and got its figures."""
        targets = self._ask("targets").get("activeTargets", [])
        return any(one["health"] == "up" and f":{port}/" in one["scrapeUrl"] for one in targets)

    def problem(self) -> str:
        """Why it cannot read what the program tells."""
        return "; ".join(one["lastError"] for one in self._ask("targets").get("activeTargets", []) if one["lastError"])

    def value(self, expression: str) -> float | None:
        """The one number that an expression has now; None where it has none."""
        found = self._ask(f"query?{urlencode({'query': expression})}").get("result", [])
        return float(found[0]["value"][1]) if len(found) == 1 else None

    def alerts(self) -> list[Alert]:
        """Those that are pending or firing now."""
        return list(self._ask("alerts").get("alerts", []))

    def firing(self, name: str = "") -> list[Alert]:
        """The alerts that fire now: all, or those of that name."""
        found = [one for one in self.alerts() if one["state"] == "firing"]
        return [one for one in found if name in {"", one["labels"]["alertname"]}]


@contextmanager
def prometheus(rules: Path, port: int, scratch: Path) -> Iterator[Prometheus]:
    """While the block lasts, it asks the program on ``port``, and judges by ``rules``."""
    with tempfile.TemporaryDirectory(prefix="prometheus-", dir=scratch) as made:
        own = free_port()
        started = _start(rules, port, own, Path(made))
        try:
            found = Prometheus(f"http://127.0.0.1:{own}", started)
            until(lambda: not started.runs or _is_ready(found.url), STARTS_WITHIN)
            if not started.runs:
                raise CannotJudge(f"Prometheus has ended: {started.last}", "Try again.")
            yield found
        finally:
            started.end()


def _start(rules: Path, port: int, own: int, folder: Path) -> Running:
    settings = {
        "global": {"scrape_interval": EVERY, "scrape_timeout": EVERY, "evaluation_interval": EVERY},
        "rule_files": [str(rules.resolve())],
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}],
    }
    (folder / "prometheus.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [
        promtool.program("prometheus"), f"--config.file={folder / 'prometheus.json'}",
        f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{own}", "--log.level=warn",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=folder, start_new_session=True
        )
    return Running("prometheus", process, folder / "log")


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=ASK_WITHIN, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def main(file: str, port: int) -> None:
    """Until Ctrl-C."""
    rules = Path(file)
    promtool.must_be_rules(rules)
    with tempfile.TemporaryDirectory() as scratch, prometheus(rules, port, Path(scratch)) as own:
        sys.stdout.write(f"Your Prometheus: {own.url}/alerts (Ctrl-C ends it)\n")
        before: dict[str, str] = {}
        while own.running.runs:
            now = {one["labels"]["alertname"]: one["state"] for one in own.alerts()}
            for name in sorted({*before, *now}):
                if now.get(name) != before.get(name):
                    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {name} is {now.get(name, 'silent')}\n")
            sys.stdout.flush()
            before = now
            time.sleep(4 * POLL)


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except KeyboardInterrupt:
        sys.exit(0)
    except (NotYet, CannotJudge) as error:
        sys.exit(f"{error} {getattr(error, 'mend', '')}")
