"""Ways that are open or shut by mistake."""

from tests.kubernetes.breakages.places import Breakage, policy, remove

BREAKAGES = [
    Breakage("closed", "everything is open by default", lambda o: remove(o, "NetworkPolicy", "default-deny")),
    Breakage(
        "closed", "by default anything goes out", lambda o: policy(o, "default-deny").update(policyTypes=["Ingress"])
    ),
    Breakage("closed", "workers without a policy", lambda o: remove(o, "NetworkPolicy", "workers")),
    Breakage("ways_in", "an API for everybody", lambda o: policy(o, "apis")["ingress"].append({})),
    Breakage(
        "ways_in",
        "a worker for the router",
        lambda o: policy(o, "workers")["ingress"][0]["from"].append(policy(o, "apis")["ingress"][0]["from"][0]),
    ),
    Breakage(
        "ways_in",
        "any pod of the router's namespace",
        lambda o: policy(o, "apis")["ingress"][0]["from"][0].pop("podSelector"),
    ),
    Breakage("ways_in", "a broker that KEDA cannot ask", lambda o: policy(o, "rabbitmq")["ingress"].pop(1)),
    Breakage(
        "ways_in", "a database that workers cannot reach", lambda o: policy(o, "mongodb")["ingress"][0]["from"].pop(1)
    ),
    Breakage("ways_out", "a worker out to the internet", lambda o: policy(o, "workers")["egress"].append({"to": [{}]})),
    Breakage(
        "ways_out",
        "an API at another port of the broker",
        lambda o: policy(o, "apis")["egress"][0].update(ports=[{"port": 15672}]),
    ),
    Breakage("ways_out", "no names", lambda o: remove(o, "NetworkPolicy", "names")),
]
