"""The whole command surface of ``./lab``: what can be typed, and which module does it."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import bringing_up, dead, guard, language, linting, running, settling, testing
from cli import doctor as doctoring
from cli import send as sending
from cli import trace as tracing
from cli.config import load
from cli.course import surface
from cli.helping import Speaking
from cli.pack import packing

app = typer.Typer(
    cls=guard.Guarded,
    help="One small distributed system: start it, follow a task through it, break it, rebuild it.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


dead_letters = typer.Typer(
    cls=Speaking, help="Dead letters: look at them, give them a new start, delete them.", no_args_is_help=True
)
app.add_typer(dead_letters, name="dead")


class Api(StrEnum):
    """The two APIs, as their prefixes behind nginx."""

    flask = "flask"
    quart = "async"


class Twin(StrEnum):
    """Whom a drill is for."""

    flask = "flask"
    quart = "async"
    both = "both"


FROM_HELP = language.later("Install from the folder that ./lab pack has written, and from nowhere else.")
WATCH_HELP = language.later("With Prometheus, and Grafana with Docker; without. Else as it was, until ./lab down.")
ServiceName = Annotated[str, typer.Argument(metavar="SERVICE", help="mongo, rabbitmq, flask, asyncapp, pyworker …")]

LetterIds = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Its id, the beginning of it, or its number.")
]
WorkQueue = Annotated[str | None, typer.Option("--queue", hidden=True, help="The dead letters of this work queue.")]
All = Annotated[bool, typer.Option("--all", help="All that are there now.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
# Known before --help is answered, so that it is answered in that language.
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang", metavar="en|ru", is_eager=True, callback=language.chosen, help="Its language; else LAB_LANG."
    ),
]


@app.callback(invoke_without_command=True)
def overview(
    context: typer.Context,
    lang: Lang = None,
) -> None:
    """One small distributed system: start it, follow a task through it, break it, rebuild it."""
    language.speak(lang)
    if context.invoked_subcommand is None:
        running.overview(load())


@app.command()
def up(
    docker: Annotated[bool, typer.Option("--docker", help="With Docker Compose.")] = False,
    native: Annotated[bool, typer.Option("--native", help="With programs of this computer, without Docker.")] = False,
    watch: Annotated[bool | None, typer.Option("--watch/--no-watch", help=WATCH_HELP)] = None,
    stick: Annotated[Path | None, typer.Option("--from", metavar="OUT", help=FROM_HELP)] = None,
) -> None:
    """Start everything and return when it is ready. Typed again, it changes nothing."""
    bringing_up.up(load(), guard.one_of(docker=docker, native=native), watch, stick)


@app.command()
def pack(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="On a stick, for example.")],
    images: Annotated[bool, typer.Option("--images/--no-images", help="With container images; without.")] = True,
) -> None:
    """Put everything that a class without a network needs into a folder, for ./lab up --from."""
    packing.pack(load(), folder, images)


@app.command()
def down(volumes: Annotated[bool, typer.Option("--volumes", help="Delete the stored data too.")] = False) -> None:
    """Stop everything. The data stay, unless --volumes is given."""
    bringing_up.down(load(), volumes)


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Show each service: its state, its processes and ports; with --json also every address."""
    with language.for_programs(as_json):
        running.status(load(), as_json)


@app.command()
def logs(
    service: Annotated[str | None, typer.Argument(help="Only this service.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as lines come, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many of the last lines.")] = 50,
) -> None:
    """Show what the services have logged."""
    running.logs(load(), service, follow, lines)


@app.command()
def stop(service: ServiceName) -> None:
    """Stop one service, to see what the others do without it."""
    running.stop(load(), service)


@app.command()
def start(service: ServiceName) -> None:
    """Start a stopped service and wait until it is ready."""
    running.start(load(), service)


@app.command()
def restart(service: ServiceName) -> None:
    """Stop a service, start it, wait until it is ready."""
    running.restart(load(), service)


@app.command()
def scale(wish: Annotated[str, typer.Argument(metavar="SERVICE=N", help="For example pyworker=3.")]) -> None:
    """Run N copies of a service."""
    running.scale(load(), wish)


@app.command()
def send(
    count: Annotated[int, typer.Argument(metavar="[N]", min=1, help="How many tasks.")] = 1,
    to: Annotated[Api | None, typer.Option("--to", help="Only this API; both in turn otherwise.")] = None,
    connections: Annotated[int, typer.Option("-c", "--connections", min=1, max=256, help="At the same time.")] = 16,
    io_ms: Annotated[int, typer.Option(min=0, help="Work of each task: milliseconds of waiting.")] = 0,
    cpu_ms: Annotated[int, typer.Option(min=0, help="Work of each task: milliseconds of computing.")] = 0,
    ids: Annotated[bool, typer.Option("--ids", help="Print every id, not only a few.")] = False,
    history: Annotated[Path | None, typer.Option(help="Where to write what each request was told.")] = None,
) -> None:
    """Send tasks through nginx and say what became of them."""
    apis = (to.value,) if to else tuple(api.value for api in Api)
    sending.send(load(), sending.Order(count, apis, min(connections, count), io_ms, cpu_ms), ids, history)


@app.command()
def ledger(
    history: Annotated[Path | None, typer.Argument(metavar="[HISTORY]", help="By default of the last send.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Also write it here.")] = None,
) -> None:
    """Account for every task that was sent: stored once, dead, waiting, or lost."""
    from drills import checking  # Drivers of broker and database, which the other commands start without.

    checking.ledger(load(), history, as_json)


