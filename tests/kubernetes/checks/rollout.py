"""Replacing pods: how many may be missing, how they drain, and the canary."""

import json
from typing import Any

from core.settings import LIMITS
from tests.kubernetes.objects import Object, Objects, called, container_of, is_subset, labels_of, pod_of

MARGIN = 5.0


def disruption(objects: Objects) -> list[str]:
    """One PodDisruptionBudget for each workload, which lets a machine be emptied."""
    found = []
    budgets = objects.of("PodDisruptionBudget")
    for one in objects.workloads():
        chosen = [each for each in budgets if is_subset(each["spec"]["selector"]["matchLabels"], one.labels)]
        if 1 != len(chosen):
            found.append(f"{one.name}: {len(chosen)} PodDisruptionBudgets")
    for each in budgets:
        if each["spec"].get("maxUnavailable") != 1:
            found.append(f"{called(each)}: it must let one pod go, or a machine with a single one is never emptied")
    return found


def longest_drain(component: str) -> float:
    """Seconds from SIGTERM to the end of the process at the latest, by core/settings.py."""
    if component == "api":
        return LIMITS.linger + LIMITS.graceful
    # The batch in hand is stored in vain, what failed is published in vain, and the connections are closed one by one.
    return (
        LIMITS.drain
        + LIMITS.round_of_work
        + LIMITS.store_timeout
        + LIMITS.publish_deadline
        + 2 * LIMITS.connect_timeout
    )


def draining(objects: Objects) -> list[str]:
    """A rollout never has a pod too few, and no pod is killed while it drains."""
    found = []
    for one in objects.deployments():
        component = labels_of(one).get("app.kubernetes.io/component", "")
        pause = container_of(one).get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if component == "api" and not pause:
            found.append(f"{called(one)}: the router still sends requests to a pod that has stopped")
        given = pod_of(one).get("terminationGracePeriodSeconds", 0)
        if given < pause + longest_drain(component) + MARGIN:
            found.append(
                f"{called(one)}: it is killed after {given} s, and may need {pause + longest_drain(component)} s"
            )
        if one["spec"]["strategy"].get("rollingUpdate", {}).get("maxUnavailable") != 0:
            found.append(f"{called(one)}: a rollout stops a pod before another is ready")
    return found


def canary(objects: Objects) -> list[str]:
    """It differs from the stable version in name, label, image and number only, and gets a share of the requests."""
    found = []
    canaries = [one for one in objects.deployments("api") if labels_of(one).get("track") == "canary"]
    for one in canaries:
        name = one["metadata"]["name"].removesuffix("-canary")
        stable = objects.the("Deployment", name)
        if _without_differences(one) != _without_differences(stable):
            found.append(f"{called(one)}: it differs from {called(stable)} in more than name, label, image and number")
        if container_of(one)["image"] == container_of(stable)["image"]:
            found.append(f"{called(one)}: it is the stable version")
        weights = _weights(objects, name)
        if (
            set(weights) != {name, f"{name}-canary"}
            or sum(weights.values()) != 100
            or not 0 < weights[f"{name}-canary"] <= 50
        ):
            found.append(f"HTTPRoute/{name}: no share of the requests for the canary: {weights}")
    if canaries and len(canaries) != 2:
        found.append("one twin has a canary and the other has none")
    return found


def _weights(objects: Objects, name: str) -> dict[str, int]:
    (rule,) = objects.the("HTTPRoute", name)["spec"]["rules"]
    return {each["name"]: each.get("weight", 1) for each in rule["backendRefs"]}


def _without_differences(deployment: Object) -> Any:
    copy: Object = json.loads(json.dumps(deployment).replace('"track": "canary"', '"track": "stable"'))
    copy["metadata"]["name"] = container_of(copy)["image"] = ""
    copy["spec"].pop("replicas", None)
    return copy
