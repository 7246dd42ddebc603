"""Wrong places, secrets that are written down, twins that differ."""

from tests.kubernetes.breakages.places import Breakage, pod, rule, setting, variable

BREAKAGES = [
    Breakage("namespace", "any pod is admitted", lambda o: o.the("Namespace", "tasklab")["metadata"].pop("labels")),
    Breakage(
        "namespace", "somewhere else", lambda o: o.the("Service", "flask")["metadata"].update(namespace="default")
    ),
    Breakage(
        "secrets",
        "a secret in the repository",
        lambda o: o.all.append({"kind": "Secret", "metadata": {"name": "x", "namespace": "tasklab"}}),
    ),
    Breakage("secrets", "a password as a value", lambda o: variable(o, "RABBIT_PASSWORD").update(value="guest")),
    Breakage("secrets", "a password in the settings", lambda o: setting(o).update(RABBIT_PASSWORD="guest")),
    Breakage("alike", "one twin has more processes", lambda o: variable(o, "API_PROCESSES").update(value="4")),
    Breakage(
        "alike", "one twin drains longer", lambda o: pod(o, "asyncworker").update(terminationGracePeriodSeconds=60)
    ),
    Breakage("alike", "one twin has another route", lambda o: rule(o, "asyncapp")["filters"].pop(0)),
]
