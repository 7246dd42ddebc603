"""What the stack must be prepared with for a drill, and the programs that this gives."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cli.ports import LOOPBACK
from cli.programs import Program
from drills.sides import side_of

TEST_COMMANDS = ("--setParameter", "enableTestCommands=1")
"""Lets mongod fail on command; needed by ``configureFailPoint`` and refused by default."""
ARGUMENTS = "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"
# RabbitMQ tells how many messages are unacknowledged every 5 s, and looks for late acknowledgements once a minute.
QUICK = "-rabbit quorum_tick_interval 500 -rabbit channel_tick_interval 2000"
MODULE = "drills.inside"
SPECIFICATION = "DRILL_INSIDE"
DISKS = "DRILL_DISKS"
SEED = "SEED"
"""Stands in a specification where the run's own seed shall stand."""

Routes = Mapping[str, int]
"""The proxies' ports by the name of the link, such as ``flask-rabbitmq`` or ``pyworker-mongo``."""


@dataclass(frozen=True)
class Plan:
    """What is to be different from the lab as everybody runs it."""

    links: bool = False
    """The parts reach each other through proxies."""
    inside: tuple[tuple[str, str], ...] = ()
    """Services that run with something inside them, each with what (see ``drills.inside``)."""
    disks: tuple[str, ...] = ()
    """Back ends, of mongo and rabbitmq, whose data lie on a small disk of their own."""
    settings: tuple[tuple[str, str], ...] = ()
    """Variables of the services' environment."""

    def seeded(self, seed: int) -> "Plan":
        """The plan with the run's seed in its specifications."""
        return replace(self, inside=tuple((service, what.replace(SEED, str(seed))) for service, what in self.inside))

    def also(self, services: Sequence[str], what: str) -> "Plan":
        """The plan with one more specification for these services."""
        known = {service: json.loads(its) for service, its in self.inside}
        known |= {service: [*known.get(service, []), what] for service in services}
        return replace(self, inside=tuple((service, json.dumps(its)) for service, its in known.items()))


def inside(services: tuple[str, ...], *what: str) -> Plan:
    """A plan in which these services run with faults or defects inside them."""
    return Plan(inside=tuple((service, json.dumps(what)) for service in services))


@dataclass(frozen=True)
class Changes:
    """Turns a program into the one that a plan asks for."""

    plan: Plan
    routes: Routes = field(default_factory=dict)
    hidden: Mapping[str, int] = field(default_factory=dict)
    """Ports that the APIs listen on while proxies have theirs."""
    disks: Mapping[str, str] = field(default_factory=dict)
    """Where the small disks are."""

    def __call__(self, program: Program) -> Program:
        """The program to run in its place."""
        if program.service == "mongo":
            return self._mongo(program)
        if program.service == "rabbitmq":
            return self._rabbitmq(program)
        side = side_of(program.service)
        if side is None:
            return program
        # A client takes a replica set that begins anew, on another disk, for one that has fallen behind: it starts too.
        environment = {"RABBIT_QUEUE": side.queue, DISKS: ",".join(self.plan.disks), **dict(self.plan.settings)}
        if self.plan.links:
            environment |= self._routed(program.service)
        what = dict(self.plan.inside).get(program.service)
        if what:
            environment[SPECIFICATION] = what
        command = _inside(program.command) if what else program.command
        return replace(program, command=command, environment={**program.environment, **environment})

    def _mongo(self, program: Program) -> Program:
        words = [*program.command, *TEST_COMMANDS]
        if "mongo" in self.disks:
            words[words.index("--dbpath") + 1] = self.disks["mongo"]
            words += ["--oplogSize", "16"]
        return replace(program, command=words)

    def _rabbitmq(self, program: Program) -> Program:
        environment = {**program.environment}
        environment[ARGUMENTS] = f"{environment.get(ARGUMENTS, '')} {QUICK}"
        if "rabbitmq" in self.disks:
            environment["RABBITMQ_MNESIA_BASE"] = self.disks["rabbitmq"]
        return replace(program, environment=environment)

    def _routed(self, service: str) -> dict[str, str]:
        """Where the service finds the others, and where it listens itself, when proxies stand between."""
        found = {"RABBIT_HOST": LOOPBACK, "RABBIT_PORT": str(self.routes[f"{service}-rabbitmq"])}
        mongo = self.routes.get(f"{service}-mongo")
        if mongo:
            # Directly: the replica set would tell the client its own address, and the client would go around the proxy.
            found["MONGO_URI"] = f"mongodb://{LOOPBACK}:{mongo}/?directConnection=true"
        port = {"flask": "FLASK_PORT", "asyncapp": "ASYNC_PORT"}.get(service)
        if port:
            found[port] = str(self.hidden[service])
        return found


def _inside(command: list[str]) -> list[str]:
    """``python -m MODULE …`` becomes ``python -m drills.inside MODULE …``."""
    place = command.index("-m")
    return [*command[: place + 1], MODULE, *command[place + 1 :]]
