"""Settings, from a mapping such as ``os.environ``. What cannot be used is refused by the name of its variable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from core.addresses import Address, address, hosts
from core.errors import InvalidSetting
from core.values import count, database_name, http_address, label, level, mongo_uri, port, queue_name, share, word

VERSION = "0.1.0"


@dataclass(frozen=True)
class Settings:
    """What the environment decides. Times are seconds."""

    rabbit_host: str = "localhost"
    rabbit_port: int = 5672
    rabbit_hosts: tuple[str, ...] = ()
    """The nodes of a cluster, each as host or host:port; empty where there is one, at the address above."""
    rabbit_user: str = "guest"
    rabbit_password: str = "guest"
    rabbit_queue: str = "task_queue"
    queue_shards: int = 1
    """Queues that the tasks are spread over; one needs nothing of the broker but itself."""
    mongo_uri: str = "mongodb://localhost:27017/?replicaSet=rs0"
    db_name: str = "tasklab"
    flask_port: int = 5001
    async_port: int = 5002
    worker_port: int = 5011
    bind_host: str = "127.0.0.1"
    host_name: str = ""
    api_processes: int = 2
    api_threads: int = 16
    log_level: str = "info"
    otel_exporter_otlp_endpoint: str = ""
    """Where a collector takes traces; empty: nothing is traced."""
    otel_traces_sampler_arg: float = 1.0

    @property
    def rabbit_nodes(self) -> tuple[Address, ...]:
        """Every node of the broker, at least one."""
        one = (self.rabbit_host, self.rabbit_port)
        return tuple(address(text, self.rabbit_port) for text in self.rabbit_hosts) or (one,)


@dataclass(frozen=True)
class Limits:
    """What does not change from one machine to another, in one place. Times are seconds."""

    publish_deadline: float = 3.0
    """A publish without the broker's confirm by then is answered 503."""
    publishes_in_flight: int = 1000
    """Per process; beyond them a request is refused at once."""
    heartbeat: int = 10
    connect_timeout: float = 5.0
    unreachable: float = 5.0
    """What was sent to a broker whose computer has not even acknowledged it for that long goes to another node."""
    first_try: float = 1.0
    """A new process takes requests after its first attempt to connect to the broker, or after that long."""
    store_timeout: float = 2.0
    """One operation of the database, with all its retries."""
    read_timeout: float = 1.5
    """One read. Looking an idempotency key up and publishing in vain must together stay below 5 seconds."""
    store_rest: float = 1.0
    """After the database failed to answer a reader, the others are refused at once for that long."""
    probe_timeout: float = 1.0
    redeclare: float = 1.0
    """A queue that has been deleted is declared again after that long."""
    prefetch: int = 1000
    first_prefetch: int = 1
    """A consumer begins with it, and goes back to it when a message is redelivered: decision 7 says why."""
    calm: int = 20
    """After a redelivered message it takes ``prefetch`` at once only when that many have come that were not."""
    batch: int = 500
    small_batch: int = 100
    """After fewer, but more than one, a worker rests, so that more come together."""
    rest: float = 0.02
    round_of_work: float = 0.25
    """A worker stores what it has done after that long, even if its batch has more to do."""
    last_call: float = 0.1
    """From SIGTERM on, a worker takes what the broker has already sent for that long, and acknowledges nothing, so that
    it sends no more."""
    drain: float = 0.5
    """From SIGTERM on, a worker starts no further batch after that long and gives back the rest."""
    graceful: int = 8
    """From SIGTERM on, gunicorn lets running requests finish for that long."""
    linger: float = 1.0
    """From SIGTERM on, an idle connection stays open for that long: a request may be on its way on it."""
    silence: int = 60
    """gunicorn replaces a process that has not been heard of for that long."""
    notify: int = 1
    """How often a process of gunicorn looks whether its master is still there."""
    turn: float = 0.001
    """A process that has taken a connection leaves the next one to the others for that long."""
    stay: float = 0.005
    """A request thread waits that long for another request of its connection, unless others wait for the thread."""
    keep_alive: int = 75
    """An idle connection from nginx stays open; longer than nginx keeps it, so that nginx is the one to close it."""
    waiters: int = 500
    """How many requests of one asynchronous process may wait for a task at once."""
    body: float = 10.0
    """Within that a request's body must have arrived."""
    poll: float = 0.05
    """How often a waiting GET looks again."""
    gather: float = 0.1
    """What is logged or counted within that time is handed on together."""
    garbage: int = 10_000
    """So many new objects, and a process looks for those that only hold each other; Python's 700 cost 4 to 9 %."""
    spans_waiting: int = 4096
    """So many spans of a process wait to be sent; beyond them the oldest are dropped."""
    spans_together: int = 512
    spans_every: float = 1.0
    """Spans are sent after that long, or as soon as ``spans_together`` wait."""
    spans_timeout: float = 1.0
    """A collector that has not answered by then has not taken them."""
    spans_end: float = 1.0
    """A process that ends goes on sending spans for that long."""
    retry_after: int = 2
    """What a 503 tells the client."""


LIMITS = Limits()

Value = TypeVar("Value")


class _Reader:
    """Reads one variable after the other."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, name: str, parse: Callable[[str], Value], default: Value) -> Value:
        text = self._environ.get(name, "")
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            # An address may hold a password.
            shown = "" if name == "MONGO_URI" or "@" in text else f"={text!r}"
            raise InvalidSetting(f"{name}{shown} cannot be used: {error}") from error


def read(environ: Mapping[str, str]) -> Settings:
    """The settings in ``environ``; raises InvalidSetting naming the variable, what it holds and what it must hold."""
    setting = _Reader(environ)
    usual = Settings()
    return Settings(
        rabbit_host=setting("RABBIT_HOST", word, usual.rabbit_host),
        rabbit_port=setting("RABBIT_PORT", port, usual.rabbit_port),
        rabbit_hosts=setting("RABBIT_HOSTS", hosts, usual.rabbit_hosts),
        rabbit_user=setting("RABBIT_USER", str, usual.rabbit_user),
        rabbit_password=setting("RABBIT_PASSWORD", str, usual.rabbit_password),
        rabbit_queue=setting("RABBIT_QUEUE", queue_name, usual.rabbit_queue),
        queue_shards=setting("QUEUE_SHARDS", count, usual.queue_shards),
        mongo_uri=setting("MONGO_URI", mongo_uri, usual.mongo_uri),
        db_name=setting("DB_NAME", database_name, usual.db_name),
        flask_port=setting("FLASK_PORT", port, usual.flask_port),
        async_port=setting("ASYNC_PORT", port, usual.async_port),
        worker_port=setting("WORKER_PORT", port, usual.worker_port),
        bind_host=setting("BIND_HOST", word, usual.bind_host),
        host_name=setting("HOST_NAME", label, usual.host_name),
        api_processes=setting("API_PROCESSES", count, usual.api_processes),
        api_threads=setting("API_THREADS", count, usual.api_threads),
        log_level=setting("LOG_LEVEL", level, usual.log_level),
        otel_exporter_otlp_endpoint=setting(
            "OTEL_EXPORTER_OTLP_ENDPOINT", http_address, usual.otel_exporter_otlp_endpoint
        ),
        otel_traces_sampler_arg=setting("OTEL_TRACES_SAMPLER_ARG", share, usual.otel_traces_sampler_arg),
    )
