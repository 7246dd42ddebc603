"""Our own pods: probes, resources, security, where they run, what they are made from."""

import re
from collections.abc import Iterator

from tests.kubernetes.objects import Object, Objects, called, container_of, is_subset, labels_of, pod_of

PATHS = {"/healthz", "/readyz"}
UNITS = {"": 1.0, "m": 0.001, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}


def probes(objects: Objects) -> list[str]:
    """Three for each container, at a path and a port that it serves; and of different patience."""
    found = []
    for one in objects.deployments():
        container = container_of(one)
        ports = {port["name"] for port in container.get("ports", [])}
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container.get(kind, {}).get("httpGet", {})
            if asked.get("path") not in PATHS or asked.get("port") not in ports:
                found.append(f"{called(one)}: no {kind} at a path and a port that are served")
        if container.get("livenessProbe", {}).get("httpGet", {}).get("path") == "/readyz":
            found.append(f"{called(one)}: a restart does not mend a broker that is down")
    return found


def amount(text: str | int) -> float:
    """A quantity in cores or bytes."""
    match = re.fullmatch(r"([0-9.]+)(m|[KMG]i|)", str(text))
    assert match, f"{text!r} is no quantity"
    return float(match[1]) * UNITS[match[2]]


def resources(objects: Objects) -> list[str]:
    """Requests and limits of both kinds, the first not above the second; for the operators' pods too."""
    found = []
    for name, given in _resources(objects):
        requests, limits = given.get("requests", {}), given.get("limits", {})
        for kind in ("cpu", "memory"):
            if kind not in requests or kind not in limits:
                found.append(f"{name}: no request or no limit of {kind}")
            elif amount(requests[kind]) > amount(limits[kind]):
                found.append(f"{name}: more {kind} requested than allowed")
    return found


def _resources(objects: Objects) -> Iterator[tuple[str, Object]]:
    for one in objects.deployments():
        for container in pod_of(one)["containers"]:
            yield called(one), container.get("resources", {})
    for one in objects.of("RabbitmqCluster"):
        yield called(one), one["spec"].get("resources", {})
    for one in objects.of("MongoDBCommunity"):
        containers = one["spec"]["statefulSet"]["spec"]["template"]["spec"]["containers"]
        named = {container["name"]: container.get("resources", {}) for container in containers}
        for name in ("mongod", "mongodb-agent"):
            yield f"{called(one)} {name}", named.get(name, {})


def security(objects: Objects) -> list[str]:
    """What the Pod Security Standard "restricted" asks for, and a read-only root besides."""
    return [f"{called(one)}: {what}" for one in objects.deployments() for what in _loose(one)]


def _loose(one: Object) -> Iterator[str]:
    pod = pod_of(one)
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser", 0) >= 10_000:
        yield "it may be root, or a user that the node has as well"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "it is given a token for the Kubernetes API"
    if pod.get("enableServiceLinks") is not False:
        yield "Services put variables such as FLASK_PORT into it"
    if any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "it shares a namespace of the node"
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        own = container.get("securityContext", {})
        wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        if own != wanted:
            yield f"the security context of {container['name']} is not {wanted}"
        if {"name": "tmp", "mountPath": "/tmp"} not in container.get("volumeMounts", []):
            yield "a read-only root needs a /tmp"
    for volume in pod.get("volumes", []):
        if "sizeLimit" not in volume.get("emptyDir", {}):
            yield f"the volume {volume['name']} is not an emptyDir with a limit"


def spread(objects: Objects) -> list[str]:
    """Over machines and zones, counting its own pods; the operators' pods never two on a machine."""
    found = []
    for one in objects.deployments():
        given = pod_of(one).get("topologySpreadConstraints", [])
        keys = {
            each["topologyKey"] for each in given if is_subset(each["labelSelector"]["matchLabels"], labels_of(one))
        }
        if keys != {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}:
            found.append(f"{called(one)}: it is not spread over machines and zones")
    broker = [(one, one["spec"]) for one in objects.of("RabbitmqCluster")]
    store = [(one, one["spec"]["statefulSet"]["spec"]["template"]["spec"]) for one in objects.of("MongoDBCommunity")]
    for one, spec in broker + store:
        rule = "requiredDuringSchedulingIgnoredDuringExecution"
        terms = spec.get("affinity", {}).get("podAntiAffinity", {}).get(rule, [])
        chosen = [objects.selected(term["labelSelector"]["matchLabels"]) for term in terms]
        if [[called(one)]] != [[each.name for each in some] for some in chosen]:
            found.append(f"{called(one)}: two of its pods may run on one machine")
    return found


def images(objects: Objects) -> list[str]:
    """A tag that says a version, one for a twin's API and its worker."""
    found = []
    for one in objects.deployments():
        if not re.fullmatch(r"[a-z./-]+:\d+\.\d+\.\d+(-[a-z0-9.]+)?", container_of(one)["image"]):
            found.append(f"{called(one)}: {container_of(one)['image']} has no version for a tag")
    stable = [one for one in objects.deployments() if labels_of(one).get("track") != "canary"]
    if 2 != len({container_of(one)["image"] for one in stable}):
        found.append("a twin's API and its worker are one image: there must be two of them")
    return found
