"""Ways in that lead astray."""

from tests.kubernetes.breakages.places import Breakage, drop_filter, paths, remove, rule, spec, without_a_middleware

BREAKAGES = [
    Breakage("backends", "the twins exchanged", lambda o: rule(o)["backendRefs"][0].update(name="asyncapp")),
    Breakage("backends", "a Service that is not there", lambda o: remove(o, "Service", "flask")),
    Breakage(
        "backends", "a port that the Service does not have", lambda o: rule(o)["backendRefs"][0].update(port=8080)
    ),
    Breakage(
        "backends",
        "a port that the pod does not open",
        lambda o: spec(o, "Service", "flask")["ports"][0].update(targetPort="web"),
    ),
    Breakage("backends", "a Gateway that is not there", lambda o: remove(o, "Gateway", "tasklab")),
    Breakage("backends", "one twin only", lambda o: paths(o).pop(), "classroom"),
    Breakage(
        "backends",
        "a named port that the Service does not have",
        lambda o: paths(o)[0]["backend"]["service"].update(port={"name": "web"}),
        "classroom",
    ),
    Breakage("prefixes", "the prefix stays", lambda o: drop_filter(o, "URLRewrite")),
    Breakage("prefixes", "links without the prefix", lambda o: drop_filter(o, "RequestHeaderModifier")),
    Breakage(
        "prefixes",
        "the prefix stays behind the Ingress",
        lambda o: without_a_middleware(o, "strip-prefix"),
        "classroom",
    ),
    Breakage(
        "prefixes",
        "only one prefix is taken off",
        lambda o: spec(o, "Middleware", "strip-prefix")["stripPrefix"]["prefixes"].pop(),
        "classroom",
    ),
    Breakage("limits", "any number of requests", lambda o: without_a_middleware(o, "rate-limit"), "classroom"),
    Breakage("limits", "any size", lambda o: drop_filter(o, "ExtensionRef")),
    Breakage(
        "limits",
        "another size than nginx takes",
        lambda o: spec(o, "Middleware", "body-limit")["buffering"].update(maxRequestBodyBytes=1_000_000),
    ),
    Breakage("limits", "a Middleware that is not there", lambda o: remove(o, "Middleware", "rate-limit")),
]
