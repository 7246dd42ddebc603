"""Pods that are not as they should be."""

from tests.kubernetes.breakages.places import Breakage, container, pod, spec

BREAKAGES = [
    Breakage("probes", "without a start-up probe", lambda o: container(o).pop("startupProbe")),
    Breakage(
        "probes",
        "a probe at a port that nobody opens",
        lambda o: container(o)["readinessProbe"]["httpGet"].update(port="web"),
    ),
    Breakage(
        "probes",
        "a probe at a path that nobody serves",
        lambda o: container(o)["livenessProbe"]["httpGet"].update(path="/health"),
    ),
    Breakage(
        "probes",
        "a restart for a broker that is down",
        lambda o: container(o, "pyworker")["livenessProbe"]["httpGet"].update(path="/readyz"),
    ),
    Breakage("resources", "without a limit of memory", lambda o: container(o)["resources"]["limits"].pop("memory")),
    Breakage(
        "resources", "more requested than allowed", lambda o: container(o)["resources"]["requests"].update(cpu="3")
    ),
    Breakage(
        "resources",
        "a database without limits",
        lambda o: spec(o, "MongoDBCommunity", "mongodb")["statefulSet"]["spec"]["template"]["spec"]["containers"][
            0
        ].pop("resources"),
    ),
    Breakage(
        "resources", "a broker without requests", lambda o: spec(o, "RabbitmqCluster", "rabbitmq").pop("resources")
    ),
    Breakage("security", "may be root", lambda o: pod(o)["securityContext"].update(runAsNonRoot=False)),
    Breakage("security", "a user of the node", lambda o: pod(o)["securityContext"].update(runAsUser=1000)),
    Breakage(
        "security", "a writable root", lambda o: container(o)["securityContext"].update(readOnlyRootFilesystem=False)
    ),
    Breakage(
        "security",
        "a capability is kept",
        lambda o: container(o)["securityContext"].update(capabilities={"drop": ["NET_RAW"]}),
    ),
    Breakage("security", "any system call", lambda o: pod(o)["securityContext"].pop("seccompProfile")),
    Breakage("security", "a token for the Kubernetes API", lambda o: pod(o).pop("automountServiceAccountToken")),
    Breakage("security", "variables that Services put there", lambda o: pod(o).pop("enableServiceLinks")),
    Breakage("security", "no place for temporary files", lambda o: container(o).pop("volumeMounts")),
    Breakage(
        "security",
        "a folder of the node",
        lambda o: pod(o)["volumes"].append({"name": "node", "hostPath": {"path": "/"}}),
    ),
    Breakage("security", "the network of the node", lambda o: pod(o).update(hostNetwork=True)),
    Breakage("spread", "all on one machine", lambda o: pod(o).pop("topologySpreadConstraints")),
    Breakage(
        "spread",
        "counting the pods of another",
        lambda o: pod(o)["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"].update(
            {"app.kubernetes.io/name": "other"}
        ),
    ),
    Breakage("spread", "two brokers on one machine", lambda o: spec(o, "RabbitmqCluster", "rabbitmq").pop("affinity")),
    Breakage("images", "any version", lambda o: container(o).update(image="tasklab/app:latest")),
    Breakage(
        "images", "a worker of another version", lambda o: container(o, "pyworker").update(image="tasklab/app:0.0.9")
    ),
]
