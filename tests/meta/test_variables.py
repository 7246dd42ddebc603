"""Every variable that something reads is explained in .env, and every variable in .env is read by something."""

import ast
import re

from tests.meta.house import ROOT, modules

INTERNAL = {
    "BIND_HOST": "set by docker-compose.yml inside a container; natively the services stay on loopback",
    "WORKER_PORT": "set for each worker, from PYWORKER_PORT and ASYNCWORKER_PORT",
    "HOST_NAME": "what the passport calls a host; usually its own name",
    "PROMETHEUS_MULTIPROC_DIR": "a temporary folder that each API makes for itself",
    "LAB_STATE": "where ./lab test keeps its private lab",
    "LAB_DEBUG": "stack traces for those who work on ./lab itself",
    "COMPOSE_PROJECT_NAME": "Docker Compose's own",
    "COLUMNS": "the terminal's own",
    "PATH": "the shell's own",
    "PATH_INFO": "WSGI's name for the path, in a mapping that is called environ as well",
    "http_proxy": "the network's own; ./lab doctor looks at it",
    "no_proxy": "the network's own, see http_proxy",
    "NO_PROXY": "the network's own, see http_proxy",
    "AGENT_TOKEN": "made by ./lab up, which tells it to the board only",
    "LAB_READ_ONLY": "false lets docker compose watch write into containers; explained where it is read",
    "PYTHON_IMAGE": "another base image, for a network without the usual registry",
    "MONGO_IMAGE": "another image, see PYTHON_IMAGE",
    "RABBITMQ_IMAGE": "another image, see PYTHON_IMAGE",
    "NGINX_IMAGE": "another image, see PYTHON_IMAGE",
    "JAEGER_IMAGE": "another image, see PYTHON_IMAGE",
    "NGINX_EXPORTER_IMAGE": "another image, see PYTHON_IMAGE",
    "PROMETHEUS_IMAGE": "another image, see PYTHON_IMAGE",
    "GRAFANA_IMAGE": "another image, see PYTHON_IMAGE",
    "RABBITMQ_DEFAULT_USER": "the image's own name for RABBIT_USER, inside the container",
    "RABBITMQ_DEFAULT_PASS": "the image's own name for RABBIT_PASSWORD, inside the container",
}
NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
LINES = (ROOT / ".env").read_text(encoding="utf-8").splitlines()
DOCUMENTED = {line.split("=", 1)[0] for line in LINES if re.match(r"[A-Z_]+=", line)}
COMPOSE_FILES = [ROOT / "docker-compose.yml", *sorted((ROOT / "deploy").glob("*/compose.yml"))]
COMPOSE = "\n".join(file.read_text(encoding="utf-8") for file in COMPOSE_FILES)


def texts(*rooms: str) -> set[str]:
    """Every text that is written out in these rooms' code."""
    nodes = [node for module in modules(*rooms) for node in ast.walk(module.tree)]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def read_by_settings() -> set[str]:
    """The variables that core/settings.py asks for."""
    (module,) = [module for module in modules("core") if module.name == "core/settings.py"]
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    return {ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "setting"}


def read_from_environment(*rooms: str) -> set[str]:
    """The variables that code asks ``environ`` for by a name written out."""
    found: set[object] = set()
    for module in modules(*rooms):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and re.search(r"(environ|getenv)(\.\w+)?$", ast.unparse(node.func)):
                found |= {given.value for given in node.args[:1] if isinstance(given, ast.Constant)}
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
                found |= {node.slice.value} if isinstance(node.slice, ast.Constant) else set()
    return {name for name in found if isinstance(name, str)}


def read_by_compose() -> set[str]:
    """The variables that docker-compose.yml and what is laid over it take from .env or the environment."""
    return set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", COMPOSE))


def read_by_cli() -> set[str]:
    """The names of .env that the command line has written out."""
    return {text for text in texts("cli") if text in DOCUMENTED}


READ = read_by_settings() | read_from_environment("core", "app", "asyncapp", "cli") | read_by_compose()


def test_every_variable_that_is_read_is_documented_or_internal() -> None:
    """In .env, where people look for it."""
    assert set() == READ - DOCUMENTED - set(INTERNAL)


def test_every_variable_in_the_file_is_read() -> None:
    """One that nothing reads would be set in vain."""
    assert set() == DOCUMENTED - READ - read_by_cli()


def test_every_internal_variable_is_read() -> None:
    """An entry that nothing needs any more fails as well."""
    everything = READ | {name for text in texts("cli") for name in [text] if NAME.fullmatch(text)}
    inside = set(re.findall(r"\b(RABBITMQ_DEFAULT_\w+):", COMPOSE))
    assert set() == set(INTERNAL) - everything - inside


def test_every_variable_in_the_file_is_explained() -> None:
    """By a comment above it, for itself or for the group that it begins or belongs to."""
    unexplained, explained = [], False
    for line in LINES:
        explained = line.startswith("#") or (explained and bool(line.strip()))
        if re.match(r"[A-Z_]+=", line) and not explained:
            unexplained.append(line)
    assert [] == unexplained


def test_no_variable_is_set_twice() -> None:
    """The second would win in silence."""
    names = [line.split("=", 1)[0] for line in LINES if re.match(r"[A-Z_]+=", line)]
    assert sorted(set(names)) == sorted(names)


def test_usual_values_agree_wherever_they_are_written() -> None:
    """docker-compose.yml repeats them for those who start it without .env."""
    values = dict(line.split("=", 1) for line in LINES if re.match(r"[A-Z_]+=", line))
    repeated = re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", COMPOSE)
    assert [] == [(name, value) for name, value in repeated if name in values and values[name] != value]
