"""The service itself: where its parts are, whether it lives, and what a request is called."""

import re
from pathlib import Path

from conform.demand import Violated, demand, must
from conform.refusing import NOT_FOUND
from conform.service import Service, brief
from conform.shapes import Links, Problem, Status, read

OK = 200
CONTRACT = Path(__file__).resolve().parents[1] / "core" / "openapi.yaml"
PARTS = {"tasks", "docs", "openapi.yaml", "healthz", "readyz", "metrics"}
METRIC = re.compile(r"^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? [-+0-9.eEInfNa]+( \d+)?$")
PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
GIVEN = ("a", "A-b_c.9", "x" * 64)
ODD = ("x" * 65, "a b", 'a"b', "a;b", "{}")


@demand("http", "index", "GET / names the service, and links to each part under the client's prefix")
def index(service: Service) -> str:
    """Whoever knows one address finds the others."""
    answer = service.ask("GET", "/")
    must(answer.status_code == OK, brief(answer))
    told = read(answer.content, Links)
    must(told.links.keys() >= PARTS, f"links to {', '.join(told.links)}; not to {', '.join(PARTS - told.links.keys())}")
    for link in told.links.values():
        must(link.startswith(f"{service.prefix}/"), f"{link}, which is not under {service.prefix}/")
        must(service.follow(link).status_code == OK, f"{link}: {brief(service.follow(link))}")
    return f"{told.service}: {len(told.links)} links, {OK} each"


@demand("http", "alive", "GET /healthz says that the process is alive")
def alive(service: Service) -> str:
    """Whoever starts it asks this."""
    return _status(service, "/healthz", "alive")


@demand("http", "ready", "GET /readyz says that it can do its job")
def ready(service: Service) -> str:
    """Whoever sends it work asks this."""
    return _status(service, "/readyz", "ready")


def _status(service: Service, path: str, word: str) -> str:
    answer = service.ask("GET", path)
    must(answer.status_code == OK, brief(answer))
    must(read(answer.content, Status).status == word, brief(answer))
    return brief(answer)


@demand("http", "metrics", "GET /metrics is in Prometheus' text format")
def metrics(service: Service) -> str:
    """text/plain with a version, a series a line."""
    answer = service.ask("GET", "/metrics")
    kind = answer.headers.get("content-type", "")
    must(answer.status_code == OK and kind.startswith("text/plain; version="), f"{answer.status_code}, {kind}")
    series = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    for line in series:
        must(METRIC.match(line), f"no series: {line[:80]}")
    must(series, "no series at all")
    return f"{len(series)} series"


@demand("http", "contract", "GET /openapi.yaml is the written contract, byte for byte")
def contract(service: Service) -> str:
    """It promises what is promised, and nothing else."""
    answer = service.ask("GET", "/openapi.yaml")
    kind = answer.headers.get("content-type")
    must(kind == "application/yaml", f"{kind}: {brief(answer)}")
    must(
        answer.content == CONTRACT.read_bytes(), f"{len(answer.content)} bytes that are not those of core/openapi.yaml"
    )
    return f"{len(answer.content)} bytes"


@demand("http", "docs", "GET /docs is a page for people")
def docs(service: Service) -> str:
    """HTML."""
    answer = service.ask("GET", "/docs")
    kind = answer.headers.get("content-type", "")
    must(answer.status_code == OK and kind.startswith("text/html"), f"{kind}: {brief(answer)}")
    return f"{kind}, {len(answer.content)} bytes"


@demand("http", "head", "HEAD is GET without the body")
def head(service: Service) -> str:
    """The same status, and the same Content-Type."""
    for path in ("/", "/healthz", "/openapi.yaml", "/nothing"):
        got, headed = service.ask("GET", path), service.ask("HEAD", path)
        seen = f"{path}: {headed.status_code}, and {got.status_code} for GET; {len(headed.content)} bytes"
        must((got.status_code, b"") == (headed.status_code, headed.content), seen)
        kinds = [one.headers.get("content-type") for one in (got, headed)]
        must(kinds[0] == kinds[1], f"{path}: {kinds[1]}, and {kinds[0]} for GET")
    return "4 addresses"


@demand("http", "request-id", "Every answer has X-Request-ID once: the client's, or a new one")
def request_id(service: Service) -> str:
    """It is what one greps the logs for."""
    for given in GIVEN:
        found = service.ask("GET", "/healthz", headers={"X-Request-ID": given}).headers.get_list("x-request-id")
        must(found == [given], f"{found} for X-Request-ID: {given}")
    new = [service.ask("GET", "/healthz").headers.get_list("x-request-id") for _ in range(2)]
    must(len(new[0]) == len(new[1]) == 1 and new[0] != new[1], f"{new[0]}, then {new[1]}")
    return f"given ones are kept, {new[0][0]} is new"


@demand("http", "odd-request-id", "An id that would break a line of a log is replaced")
def odd_request_id(service: Service) -> str:
    """64 letters, digits, dots, hyphens and underscores at most."""
    for given in ODD:
        answer = service.ask("GET", "/nothing", headers={"X-Request-ID": given})
        found = answer.headers.get("x-request-id", "")
        must(PLAIN.fullmatch(found) and found != given, f"X-Request-ID: {found!r} for {given!r}")
        if answer.status_code == NOT_FOUND:
            must(_told(answer.content) in {found, ""}, f"{_told(answer.content)} in the body, {found} in the header")
    return f"{len(ODD)} replaced"


def _told(body: bytes) -> str:
    """The id in a problem document; empty where it is none, which another demand is about."""
    try:
        return read(body, Problem).request_id
    except Violated:
        return ""
