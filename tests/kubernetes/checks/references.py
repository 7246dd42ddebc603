"""Everything that an object names is there: in the overlay, or made by an operator, or by hand as the page says."""

from collections.abc import Iterator

from tests.kubernetes.objects import Object, Objects, called, container_of, is_subset, labels_of, pod_of

BY_HAND = {"mongodb-user": {"password"}}
"""Made by a command that deploy/kubernetes/README.md shows; a test looks for it there."""


def made_by_operators(objects: Objects) -> dict[str, set[str]]:
    """The secrets that the operators make from their resources, with the keys they have."""
    found = {
        f"{one['metadata']['name']}-default-user": {"host", "port", "username", "password"}
        for one in objects.of("RabbitmqCluster")
    }
    for one in objects.of("MongoDBCommunity"):
        for user in one["spec"]["users"]:
            given = f"{one['metadata']['name']}-{user['db']}-{user['name']}"
            keys = {"connectionString.standard", "connectionString.standardSrv", "username", "password"}
            found[user.get("connectionStringSecretName", given)] = keys
    return found


def selectors(objects: Objects) -> list[str]:
    """Each selects the pods that it is meant for, and only those."""
    found = []
    for one in objects.deployments():
        if not is_subset(one["spec"]["selector"]["matchLabels"], labels_of(one)):
            found.append(f"{called(one)}: it does not select its own pods")
    for kind, wanted in (("Service", 1), ("PodDisruptionBudget", 1), ("Deployment", 1)):
        for one in objects.of(kind):
            selector = one["spec"]["selector"]
            chosen = objects.selected(selector.get("matchLabels", selector))
            if wanted != len(chosen):
                found.append(f"{called(one)}: it selects {[each.name for each in chosen]}")
    for one in objects.of("NetworkPolicy"):
        for labels in _own_selectors(one):
            if not objects.selected(labels):
                found.append(f"{called(one)}: nothing has the labels {labels}")
    for one in [*objects.of("HorizontalPodAutoscaler"), *objects.of("ScaledObject")]:
        name = one["spec"]["scaleTargetRef"]["name"]
        if objects.named("Deployment", name) is None:
            found.append(f"{called(one)}: there is no Deployment {name}")
    return found


def _own_selectors(policy: Object) -> Iterator[dict[str, str]]:
    spec = policy["spec"]
    yield spec["podSelector"].get("matchLabels", {})
    for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
        for peer in [*rule.get("from", []), *rule.get("to", [])]:
            if "namespaceSelector" not in peer:
                yield peer["podSelector"]["matchLabels"]


def maps_and_secrets(objects: Objects) -> list[str]:
    """Each that is named exists."""
    maps = {one["metadata"]["name"] for one in objects.of("ConfigMap")}
    known = {**BY_HAND, **made_by_operators(objects)}
    found = []
    for owner, kind, name, _ in _named(objects):
        if kind == "ConfigMap" and name not in maps:
            found.append(f"{owner}: there is no ConfigMap {name}")
        if kind == "Secret" and name not in known:
            found.append(f"{owner}: nobody makes the Secret {name}")
    named = {name for _, kind, name, _ in _named(objects) if kind == "ConfigMap"}
    return found + [f"nothing reads the ConfigMap {name}" for name in sorted(maps - named)]


def keys(objects: Objects) -> list[str]:
    """Each key that is named is in its Secret."""
    known = {**BY_HAND, **made_by_operators(objects)}
    return [
        f"{owner}: the Secret {name} has no key {key}"
        for owner, kind, name, key in _named(objects)
        if kind == "Secret" and name in known and key not in known[name]
    ]


def _named(objects: Objects) -> Iterator[tuple[str, str, str, str]]:
    """Who names which kind, by what name and key."""
    for one in objects.deployments():
        for each in container_of(one).get("envFrom", []):
            for kind, reference in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                if reference in each:
                    yield called(one), kind, each[reference]["name"], ""
        for each in container_of(one).get("env", []):
            secret = each.get("valueFrom", {}).get("secretKeyRef")
            if secret:
                yield called(one), "Secret", secret["name"], secret["key"]
        for volume in pod_of(one).get("volumes", []):
            if "secret" in volume:
                yield called(one), "Secret", volume["secret"]["secretName"], ""
    for one in objects.of("TriggerAuthentication"):
        for each in one["spec"]["secretTargetRef"]:
            yield called(one), "Secret", each["name"], each["key"]
    for one in objects.of("MongoDBCommunity"):
        for user in one["spec"]["users"]:
            yield called(one), "Secret", user["passwordSecretRef"]["name"], "password"
