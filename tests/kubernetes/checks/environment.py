"""The variables of our pods, against core/settings.py."""

from core.errors import InvalidSetting
from core.settings import Settings, read
from tests.kubernetes.objects import Object, Objects, called, container_of, labels_of
from tests.meta.test_variables import read_by_settings

FOR_ALL = {"RABBIT_HOST", "RABBIT_PORT", "RABBIT_USER", "RABBIT_PASSWORD", "RABBIT_QUEUE", "QUEUE_SHARDS"}
FOR_ALL |= {"MONGO_URI", "DB_NAME", "LOG_LEVEL", "BIND_HOST"}
OWN = {
    "flask": {"FLASK_PORT", "API_PROCESSES", "API_THREADS"},
    "asyncapp": {"ASYNC_PORT", "API_PROCESSES"},
    "pyworker": {"WORKER_PORT"},
    "asyncworker": {"WORKER_PORT"},
}
SECRET = {"RABBIT_PORT": "5672", "MONGO_URI": "mongodb://host:27017/admin?replicaSet=mongodb"}
"""Stands for what the operators' secrets hold, where any word would not do."""


def variables(objects: Objects, one: Object) -> dict[str, str]:
    """The environment of a Deployment's pods."""
    found: dict[str, str] = {}
    for each in container_of(one).get("envFrom", []):
        found |= (objects.named("ConfigMap", each["configMapRef"]["name"]) or {"data": {}})["data"]
    for each in container_of(one).get("env", []):
        found[each["name"]] = each.get("value") or SECRET.get(each["name"], "word")
    return found


def known(objects: Objects) -> list[str]:
    """No variable that core/settings.py does not read: it would be set in vain."""
    there = read_by_settings()
    return [
        f"{called(one)}: core/settings.py knows no {name}"
        for one in objects.deployments()
        for name in sorted(set(variables(objects, one)) - there)
    ]


def needed(objects: Objects) -> list[str]:
    """Every variable that docker-compose.yml sets for the service as well."""
    found = []
    for one in objects.deployments():
        wanted = FOR_ALL | OWN[labels_of(one)["app.kubernetes.io/name"]]
        found += [f"{called(one)}: {name} is missing" for name in sorted(wanted - set(variables(objects, one)))]
    return found


def fitting(objects: Objects) -> list[str]:
    """They can be read, and the port in them is the one that the pod opens, to other pods."""
    found = []
    for one in objects.deployments():
        try:
            settings = read(variables(objects, one))
        except InvalidSetting as error:
            found.append(f"{called(one)}: {error}")
            continue
        name = labels_of(one)["app.kubernetes.io/name"]
        opened = [port["containerPort"] for port in container_of(one).get("ports", [])]
        if opened != [_port(settings, name)]:
            found.append(f"{called(one)}: it listens on {_port(settings, name)} and opens {opened}")
        if settings.bind_host != "0.0.0.0":
            found.append(f"{called(one)}: it listens on {settings.bind_host}, which no other pod reaches")
        annotations = one["spec"]["template"]["metadata"]["annotations"]
        if annotations.get("prometheus.io/port") != str(_port(settings, name)):
            found.append(f"{called(one)}: Prometheus is sent to another port")
    return found


def _port(settings: Settings, name: str) -> int:
    return {"flask": settings.flask_port, "asyncapp": settings.async_port}.get(name, settings.worker_port)
