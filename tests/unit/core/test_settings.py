"""Settings, and how they are refused."""

import dataclasses
from typing import Any

import pytest

from core.errors import InvalidSetting
from core.settings import LIMITS, Settings, read

PORTS = ["RABBIT_PORT", "FLASK_PORT", "ASYNC_PORT", "WORKER_PORT"]
COUNTS = ["API_PROCESSES", "API_THREADS"]
FIELDS = {field.name.upper(): field.name for field in dataclasses.fields(Settings)}


def test_an_empty_environment_gives_the_values_of_the_contract() -> None:
    """A service that is started by hand works as the lab does."""
    assert Settings() == read({})


@pytest.mark.parametrize("name", FIELDS)
def test_a_variable_that_is_set_but_empty_counts_as_not_set(name: str) -> None:
    """Compose passes on an unset variable as an empty one."""
    assert Settings() == read({name: ""})


GIVEN: dict[str, tuple[str, Any]] = {
    "RABBIT_HOST": ("rabbitmq", "rabbitmq"),
    "RABBIT_PORT": ("1", 1),
    "RABBIT_HOSTS": ("rabbit-1, rabbit-2:5673", ("rabbit-1", "rabbit-2:5673")),
    "RABBIT_USER": ("ann", "ann"),
    "RABBIT_PASSWORD": ("a b:c@d", "a b:c@d"),
    "RABBIT_QUEUE": ("q" * 200, "q" * 200),
    "QUEUE_SHARDS": ("4", 4),
    "MONGO_URI": ("mongodb+srv://cluster", "mongodb+srv://cluster"),
    "DB_NAME": ("other", "other"),
    "FLASK_PORT": ("65535", 65535),
    "ASYNC_PORT": ("80", 80),
    "WORKER_PORT": ("6000", 6000),
    "BIND_HOST": ("0.0.0.0", "0.0.0.0"),
    "HOST_NAME": ("seat-7", "seat-7"),
    "API_PROCESSES": ("256", 256),
    "API_THREADS": ("1", 1),
    "LOG_LEVEL": ("DEBUG", "debug"),
    "OTEL_EXPORTER_OTLP_ENDPOINT": ("https://traces.school:4318/otlp", "https://traces.school:4318/otlp"),
    "OTEL_TRACES_SAMPLER_ARG": ("0.1", 0.1),
}


def test_every_setting_has_a_variable_of_its_name() -> None:
    """Whoever reads one finds the other."""
    assert set(FIELDS) == set(GIVEN)


@pytest.mark.parametrize("name", GIVEN)
def test_a_variable_decides_its_own_setting_and_no_other(name: str) -> None:
    """All the others keep their usual values."""
    text, value = GIVEN[name]
    assert dataclasses.replace(Settings(), **{FIELDS[name]: value}) == read({name: text})


BAD = [
    *[(name, text) for name in PORTS for text in ("0", "65536", "70000", "abc", "-1", "80.0", " 80", "0x50", "²")],
    *[(name, text) for name in COUNTS for text in ("0", "257", "two", "-1", "1.5")],
    ("RABBIT_HOST", "my host"),
    ("RABBIT_HOST", "host\n"),
    *[("RABBIT_HOSTS", text) for text in ("a,,b", "a b", "a:0", "a:70000", "a:", "amqp://a", "me@a", "[::1", "a/b")],
    ("RABBIT_QUEUE", "amq.tasks"),
    ("RABBIT_QUEUE", "q" * 201),
    ("RABBIT_QUEUE", "ü" * 101),
    ("RABBIT_QUEUE", "my queue"),
    ("QUEUE_SHARDS", "0"),
    ("QUEUE_SHARDS", "257"),
    ("QUEUE_SHARDS", "many"),
    ("MONGO_URI", "localhost:27017"),
    ("MONGO_URI", "http://localhost"),
    ("MONGO_URI", "mongodb://[::1"),
    ("DB_NAME", "a/b"),
    ("DB_NAME", "a.b"),
    ("DB_NAME", "$db"),
    ("DB_NAME", "my db"),
    ("DB_NAME", "d" * 64),
    ("BIND_HOST", "0.0.0.0 "),
    ("HOST_NAME", "h" * 129),
    ("HOST_NAME", "my host"),
    ("LOG_LEVEL", "loud"),
    ("LOG_LEVEL", "10"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://localhost:4317"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://local host:4318"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:99999"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:0"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host\n"),
    *[("OTEL_TRACES_SAMPLER_ARG", text) for text in ("-0.1", "1.1", "all", "nan", "inf", "10%")],
]


@pytest.mark.parametrize(("name", "text"), BAD)
def test_a_value_that_cannot_be_used_is_refused_by_the_name_of_its_variable(name: str, text: str) -> None:
    """A stack trace from a socket would leave people guessing."""
    with pytest.raises(InvalidSetting, match=f"^{name}.* cannot be used: .*"):
        read({name: text})


def test_the_broker_has_one_node_unless_more_are_named() -> None:
    """At the address that everybody knows."""
    assert (("rabbitmq", 1),) == read({"RABBIT_HOST": "rabbitmq", "RABBIT_PORT": "1"}).rabbit_nodes


def test_a_node_without_a_port_has_the_usual_one() -> None:
    """And an address of IPv6 stands in brackets."""
    nodes = read({"RABBIT_HOSTS": "a,b:5673,[::1],[::1]:5674", "RABBIT_PORT": "1"}).rabbit_nodes
    assert (("a", 1), ("b", 5673), ("::1", 1), ("::1", 5674)) == nodes


def test_a_value_that_is_refused_is_shown() -> None:
    """It may come from another place than the one that is looked at."""
    with pytest.raises(InvalidSetting, match="FLASK_PORT='abc'"):
        read({"FLASK_PORT": "abc"})


def test_an_address_that_may_hold_a_password_is_not_shown() -> None:
    """The message ends in a log."""
    for name in ("MONGO_URI", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        with pytest.raises(InvalidSetting) as caught:
            read({name: "amqp://ann:secret@db"})
        assert "secret" not in str(caught.value)


def test_variables_of_others_are_nothing_to_us() -> None:
    """An environment is full of them."""
    assert Settings() == read({"PATH": "/bin", "PORT": "abc"})


def test_a_publish_is_given_up_well_before_the_five_seconds_of_the_contract() -> None:
    """The 503 has to be on its way by then, and waiting for a free channel is in it."""
    assert LIMITS.publish_deadline + LIMITS.probe_timeout < 5


def test_a_worker_takes_more_than_one_batch_from_the_broker() -> None:
    """While one is stored, the next arrives."""
    assert LIMITS.prefetch >= 2 * LIMITS.batch


def test_stopping_takes_less_than_ten_seconds() -> None:
    """Drain, one last operation of the database, and closing the connections of both kinds."""
    assert LIMITS.drain + LIMITS.round_of_work + LIMITS.store_timeout + 2 * LIMITS.probe_timeout < 10
    assert LIMITS.graceful < 10
