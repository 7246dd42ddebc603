"""Health, readiness, metrics, the written contract and its page."""

import re
from functools import partial
from html.parser import HTMLParser

import pytest

from core.settings import LIMITS, VERSION
from tests.support.api import Api, http_client, unique
from tests.support.stack import ROOT, Stack
from tests.support.waiting import at_rest, wait_until

WITHIN = 15.0
GATHERED = 10 * LIMITS.gather
"""Ten times as long as a process gathers what it counts."""
SERIES = re.compile(r"^(tasklab_\w+)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


def test_the_index_leads_everywhere(api: Api) -> None:
    """Each link carries the prefix and works."""
    document = api.get("/").json()

    assert api.name == document["service"]
    assert {"tasks", "docs", "openapi.yaml", "healthz", "readyz", "metrics"} == document["links"].keys()
    assert {200} == {api.http.get(link).status_code for link in document["links"].values()}


def test_the_api_is_alive_and_ready(api: Api) -> None:
    """Both say so in one word."""
    assert {"status": "alive"} == api.get("/healthz").json()
    assert {"status": "ready"} == api.get("/readyz").json()


def test_the_workers_are_alive_ready_and_measured(stack: Stack) -> None:
    """Natively each worker answers on its own port; in containers the engine asks them."""
    for worker in ("pyworker", "asyncworker"):
        for address in stack.addresses[worker]:
            with http_client(address) as http:
                assert {"status": "alive"} == http.get("/healthz").json()
                assert {"status": "ready"} == http.get("/readyz").json()
                measured = http.get("/metrics").text
                assert 1 == measured.count("tasklab_build_info{")
                assert "tasklab_deliveries_total" in measured
                assert "tasklab_http_requests_in_flight" not in measured
                assert 404 == http.get("/tasks").status_code
        assert stack.service(worker)["health"] in {None, "healthy"}


def test_head_is_get_without_the_body(api: Api) -> None:
    """The same status and headers."""
    for path in ("/", "/healthz", "/tasks?limit=1&worker=nobody", "/openapi.yaml", "/docs", "/nothing"):
        get, head = api.get(path), api.request("HEAD", path)
        assert (get.status_code, b"") == (head.status_code, head.content)
        assert get.headers["content-type"] == head.headers["content-type"]


def test_counters_count_every_process(api: Api) -> None:
    """30 tasks over as many connections, taken by any process: the sum grows by exactly 30, whoever is asked.

    A publish is counted at once; requests a moment later.
    """
    route = {"method": "POST", "route": "/tasks", "status": "202"}
    requests = at_rest(lambda: api.counter("tasklab_http_requests_total", **route), GATHERED)
    confirmed = api.counter("tasklab_publishes_total", outcome="confirmed")

    for _ in range(30):
        with http_client(str(api.http.base_url)) as http:
            Api(api.name, http, api.direct).send()

    for _ in range(10):
        with http_client(str(api.http.base_url)) as http:
            other = Api(api.name, http, api.direct)
            assert confirmed + 30 == other.counter("tasklab_publishes_total", outcome="confirmed")
            at_last = partial(other.counter, "tasklab_http_requests_total", **route)
            wait_until(lambda at_last=at_last: at_last() == requests + 30, WITHIN, "each request is counted, and once")  # type: ignore[misc]


def test_an_api_tells_what_it_is_and_nothing_of_a_worker(api: Api) -> None:
    """Series of what it does not do would always be zero."""
    measured = api.get("/metrics").text
    assert f'service="{api.name}",version="{VERSION}"' in measured
    assert "tasklab_http_requests_in_flight" in measured
    assert "tasklab_deliveries" not in measured


def test_metrics_are_in_prometheus_text_format_and_bounded(api: Api) -> None:
    """No label holds an id or a path that a client can choose."""
    mark = unique("path")
    api.get(f"/{mark}")
    api.get(f"/tasks/{mark}")
    api.send(mark)

    answer = api.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert mark not in answer.text
    names = {name for name, _ in SERIES.findall(answer.text)}
    assert {"tasklab_http_requests_total", "tasklab_publishes_total"} <= names
    assert 'route="/tasks/<task_id>"' in answer.text


def test_the_served_contract_is_the_written_one(api: Api) -> None:
    """Byte for byte."""
    answer = api.get("/openapi.yaml")

    assert "application/yaml" == answer.headers["content-type"]
    assert (ROOT / "core" / "openapi.yaml").read_bytes() == answer.content


class Links(HTMLParser):
    """Everything a page loads or leads to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep src and href of every element."""
        self.found += [value for name, value in attrs if name in {"src", "href"} and value]


def test_the_docs_page_loads_everything_from_here(api: Api) -> None:
    """Swagger UI works without the internet: each asset is served by this API, with its type."""
    page = api.get("/docs")
    links = Links(page.text).found

    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    assert {"docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"} <= set(links)
    assert not re.search(r"https?://|//\w", page.text)
    for link in links:
        asset = api.get(f"/{link}")
        assert (200, True) == (asset.status_code, len(asset.content) > 50), link
        assert asset.headers["content-type"].split(";")[0] in {"text/css", "text/javascript", "image/png"}


def test_the_docs_page_opens_this_api_s_own_contract(api: Api) -> None:
    """The address is relative, so that it works behind any prefix."""
    script = api.get("/docs/start.js").text

    assert 'url: "openapi.yaml"' in script
    assert "http" not in script


SECURITY = ["x-content-type-options", "x-frame-options", "referrer-policy", "content-security-policy"]


@pytest.mark.parametrize("name", SECURITY)
def test_security_headers_are_on_every_answer(api: Api, name: str) -> None:
    """Once each, on good answers and on errors alike."""
    for path in ("/", "/docs", "/tasks?limit=1", "/nothing", "/tasks?limit=0", "/openapi.yaml"):
        assert 1 == len(api.get(path).headers.get_list(name)), path
