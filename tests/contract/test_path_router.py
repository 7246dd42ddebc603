"""nginx: the board and the page that stands in for it, RabbitMQ's page behind it, and its own errors."""

import httpx
import pytest

from tests.contract.test_the_service_itself import Links
from tests.support.api import Api, assert_problem
from tests.support.stack import Stack
from tests.support.waiting import wait_until


@pytest.fixture
def http(apis: dict[str, Api]) -> httpx.Client:
    """A client of nginx."""
    return apis["flask"].http


@pytest.fixture(scope="session")
def login(stack: Stack) -> tuple[str, str]:
    """User and password of the broker's page."""
    user, password = httpx.URL(stack.addresses["rabbitmq"]).userinfo.decode().split(":")
    return user, password


@pytest.mark.parametrize("path", ["/", "/index.html"])
def test_the_board_and_the_page_that_stands_in_for_it_lead_everywhere(http: httpx.Client, path: str) -> None:
    """From / every part is one click away, also while the board is down."""
    page = http.get(path)
    links = [link for link in Links(page.text).found if not link.startswith(("http:", "https:", "#"))]

    assert (200, "text/html") == (page.status_code, page.headers["content-type"].split(";")[0])
    assert any("flask" in link for link in links)
    assert any("async" in link for link in links)
    assert any("rabbitmq" in link for link in links)
    for link in links:
        assert 200 == http.get(f"/{link.lstrip('/')}", follow_redirects=True).status_code, link


@pytest.mark.parametrize("prefix", ["/flask", "/async", "/rabbitmq"])
def test_a_prefix_without_its_slash_leads_on(http: httpx.Client, prefix: str) -> None:
    """The redirect is relative, keeps the method and the query."""
    answer = http.get(f"{prefix}?x=1")

    assert (308, f"{prefix}/?x=1") == (answer.status_code, answer.headers["location"])


def test_the_page_of_a_queue_on_the_default_vhost_works_through_nginx(
    http: httpx.Client, stack: Stack, login: tuple[str, str]
) -> None:
    """%2F, the default vhost's name, arrives undecoded: natively and behind the prefix alike."""
    path = f"/api/queues/%2F/{stack.addresses['queue']}"
    direct = httpx.get(stack.addresses["management"] + path, auth=login, trust_env=False)

    answer = http.get(f"/rabbitmq{path}", auth=login)

    assert (200, 200) == (answer.status_code, direct.status_code)
    assert {(stack.addresses["queue"], "/", True)} == {
        (one.json()["name"], one.json()["vhost"], one.json()["durable"]) for one in (answer, direct)
    }


def test_both_workers_consume_the_queue(http: httpx.Client, stack: Stack, login: tuple[str, str]) -> None:
    """The broker's page names them."""
    path = f"/rabbitmq/api/queues/%2F/{stack.addresses['queue']}"

    def tags() -> set[str]:
        details = http.get(path, auth=login).json().get("consumer_details", [])
        # A worker that has not seen a fresh message yet takes them one by one, and says so in its tag. Tests before
        # this one delete the queue: who consumed from it then stays in the list, without a channel.
        return {str(one["consumer_tag"]).removesuffix("-single") for one in details if one["channel_details"]}

    def both_after_a_task() -> bool:
        # One who came back in that moment is missing, until it subscribes anew after its first message.
        http.post("/flask/tasks", json={"title": "For one of them"}).raise_for_status()
        return tags() == {"pyworker", "asyncworker"}

    wait_until(both_after_a_task, 15, "both workers are seen as consumers")


def test_the_broker_s_page_and_everything_it_loads_come_through_nginx(http: httpx.Client) -> None:
    """HTML, scripts and styles, all behind the prefix."""
    page = http.get("/rabbitmq/")
    links = [link for link in Links(page.text).found if not link.startswith(("http", "#", "data:"))]

    assert 200 == page.status_code
    assert len(links) > 5
    for link in links:
        assert 200 == http.get(f"/rabbitmq/{link}").status_code, link


def test_the_broker_s_page_wants_a_login(http: httpx.Client) -> None:
    """Its API is not open to whoever finds the address."""
    assert 401 == http.get("/rabbitmq/api/overview").status_code


def test_nginx_is_alive_on_its_own(http: httpx.Client) -> None:
    """Nothing behind it is asked."""
    assert (200, "ok\n") == ((answer := http.get("/healthz")).status_code, answer.text)


@pytest.mark.parametrize("path", ["/nothing", "/flaskx/tasks", "/Flask/tasks", "/.git/config", "/asyncapp"])
def test_an_address_that_nobody_has_is_404(http: httpx.Client, path: str) -> None:
    """A problem document of nginx's own, which says where the tasks are."""
    assert "/flask/tasks" in assert_problem(http.get(path), 404)["detail"]


@pytest.mark.parametrize("path", ["/lessons", "/lessons/", "/board/settings", "/board/dead"])
def test_what_the_board_has_is_found_through_nginx(http: httpx.Client, path: str) -> None:
    """Its lessons, and what its page asks it."""
    assert 200 == http.get(path, follow_redirects=True).status_code


def test_the_board_s_policy_lets_its_page_load_nothing_from_elsewhere(http: httpx.Client) -> None:
    """Not even a line of style within the page; RabbitMQ's and Swagger's pages need more, and have their own."""
    policy = http.get("/").headers["content-security-policy"]

    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")


@pytest.mark.parametrize("path", ["/board/nothing", "/tasks/nothing", "/lessons/99-nothing/"])
def test_what_the_board_does_not_have_is_a_problem_document(http: httpx.Client, path: str) -> None:
    """Like every error of the lab."""
    assert assert_problem(http.get(path), 404)["detail"]


def test_the_landing_page_takes_no_post(http: httpx.Client) -> None:
    """405, with what it takes."""
    answer = http.post("/", content=b"x")

    assert_problem(answer, 405)
    assert {"GET", "HEAD"} == set(answer.headers["allow"].split(", "))


@pytest.mark.parametrize("path", ["/%66lask/tasks", "/x/%2e%2e/flask/tasks", "/flask/..%2f..%2fetc/passwd"])
def test_a_path_that_leads_here_by_a_trick_is_refused(http: httpx.Client, path: str) -> None:
    """400 or 404, a problem document; nothing is guessed at."""
    answer = http.get(path)

    assert answer.status_code in {400, 404}
    assert_problem(answer, answer.status_code)


def test_nothing_outside_the_www_folder_is_served(http: httpx.Client) -> None:
    """Neither the settings nor the sources."""
    for path in ("/../.env", "/..%2f.env", "/%2e%2e/.env", "/www/index.html", "/lab.conf.template"):
        assert http.get(path).status_code in {400, 404}, path
