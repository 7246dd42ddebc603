"""The dashboards: whole as Grafana reads them, and each query of each panel has an answer while the lab is at work."""

import json
import re
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.config import ROOT
from tests.monitoring.clock import FASTER
from tests.monitoring.prometheus import Prometheus
from tests.monitoring.stage import Watched
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)  # The first test brings up the lab.
FOLDER = Path(ROOT, "deploy", "monitoring", "grafana")
FILES = sorted((FOLDER / "dashboards").glob("*.json"))
DASHBOARDS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
INTERVAL = f"{60 // FASTER}s"
"""What Grafana puts in for $__rate_interval, or a little less: four scrapes and more."""
ANSWERED_WITHIN = 40.0
WIDTH = 24
LABEL_VALUES = re.compile(r"label_values\((?P<metric>.+), (?P<label>\w+)\)")
TWINS = {"/flask/": "#3274D9", "/async/": "#E0752D"}


@dataclass(frozen=True)
class Asked:
    """One query of one panel."""

    dashboard: str
    panel: str
    expression: str

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel} [{self.expression[:40]}]"


QUERIES = [
    Asked(name, panel["title"], target["expr"])
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    for target in panel["targets"]
]


def values(prometheus: Prometheus, variable: dict[str, Any]) -> list[str]:
    """What Grafana offers for a variable of a dashboard."""
    asked = LABEL_VALUES.fullmatch(variable["query"]["query"])
    assert asked, f"{variable['name']} is no list of label values"
    return [str(one) for one in prometheus.ask(f"label/{asked['label']}/values", **{"match[]": asked["metric"]})]


def filled(prometheus: Prometheus, asked: Asked) -> str:
    """The query as Grafana would send it, each variable with its first value."""
    expression = asked.expression.replace("$__rate_interval", INTERVAL)
    for variable in DASHBOARDS[asked.dashboard]["templating"]["list"]:
        expression = expression.replace(f"${{{variable['name']}}}", values(prometheus, variable)[0])
    assert "$" not in expression, f"a variable without a value: {expression}"
    return expression


@pytest.mark.parametrize("asked", QUERIES, ids=str)
def test_every_query_has_an_answer_while_the_lab_is_at_work(asked: Asked, lab: Watched, load: None) -> None:
    """With numbers in it."""
    expression = filled(lab.prometheus, asked)
    assert wait_until(lambda: lab.prometheus.query(expression), ANSWERED_WITHIN, expression, poll=0.5)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_variable_can_be_chosen(name: str, lab: Watched, load: None) -> None:
    """The work queue is among the queues, and no other one is."""
    for variable in DASHBOARDS[name]["templating"]["list"]:
        assert [lab.seen.addresses["queue"]] == values(lab.prometheus, variable)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_alerts_are_marked_in_every_dashboard(name: str, lab: Watched) -> None:
    """By a query that Prometheus understands."""
    (marks,) = DASHBOARDS[name]["annotations"]["list"]
    lab.prometheus.query(marks["expr"])


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_panel_says_what_it_shows(name: str) -> None:
    """A title, a line of explanation, a unit; where several lines are drawn, a name for each."""
    panels = DASHBOARDS[name]["panels"]
    unsaid = [
        panel["title"]
        for panel in panels
        if not (panel["title"] and panel["description"].endswith(".") and panel["fieldConfig"]["defaults"].get("unit"))
        or (panel["type"] == "timeseries" and not all(target["legendFormat"] for target in panel["targets"]))
    ]
    assert [] == unsaid
    assert len(panels) == len({panel["title"] for panel in panels})


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_have_their_own_number_and_place(name: str) -> None:
    """None over another, none beyond the edge; the letters of its queries are its own."""
    panels = DASHBOARDS[name]["panels"]
    assert len(panels) == len({panel["id"] for panel in panels})
    places = [panel["gridPos"] for panel in panels]
    assert [] == [place for place in places if place["x"] + place["w"] > WIDTH]
    assert [] == [pair for pair in combinations(places, 2) if _overlap(*pair)]
    for panel in panels:
        letters = [target["refId"] for target in panel["targets"]]
        assert all(one < other for one, other in pairwise(letters))


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[start] < other[start] + other[length] and other[start] < one[start] + one[length]
        for start, length in (("x", "w"), ("y", "h"))
    )


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_asks_the_source_that_is_provided(name: str) -> None:
    """By its uid: a name would be another one in another Grafana."""
    provided = yaml.safe_load((FOLDER / "provisioning" / "datasources" / "tasklab.yml").read_text(encoding="utf-8"))
    (source,) = [one for one in provided["datasources"] if one["type"] == "prometheus"]
    dashboard = DASHBOARDS[name]
    asked = [one["datasource"] for panel in dashboard["panels"] for one in (panel, *panel["targets"])]
    asked += [one["datasource"] for one in (*dashboard["templating"]["list"], *dashboard["annotations"]["list"])]
    assert {(source["type"], source["uid"])} == {(one["type"], one["uid"]) for one in asked}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_twins_have_their_colours(name: str) -> None:
    """The same in every panel."""
    for panel in DASHBOARDS[name]["panels"]:
        if panel["type"] == "timeseries":
            overrides = panel["fieldConfig"]["overrides"]
            found = {one["matcher"]["options"]: one["properties"][0]["value"] for one in overrides}
            assert {twin: colour["fixedColor"] for twin, colour in found.items() if twin in TWINS} == TWINS


def test_dashboards_are_found_where_they_are_mounted() -> None:
    """The provider's folder, the home page, and what Compose mounts agree; each has a name of its own."""
    compose = yaml.safe_load(Path(ROOT, "deploy", "monitoring", "compose.yml").read_text(encoding="utf-8"))
    grafana = compose["services"]["grafana"]
    provided = yaml.safe_load((FOLDER / "provisioning" / "dashboards" / "tasklab.yml").read_text(encoding="utf-8"))
    path = provided["providers"][0]["options"]["path"]
    mounted = {words.split(":")[1]: Path(ROOT, words.split(":")[0]) for words in grafana["volumes"]}
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert FOLDER / "dashboards" == mounted[path]
    assert (mounted[path] / Path(home).relative_to(path)).is_file()
    assert len(FILES) == len({dashboard["uid"] for dashboard in DASHBOARDS.values()})
