"""No queue name, address, port or time-out stands outside core/settings.py and core/topology.py."""

import ast
import re
from collections.abc import Iterator

from core.settings import Settings
from tests.meta.house import ROOMS, Module, modules

HOMES = {"core/settings.py", "core/topology.py"}
PORTS = {8080, 5672, 15672, 27017, 5001, 5002, 5011, 5012}
QUEUES = re.compile(rf"^{Settings().rabbit_queue}|\.dead$|\.retry\b|^amq\.|^x-(?!forwarded|request)", re.IGNORECASE)
ADDRESS = re.compile(r"^[a-z][a-z0-9+]*://|^(localhost|127\.0\.0\.1|0\.0\.0\.0)\b", re.IGNORECASE)
TIMES = re.compile(
    r"timeout|time_out|deadline|delay|interval|heartbeat|ttl|wait|grace|keepalive|keep_alive|retry.after|longest"
)
WAITING_CALLS = {"sleep", "join", "wait", "wait_for", "call_later", "result", "acquire"}

ALLOWED = {
    ("core/request.py", "MAX_WAIT = 30"): "a bound of the HTTP contract; compared with openapi.yaml by a test",
    ("core/logs.py", "'ext://sys.stderr'"): "how logging's configuration names standard error",
    ("core/values.py", "'amq.'"): "what names of queues may not begin with; nothing is called so here",
    ("core/retry.py", "longest=2.0"): "the cap of a pure function; its caller may give another",
}


def docstrings(tree: ast.AST) -> set[ast.AST]:
    """Texts that are statements of their own: they only describe."""
    statements = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    return {value for value in statements if isinstance(value, ast.Constant)}


def is_number(node: ast.AST | None) -> bool:
    """Whether it is a number written out, other than nothing or one."""
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        and node.value not in (0, 1)
    )


def literals(module: Module) -> Iterator[str]:
    """Everything in a module that belongs into the settings or the topology."""
    described = docstrings(module.tree)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and node not in described:
            yield from _names(node)
        if isinstance(node, ast.Call):
            yield from _times_of_call(node)
        if isinstance(node, ast.Assign | ast.AnnAssign) and is_number(node.value):
            target = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            yield from [f"{target} = {ast.unparse(node.value)}"] if node.value and TIMES.search(target.lower()) else []
        if isinstance(node, ast.Dict):
            yield from _times_of_dict(node)
        if isinstance(node, ast.arguments):
            yield from _times_of_defaults(node)


def _names(node: ast.Constant) -> Iterator[str]:
    if isinstance(node.value, str) and (QUEUES.search(node.value) or ADDRESS.search(node.value)):
        yield repr(node.value)
    if isinstance(node.value, int) and not isinstance(node.value, bool) and node.value in PORTS:
        yield str(node.value)


def _times_of_call(node: ast.Call) -> Iterator[str]:
    called = ast.unparse(node.func).split(".")[-1]
    if called in WAITING_CALLS:
        yield from [f"{called}({ast.unparse(given)})" for given in node.args if is_number(given)]
    for keyword in node.keywords:
        if keyword.arg and TIMES.search(keyword.arg.lower()) and is_number(keyword.value):
            yield f"{keyword.arg}={ast.unparse(keyword.value)}"


def _times_of_dict(node: ast.Dict) -> Iterator[str]:
    for key, value in zip(node.keys, node.values, strict=True):
        given = is_number(value) or (isinstance(value, ast.Constant) and str(value.value).isdecimal())
        if given and isinstance(key, ast.Constant) and TIMES.search(str(key.value).lower()):
            yield f"{key.value!r}: {ast.unparse(value)}"


def _times_of_defaults(node: ast.arguments) -> Iterator[str]:
    given = [*node.posonlyargs, *node.args]
    pairs = [*zip(given[len(given) - len(node.defaults) :], node.defaults, strict=True)]
    pairs += [(name, default) for name, default in zip(node.kwonlyargs, node.kw_defaults, strict=True) if default]
    for name, default in pairs:
        if TIMES.search(name.arg.lower()) and is_number(default):
            yield f"{name.arg}={ast.unparse(default)}"


FOUND = {
    (module.name, literal) for module in modules(*ROOMS) if module.name not in HOMES for literal in literals(module)
}


def test_names_addresses_ports_and_time_outs_stand_in_the_settings_and_the_topology() -> None:
    """So that there is one place to look, and one to change."""
    found = sorted(FOUND - set(ALLOWED))
    assert not found, "\n".join(f"{module}: {literal}" for module, literal in found)


def test_every_literal_that_is_allowed_is_there() -> None:
    """An entry that nothing needs any more fails as well."""
    assert [] == sorted(set(ALLOWED) - FOUND)


def test_every_time_out_of_the_settings_is_used() -> None:
    """One that nobody reads would promise something that does not happen."""
    (limits,) = [
        node
        for module in modules("core")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and node.name == "Limits"
    ]
    names = {ast.unparse(node.target) for node in limits.body if isinstance(node, ast.AnnAssign)}
    read = {
        node.attr
        for module in modules(*ROOMS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "LIMITS"
    }
    assert set() == names - read