@app.command()
def drill(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Or: all, ci, mutants.")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="Every drill and every planted defect.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed makes the same choices.")] = 1,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="How many seconds a fault lasts.")] = None,
    to: Annotated[Twin, typer.Option("--to", help="Which twin.")] = Twin.both,
    docker: Annotated[bool, typer.Option("--docker", help="Against containers.")] = False,
    shards: Annotated[int, typer.Option(min=1, max=256, help="Queues that each twin's tasks are spread over.")] = 1,
    report: Annotated[Path | None, typer.Option(help="Write a page with plots into this folder.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the results here.")] = None,
    page: Annotated[Path | None, typer.Option(hidden=True, help="Put the figures into this page.")] = None,
    picture: Annotated[Path | None, typer.Option(hidden=True, help="Draw the first drill into this file.")] = None,
) -> None:
    """Break one thing on purpose, in a private lab under load, and account for every task."""
    from drills import command as drilling
    from drills import showing

    wish = drilling.Wish(tuple(names or ()), seed, seconds, to.value, docker, shards, report, as_json, page, picture)
    showing.show_list() if show_list else drilling.drill(wish)


@app.command()
def bench(
    parts: Annotated[list[str] | None, typer.Argument(metavar="PART", help="http, drain, peers …")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often the candidates take turns.")] = 3,
    seconds: Annotated[int, typer.Option(min=1, help="How long each load lasts.")] = 4,
    size: Annotated[float, typer.Option(min=0.001, max=1.0, help="Share of the usual backlogs; 1 for evidence.")] = 1.0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write everything measured here.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw it into this folder.")] = None,
    page: Annotated[Path | None, typer.Option(hidden=True, help="Put tables and figures into this page.")] = None,
    onto: Annotated[Path | None, typer.Option(hidden=True, help="Keep the other parts of this JSON.")] = None,
    lesson: Annotated[
        bool, typer.Option("--lesson", help="work as lesson 10 asks: small, on the lab that runs.")
    ] = False,
    into: Annotated[Path | None, typer.Option(hidden=True, help="The folder with the prediction.")] = None,
) -> None:
    """Measure how fast the lab is, in a private lab of its own, and against other libraries."""
    from bench import command as benching
    from bench.book import Wish

    if lesson:
        benching.for_lesson(tuple(parts or ()), Wish(rounds, seconds, size), into)
        return
    benching.bench(benching.Order(tuple(parts or ()), Wish(rounds, seconds, size), as_json, plot, page, onto))


@app.command()
def trace(task_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show the way of one task: every hop, its time, what it waited for, or where it is stuck."""
    tracing.trace(load(), task_id)


@dead_letters.command("list")
def dead_list(
    most: Annotated[int, typer.Option("-n", min=1, help="At most so many, the oldest.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    queue: WorkQueue = None,
) -> None:
    """Show what could not be stored, and why, the oldest first."""
    with language.for_programs(as_json):
        dead.show_list(dead.place(load(), queue), most, as_json)


@dead_letters.command("show")
def dead_show(
    letter: Annotated[str, typer.Argument(metavar="ID", help="Its id, the beginning of it, or its number.")],
    queue: WorkQueue = None,
) -> None:
    """Show one dead letter with everything that came with it."""
    dead.show_one(dead.place(load(), queue), letter)


@dead_letters.command("requeue")
def dead_requeue(ids: LetterIds = None, everything: All = False, yes: Yes = False, queue: WorkQueue = None) -> None:
    """Put dead letters back into the work queue, as on their first attempt."""
    settling.requeue(load(), queue, settling.Wish(tuple(ids or ()), everything, yes))


@dead_letters.command("purge")
def dead_purge(ids: LetterIds = None, everything: All = False, yes: Yes = False, queue: WorkQueue = None) -> None:
    """Delete dead letters for good."""
    settling.purge(load(), queue, settling.Wish(tuple(ids or ()), everything, yes))


@app.command("test")
def prove(
    context: typer.Context,
    suites: Annotated[list[str] | None, typer.Argument(metavar="SUITE", help="meta, unit, contract, e2e …")] = None,
    docker: Annotated[bool, typer.Option("--docker", help="Against containers.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the private stack running.")] = False,
    against_running: Annotated[bool, typer.Option("--against-running", help="Use the lab that runs.")] = False,
) -> None:
    """Prove the lab with real servers, in a private stack beside yours. After --: arguments for pytest."""
    arguments = tuple(context.obj or ())
    testing.test(testing.Wish(tuple(suites or ()), arguments, docker, keep, against_running))


@app.command()
def conform(
    url: Annotated[str, typer.Argument(metavar="URL", help="Of the service, with its prefix.")],
    queue: Annotated[str | None, typer.Option("--queue", metavar="NAME", help="Its queue; else the lab's.")] = None,
    collection: Annotated[
        str | None, typer.Option("--collection", metavar="DB.NAME", help="Where it stores; else as the lab.")
    ] = None,
    gently: Annotated[bool, typer.Option("--gently", help="Without taking the queue away for a moment.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Hold any service to the contract: HTTP, the message, the document. 0 conforms, 1 not, 3 could not be judged."""
    from cli import conforming  # Drivers of broker and database, which the other commands start without.

    with language.for_programs(as_json):
        conforming.conform(load(), conforming.Wish(url, queue, collection, as_json, gently))


@app.command()
def lint() -> None:
    """Check style, types and known vulnerabilities."""
    linting.lint()


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Look for what breaks such labs on this computer, and say the mend."""
    with language.for_programs(as_json):
        code = doctoring.show(load(), as_json)
    raise typer.Exit(code)


surface.register(app)


def main() -> Any:
    """Runs the command line; the exit code is 0 fine, 1 failed, 2 usage, 3 the environment is broken."""
    own, for_pytest = guard.split_at_dashes(sys.argv[1:])
    return app(own, prog_name="./lab", obj=for_pytest)
