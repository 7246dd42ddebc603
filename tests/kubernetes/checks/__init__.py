"""What the manifests must mean, beyond being well-formed. A check takes the objects of an overlay and returns
sentences about what is wrong; none is good."""

from collections.abc import Callable

from tests.kubernetes.checks import access, environment, network, pods, references, rollout, routes, scaling, twins
from tests.kubernetes.objects import Objects

Check = Callable[[Objects], list[str]]

CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        pods.probes,
        pods.resources,
        pods.security,
        pods.spread,
        pods.images,
        rollout.disruption,
        rollout.draining,
        rollout.canary,
        network.closed,
        network.ways_in,
        network.ways_out,
        references.selectors,
        references.maps_and_secrets,
        references.keys,
        environment.known,
        environment.needed,
        environment.fitting,
        scaling.queue_depth,
        scaling.plugins,
        scaling.processors,
        scaling.sizes,
        routes.backends,
        routes.prefixes,
        routes.limits,
        access.namespace,
        access.secrets,
        twins.alike,
    )
}
