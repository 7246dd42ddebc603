"""Who may talk to whom."""

from collections.abc import Iterator

from tests.kubernetes.objects import Object, Objects, Workload, is_subset

ROUTER = ("traefik", "traefik")
PROMETHEUS = ("monitoring", "prometheus")
KEDA = ("keda", "keda-operator")
WAYS_IN = {
    "api": {(ROUTER, "http"), (PROMETHEUS, "http")},
    "worker": {(PROMETHEUS, "http")},
    "RabbitmqCluster": {("api", 5672), ("worker", 5672), (KEDA, 15672), (PROMETHEUS, 15692)},
    "MongoDBCommunity": {("api", 27017), ("worker", 27017)},
}
"""By component or kind: from whom, to which port. What a cluster's nodes do among themselves is left out."""
WAYS_OUT = {
    "api": {("RabbitmqCluster", 5672), ("MongoDBCommunity", 27017), ("names", 53)},
    "worker": {("RabbitmqCluster", 5672), ("MongoDBCommunity", 27017), ("names", 53)},
}


def policies(objects: Objects, one: Workload) -> list[Object]:
    """The policies that select a workload."""
    found = objects.of("NetworkPolicy")
    return [each for each in found if is_subset(each["spec"]["podSelector"].get("matchLabels", {}), one.labels)]


def sort_of(one: Workload) -> str:
    """Its component, or the kind of resource that an operator makes it from."""
    return one.labels.get("app.kubernetes.io/component") or one.name.partition("/")[0]


def closed(objects: Objects) -> list[str]:
    """By default nothing goes in or out; each workload has a policy of its own besides."""
    everywhere = [each["spec"] for each in objects.of("NetworkPolicy") if not each["spec"]["podSelector"]]
    if {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} not in everywhere:
        return ["there is no policy that forbids what no other allows"]
    own = {
        one.name: [each for each in policies(objects, one) if each["spec"]["podSelector"]]
        for one in objects.workloads()
    }
    return [f"{name}: {len(found)} policies of its own" for name, found in own.items() if len(found) != 1]


def ways_in(objects: Objects) -> list[str]:
    """Exactly those that are wanted."""
    found = []
    for one in objects.workloads():
        ways = set(_ways_in(objects, one))
        wanted = WAYS_IN.get(sort_of(one), set())
        found += [f"{one.name}: {way} is let in" for way in ways - wanted]
        found += [f"{one.name}: {way} is not let in" for way in wanted - ways]
    return found


def _ways_in(objects: Objects, one: Workload) -> Iterator[tuple[object, object]]:
    for policy in policies(objects, one):
        for rule in policy["spec"].get("ingress", []):
            for source in rule.get("from", [{}]):
                for who in _who(objects, source):
                    for port in rule.get("ports", [{}]):
                        if who != sort_of(one):
                            yield who, port.get("port", "any")


def ways_out(objects: Objects) -> list[str]:
    """Our own pods reach broker, database and names, and nothing else: not the internet, not the Kubernetes API."""
    found = []
    for one in objects.workloads():
        if sort_of(one) in WAYS_OUT:
            ways = {
                (who, port.get("port", "any"))
                for policy in policies(objects, one)
                for rule in policy["spec"].get("egress", [])
                for target in rule.get("to", [{}])
                for who in _who(objects, target)
                for port in rule.get("ports", [{}])
            }
            wanted = WAYS_OUT[sort_of(one)]
            found += [f"{one.name}: it gets out to {way}" for way in ways - wanted]
            found += [f"{one.name}: it does not get out to {way}" for way in wanted - ways]
    return found


def _who(objects: Objects, peer: Object) -> set[object]:
    """The sorts of workload that a peer of a rule means; for another namespace its name and that of its pods."""
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    if "namespaceSelector" in peer:
        namespace = peer["namespaceSelector"].get("matchLabels", {}).get("kubernetes.io/metadata.name", "any")
        if (namespace, labels) == ("kube-system", {"k8s-app": "kube-dns"}):
            return {"names"}
        return {(namespace, next(iter(labels.values()), "any"))}
    return {sort_of(one) for one in objects.selected(labels)} if labels else {"any"}
