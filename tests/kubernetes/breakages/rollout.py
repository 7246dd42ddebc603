"""Rollouts that cost something."""

from tests.kubernetes.breakages.places import Breakage, container, deployment, pod, remove, rule, spec, variable

BREAKAGES = [
    Breakage("disruption", "no budget", lambda o: remove(o, "PodDisruptionBudget", "flask")),
    Breakage("disruption", "no budget for the broker", lambda o: remove(o, "PodDisruptionBudget", "rabbitmq")),
    Breakage(
        "disruption",
        "a machine can never be emptied",
        lambda o: spec(o, "PodDisruptionBudget", "flask").update(maxUnavailable=0),
    ),
    Breakage("draining", "killed before it has drained", lambda o: pod(o).update(terminationGracePeriodSeconds=10)),
    Breakage(
        "draining",
        "a worker is killed before it has drained",
        lambda o: pod(o, "pyworker").update(terminationGracePeriodSeconds=12),
    ),
    Breakage("draining", "requests for a pod that has stopped", lambda o: container(o).pop("lifecycle")),
    Breakage(
        "draining",
        "a pod too few",
        lambda o: deployment(o)["spec"]["strategy"]["rollingUpdate"].update(maxUnavailable=1),
    ),
    Breakage(
        "canary",
        "another setting as well",
        lambda o: variable(o, "API_PROCESSES", "flask-canary").update(value="4"),
        "canary",
    ),
    Breakage(
        "canary",
        "more memory as well",
        lambda o: container(o, "flask-canary")["resources"]["limits"].update(memory="1Gi"),
        "canary",
    ),
    Breakage(
        "canary",
        "the same version",
        lambda o: container(o, "flask-canary").update(image=container(o)["image"]),
        "canary",
    ),
    Breakage("canary", "no share of the requests", lambda o: rule(o)["backendRefs"].pop(), "canary"),
    Breakage(
        "canary",
        "most of the requests",
        lambda o: [each.update(weight=50 + 40 * place) for place, each in enumerate(rule(o)["backendRefs"])],
        "canary",
    ),
    Breakage("canary", "only for one twin", lambda o: remove(o, "Deployment", "flask-canary"), "canary"),
]
