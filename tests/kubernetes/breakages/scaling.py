"""Numbers that nobody or two decide."""

from tests.kubernetes.breakages.places import Breakage, deployment, remove, setting, spec, trigger

BREAKAGES = [
    Breakage("queue_depth", "another queue", lambda o: trigger(o)["metadata"].update(queueName="tasks")),
    Breakage("queue_depth", "the workers' queue has another name", lambda o: setting(o).update(RABBIT_QUEUE="tasks")),
    Breakage("queue_depth", "one shard of four", lambda o: trigger(o)["metadata"].pop("useRegex"), "sharded"),
    Breakage("queue_depth", "the fullest shard", lambda o: trigger(o)["metadata"].update(operation="max"), "sharded"),
    Breakage("queue_depth", "dead letters too", lambda o: trigger(o)["metadata"].update(queueName="task"), "sharded"),
    Breakage("plugins", "shards without it", lambda o: setting(o).update(QUEUE_SHARDS="2")),
    Breakage("queue_depth", "no scaler", lambda o: remove(o, "ScaledObject", "pyworker")),
    Breakage("queue_depth", "two who decide", lambda o: deployment(o, "pyworker")["spec"].update(replicas=2)),
    Breakage("queue_depth", "not by depth", lambda o: trigger(o)["metadata"].update(mode="MessageRate")),
    Breakage(
        "queue_depth",
        "another broker",
        lambda o: trigger(o)["metadata"].update(host="http://rabbitmq.default.svc:15672"),
    ),
    Breakage("queue_depth", "nobody's password", lambda o: remove(o, "TriggerAuthentication", "rabbitmq")),
    Breakage(
        "queue_depth", "none at all at night", lambda o: spec(o, "ScaledObject", "pyworker").update(minReplicaCount=0)
    ),
    Breakage("processors", "no autoscaler", lambda o: remove(o, "HorizontalPodAutoscaler", "flask")),
    Breakage("processors", "two who decide", lambda o: deployment(o)["spec"].update(replicas=2)),
    Breakage(
        "processors", "it cannot grow", lambda o: spec(o, "HorizontalPodAutoscaler", "flask").update(maxReplicas=2)
    ),
    Breakage(
        "processors",
        "a canary without a number",
        lambda o: deployment(o, "flask-canary")["spec"].pop("replicas"),
        "canary",
    ),
    Breakage("sizes", "two brokers", lambda o: spec(o, "RabbitmqCluster", "rabbitmq").update(replicas=2)),
    Breakage(
        "sizes",
        "three databases on a laptop",
        lambda o: spec(o, "MongoDBCommunity", "mongodb").update(members=3),
        "classroom",
    ),
]
