"""Names of what is not there, and variables that do not fit."""

from tests.kubernetes.breakages.places import (
    Breakage,
    container,
    deployment,
    policy,
    rename,
    setting,
    spec,
    variable,
)

BREAKAGES = [
    Breakage(
        "selectors",
        "a Service of nothing",
        lambda o: spec(o, "Service", "flask")["selector"].update({"app.kubernetes.io/name": "flusk"}),
    ),
    Breakage(
        "selectors",
        "a Service of both versions",
        lambda o: spec(o, "Service", "flask")["selector"].pop("track"),
        "canary",
    ),
    Breakage(
        "selectors",
        "a Deployment that does not know its pods",
        lambda o: deployment(o)["spec"]["selector"]["matchLabels"].update(track="other"),
    ),
    Breakage(
        "selectors",
        "a policy for a label that nothing has",
        lambda o: policy(o, "mongodb")["podSelector"]["matchLabels"].update(app="mongo"),
    ),
    Breakage(
        "selectors",
        "an autoscaler of nothing",
        lambda o: spec(o, "HorizontalPodAutoscaler", "flask")["scaleTargetRef"].update(name="flusk"),
    ),
    Breakage(
        "maps_and_secrets",
        "a map that is not there",
        lambda o: container(o)["envFrom"][0]["configMapRef"].update(name="setting"),
    ),
    Breakage(
        "maps_and_secrets",
        "a secret that nobody makes",
        lambda o: variable(o, "RABBIT_USER")["valueFrom"]["secretKeyRef"].update(name="rabbit-default-user"),
    ),
    Breakage(
        "maps_and_secrets", "a broker of another name", lambda o: rename(o, "RabbitmqCluster", "rabbitmq", "broker")
    ),
    Breakage(
        "maps_and_secrets",
        "KEDA's secret that nobody makes",
        lambda o: spec(o, "TriggerAuthentication", "rabbitmq")["secretTargetRef"][0].update(name="keda"),
    ),
    Breakage(
        "keys",
        "a key that the secret does not have",
        lambda o: variable(o, "MONGO_URI")["valueFrom"]["secretKeyRef"].update(key="uri"),
    ),
    Breakage(
        "known",
        "a variable that nothing reads",
        lambda o: container(o)["env"].append({"name": "RABBITMQ_HOST", "value": "x"}),
    ),
    Breakage("known", "a setting that nothing reads", lambda o: setting(o).update(QUEUE="task_queue")),
    Breakage("needed", "no password", lambda o: container(o)["env"].remove(variable(o, "RABBIT_PASSWORD"))),
    Breakage("needed", "no queue", lambda o: setting(o).pop("RABBIT_QUEUE")),
    Breakage("fitting", "another port", lambda o: variable(o, "FLASK_PORT").update(value="5003")),
    Breakage("fitting", "a value that is refused", lambda o: setting(o).update(LOG_LEVEL="loud")),
    Breakage("fitting", "loopback only", lambda o: setting(o).update(BIND_HOST="127.0.0.1")),
    Breakage(
        "fitting",
        "metrics at another port",
        lambda o: deployment(o)["spec"]["template"]["metadata"]["annotations"].update({"prometheus.io/port": "9090"}),
    ),
]
