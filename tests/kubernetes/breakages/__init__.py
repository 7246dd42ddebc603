"""Manifests broken on purpose: for each check what it must catch. A check without one could be blind."""

from tests.kubernetes.breakages import network, pods, references, rest, rollout, routes, scaling
from tests.kubernetes.breakages.places import Breakage

BREAKAGES: list[Breakage] = [
    *pods.BREAKAGES,
    *rollout.BREAKAGES,
    *network.BREAKAGES,
    *references.BREAKAGES,
    *scaling.BREAKAGES,
    *routes.BREAKAGES,
    *rest.BREAKAGES,
]
