"""The twins differ in their names and ports, and in nothing else."""

import json

from tests.kubernetes.objects import Objects, called, container_of

WORDS = {
    "asyncworker": "pyworker",
    "asyncapp": "flask",
    "tasklab/flask:": "tasklab/app:",
    '"flask.worker"': '"app.worker"',
    "ASYNC_PORT": "FLASK_PORT",
    "5002": "5001",
    "5012": "5011",
    "/async": "/flask",
}
"""From the asynchronous one to the synchronous one, in this order."""
KINDS = ("Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler", "ScaledObject", "HTTPRoute")


def alike(objects: Objects) -> list[str]:
    """Each object of the asynchronous twin, with these words, is the one of the synchronous twin."""
    found = []
    for kind in KINDS:
        for one in objects.of(kind):
            text = json.dumps(one)
            for word, other in WORDS.items():
                text = text.replace(word, other)
            twin = json.loads(text)
            if kind == "Deployment":
                container_of(twin)["env"] = [
                    each for each in container_of(twin)["env"] if each["name"] != "API_THREADS"
                ]
            other = json.loads(json.dumps(objects.named(kind, twin["metadata"]["name"])))
            if other and kind == "Deployment":
                container_of(other)["env"] = [
                    each for each in container_of(other)["env"] if each["name"] != "API_THREADS"
                ]
            if twin != other:
                found.append(f"{called(one)}: it differs from {called(twin)}")
    return found
