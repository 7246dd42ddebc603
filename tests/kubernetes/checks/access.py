"""Where everything lives, and what must not be written down."""

from tests.kubernetes.objects import NAMESPACE, Objects, called, container_of

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}


def namespace(objects: Objects) -> list[str]:
    """In one namespace, which admits restricted pods only."""
    found = []
    spaces = objects.of("Namespace")
    if [NAMESPACE] != [one["metadata"]["name"] for one in spaces]:
        found.append(f"there is no namespace {NAMESPACE}, or another as well")
    for one in spaces:
        if not RESTRICTED.items() <= one["metadata"].get("labels", {}).items():
            found.append(f"{called(one)}: it admits pods that are not restricted")
    for one in objects.all:
        if one["kind"] != "Namespace" and one["metadata"].get("namespace") != NAMESPACE:
            found.append(f"{called(one)}: it is in another namespace")
    return found


def secrets(objects: Objects) -> list[str]:
    """No secret is in the repository: neither as an object nor as the value of a variable."""
    found = [f"{called(one)} is written down" for one in objects.of("Secret")]
    for one in objects.deployments():
        for each in container_of(one).get("env", []):
            if each["name"] in {"RABBIT_USER", "RABBIT_PASSWORD", "MONGO_URI"} and "value" in each:
                found.append(f"{called(one)}: {each['name']} is written down")
    for one in objects.of("ConfigMap"):
        if any("PASSWORD" in name or "URI" in name for name in one.get("data", {})):
            found.append(f"{called(one)}: it holds what belongs into a Secret")
    return found
