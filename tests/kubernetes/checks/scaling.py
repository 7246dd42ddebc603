"""How many of what, and who decides."""

import re
from urllib.parse import urlsplit

from core.topology import Topology, topology
from tests.kubernetes.checks.environment import variables
from tests.kubernetes.objects import Object, Objects, called, container_of, labels_of


def _scaled_by(objects: Objects, kind: str, deployment: Object) -> list[Object]:
    name = deployment["metadata"]["name"]
    return [one for one in objects.of(kind) if one["spec"]["scaleTargetRef"]["name"] == name]


def queue_depth(objects: Objects) -> list[str]:
    """One ScaledObject for each worker, on the queue that it consumes, asked of the broker that is here."""
    found = []
    for one in objects.deployments("worker"):
        chosen = _scaled_by(objects, "ScaledObject", one)
        if 1 != len(chosen) or "replicas" in one["spec"]:
            found.append(f"{called(one)}: KEDA must be the one that says how many")
            continue
        spec = chosen[0]["spec"]
        for trigger in spec["triggers"]:
            found += [f"{called(chosen[0])}: {what}" for what in _wrong(objects, trigger, _queues(objects, one))]
        if not 1 <= spec.get("minReplicaCount", 0) < spec.get("maxReplicaCount", 0):
            found.append(f"{called(chosen[0])}: it can neither grow nor keep one")
    return found


def _queues(objects: Objects, one: Object) -> Topology:
    given = variables(objects, one)
    return topology(given.get("RABBIT_QUEUE", ""), int(given.get("QUEUE_SHARDS") or 1))


def plugins(objects: Objects) -> list[str]:
    """The broker has the plugins that the services need: more than one shard needs one."""
    wanted = {each.plugin for one in objects.deployments() for each in _queues(objects, one).exchanges}
    return [
        f"{called(one)}: it lacks the plugin {name}"
        for one in objects.of("RabbitmqCluster")
        for name in sorted(wanted - set(one["spec"]["rabbitmq"].get("additionalPlugins", [])))
    ]


def _looks_at(asked: Object, queues: Topology) -> tuple[str, ...]:
    """Of all queues of the broker, those whose messages KEDA adds up."""
    name, names = asked.get("queueName", ""), [queue.name for queue in queues.queues]
    if asked.get("useRegex") != "true":
        return tuple(each for each in names if each == name)
    return tuple(each for each in names if re.search(name, each)) if asked.get("operation") == "sum" else ()


def _wrong(objects: Objects, trigger: Object, queues: Topology) -> list[str]:
    asked = trigger["metadata"]
    found = []
    if _looks_at(asked, queues) != queues.works:
        found.append(f"it looks at the queue {asked.get('queueName')}, and the worker consumes {queues.works}")
    if asked.get("mode") != "QueueLength" or not int(asked.get("value", 0)) > 0:
        found.append("it does not go by the queue's depth")
    address = urlsplit(asked.get("host", ""))
    places = {f"{one['metadata']['name']}.{one['metadata']['namespace']}.svc" for one in objects.of("RabbitmqCluster")}
    if address.scheme != asked.get("protocol") or address.hostname not in places or address.port != 15672:
        found.append(f"{asked.get('host')} is not where the broker's management is")
    name = trigger.get("authenticationRef", {}).get("name", "")
    if objects.named("TriggerAuthentication", name) is None:
        found.append(f"there is no TriggerAuthentication {name!r}")
    return found


def processors(objects: Objects) -> list[str]:
    """One HorizontalPodAutoscaler for each API; a canary has a fixed number."""
    found = []
    for one in objects.deployments("api"):
        chosen = _scaled_by(objects, "HorizontalPodAutoscaler", one)
        is_canary = labels_of(one).get("track") == "canary"
        if (len(chosen), "replicas" in one["spec"]) != ((0, True) if is_canary else (1, False)):
            found.append(f"{called(one)}: exactly one of a number and an autoscaler must say how many")
        for each in chosen:
            if not 1 <= each["spec"]["minReplicas"] < each["spec"]["maxReplicas"]:
                found.append(f"{called(each)}: it can neither grow nor keep one")
        if "cpu" not in container_of(one).get("resources", {}).get("requests", {}):
            found.append(f"{called(one)}: a share of no request cannot be measured")
    return found


def sizes(objects: Objects) -> list[str]:
    """One broker and one database where the APIs may be single; else three of each, a majority without any one."""
    single = any(one["spec"]["minReplicas"] == 1 for one in objects.of("HorizontalPodAutoscaler"))
    wanted = 1 if single else 3
    given = {called(one): one["spec"].get("replicas") for one in objects.of("RabbitmqCluster")}
    given |= {called(one): one["spec"].get("members") for one in objects.of("MongoDBCommunity")}
    if 2 != len(given):
        return [f"one broker and one database are wanted, and there are {sorted(given)}"]
    return [f"{name}: {number} instead of {wanted}" for name, number in given.items() if number != wanted]
