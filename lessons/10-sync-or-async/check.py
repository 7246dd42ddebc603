"""Whether there was a prediction before the run, the run is the student's own, and what they say is what it says.

It never matters how fast a computer is, nor who wins on it.
"""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from lessons.kit.experiment import CASES, EXPLANATION, PREDICTION, RUN, WORDS, is_whole, predicted, read
from lessons.kit.place import Place
from lessons.kit.steps import step
from lessons.kit.verdict import CannotJudge, NotYet, expect

FILE = "compare.py"
ROOT = Path(__file__).resolve().parents[2]
MEASURE = "./lab bench work --lesson"
TWINS = ("flask", "async")
FEWEST_ROUNDS = 2
NO_MATTER = 0.1
WITHIN = 0.05
"""Figures that differ by no more, as a share, are the same: they are rounded."""
ROUNDED = 0.02
SMALL = ("--rounds", "2", "--size", "0.5")
Rates = Sequence[float]


def before(place: Place) -> None:
    """What a student does before the check, once there is something to explain: measures, and writes the figures."""
    if _is_explained(place) and not (place.folder / RUN).exists():
        words = ["bench", "work", "--lesson", *SMALL, "--into", str(place.folder)]
        told = {**os.environ, "LAB_STUDENT": place.student}
        # What it says on its way is for whoever waits for it.
        done = subprocess.run(
            [sys.executable, "lab", *words], cwd=ROOT, env=told, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            what = f"./lab {' '.join(words)} ended with {done.returncode}; its own words are above"
            raise CannotJudge(what, "./lab status")
        place.finish(FILE, "--write")


end = before


def _is_explained(place: Place) -> bool:
    return all(_why(one) for one in _explanation(place).values())


def _explanation(place: Place) -> dict[str, Mapping[str, Any]]:
    """What is said of each case."""
    said = read(place.folder, EXPLANATION)
    return {name: one if isinstance(one := said.get(name), dict) else {} for name in CASES}


def _why(one: Mapping[str, Any]) -> bool:
    return len(str(one.get("why", "")).split()) >= WORDS


@step("you have said what you expect, and why")
def predicts(place: Place) -> None:
    """Whatever it is."""
    predicted(read(place.folder, PREDICTION))


def _spread(rates: Rates) -> float:
    return (max(rates) - min(rates)) / median(rates)


def _figures(sync: Rates, asynchronous: Rates, milliseconds: int) -> dict[str, Any]:
    """What compare.py must make of two series of rounds."""
    ratio = median(other / one for one, other in zip(sync, asynchronous, strict=True))
    differs = abs(ratio - 1) > max(_spread(sync), _spread(asynchronous), NO_MATTER)
    winner = ("async" if ratio > 1 else "sync") if differs else "neither"
    in_hand = [median(one) * milliseconds / 1000 for one in (sync, asynchronous)]
    return {"winner": winner, "ratio": ratio, "in_hand": in_hand}


def _invented(place: Place) -> dict[str, tuple[int, Rates, Rates]]:
    """Milliseconds a task, and tasks a second of both: it wins, it loses, it may be chance, it hardly matters."""
    chance = place.random
    base = chance.uniform(40, 90)
    rounds = [base * chance.uniform(0.97, 1.03) for _ in range(3)]
    times = chance.uniform(4, 9)
    # The median of the ratios is another figure here than the ratio of the medians.
    apart = [base, base * 0.5, base * 0.8], [base * times, base * times * 0.9, base * times * 0.5]
    return {
        "wins": (20, rounds, [one * times for one in rounds]),
        "loses": (5, rounds, [one / times for one in rounds]),
        "apart": (30, *apart),
        "noise": (10, rounds, [base * 0.8, base * 1.3, base * 1.9]),
        "little": (50, rounds, [one * 1.06 for one in rounds]),
    }


@step("compare.py says of any run who wins, by how much, and how many tasks were in hand")
def compares(place: Place) -> None:
    """Of runs that were never measured."""
    invented = _invented(place)
    file = place.scratch / "invented.json"
    file.write_text(json.dumps(_as_run(invented)), encoding="utf-8")
    done = place.finish(FILE, "--json", str(file))
    expect(done.code == 0, "figures for a run in which everything is there", done.last)
    try:
        found = json.loads(done.printed)
    except ValueError as error:
        raise NotYet("the figures as JSON: leave main as it is", done.last) from error
    whole = isinstance(found, dict) and invented.keys() <= found.keys()
    expect(whole, "figures for each case of the run: leave main as it is", done.last)
    for name, (milliseconds, *both) in invented.items():
        where = f"sync {_told(both[0])} and async {_told(both[1])} tasks a second at {milliseconds} ms a task"
        _compare(found[name], _figures(both[0], both[1], milliseconds), where)


def _told(rates: Rates) -> str:
    return " / ".join(f"{one:.1f}" for one in rates)


def _as_run(invented: Mapping[str, tuple[int, Rates, Rates]]) -> dict[str, Any]:
    """As `./lab bench` would have written it."""
    series = [
        {"case": name, "candidate": twin, "values": list(values)}
        for name, (_, *both) in invented.items()
        for twin, values in zip(TWINS, both, strict=True)
    ]
    return {"cases": {name: {"io_ms": one[0], "cpu_ms": 0} for name, one in invented.items()}, "series": series}


def _compare(found: Mapping[str, Any], right: Mapping[str, Any], where: str) -> None:
    """NotYet at the first figure that is another one."""
    what, ratio = f"the ratio {right['ratio']:.2f} for {where}", found.get("ratio")
    expect(_same(ratio, right["ratio"]), what, ratio)
    what = f"the winner {right['winner']} for {where}: the ratio is {right['ratio']:.2f}"
    expect(found.get("winner") == right["winner"], what, found.get("winner"))
    in_hand = found.get("in_hand")
    what = f"{' and '.join(f'{one:.2f}' for one in right['in_hand'])} tasks in hand (sync and async) for {where}"
    both = isinstance(in_hand, list) and len(in_hand) == len(TWINS)
    expect(both and all(map(_same, in_hand or (), right["in_hand"])), what, in_hand)


def _same(found: object, right: float) -> bool:
    return isinstance(found, int | float) and abs(found - right) <= max(ROUNDED, WITHIN * right)


@step("the run is your own, whole, and knew your prediction before it began")
def measures(place: Place) -> None:
    """As the measurement has written it down."""
    run = _run(place)
    expect(run["student"] == place.student, f"a run of your own ({place.student})", f"it is {run['student']}'s")
    now = predicted(read(place.folder, PREDICTION))
    then = predicted(tomllib.loads(run["predictions"][-1]["text"]))
    seen = ", ".join(f"{name} = {then[name]:g} (now {now[name]:g})" for name in CASES if now[name] != then[name])
    expect(now == then, f"the prediction in {PREDICTION} that was there before", f"the run knows another one: {seen}")


def _run(place: Place) -> dict[str, Any]:
    """With all that is needed in it."""
    run = read(place.folder, RUN)
    told = {"series", "cases", "student", "predictions"} <= run.keys()
    expect(told, f"a run by {MEASURE}", f"{RUN} is of another kind")
    expect(is_whole(run), f"{RUN} as the measurement has written it", f"it was changed afterwards: {MEASURE}")
    for name in CASES:
        for twin in TWINS:
            rounds = len(_rates(run, name, twin))
            what = f"at least {FEWEST_ROUNDS} rounds of {name}, {twin} in {RUN}"
            expect(rounds >= FEWEST_ROUNDS, what, f"{rounds}: {MEASURE}")
    return run


def _rates(run: Mapping[str, Any], case: str, twin: str) -> Rates:
    found = [one["values"] for one in run["series"] if (one["case"], one["candidate"]) == (case, twin)]
    return found[0] if found else ()


@step("what you explain is what your own run says")
def explains(place: Place) -> None:
    """Figure by figure; whether the reason is good, people must say."""
    run, said = _run(place), _explanation(place)
    for name, case in run["cases"].items():
        right = _figures(_rates(run, name, TWINS[0]), _rates(run, name, TWINS[1]), case["io_ms"] + case["cpu_ms"])
        try:
            _compare(said[name], right, f"case {name} of {EXPLANATION}")
        except NotYet as error:
            seen = f"{error.seen}: ./lab run {FILE} --write puts the figures of your run there"
            raise NotYet(f"what your own run says: {error.expected}", seen) from error
        what = f"why = … for {name} in {EXPLANATION}: the reason, in a sentence with your figures"
        expect(_why(said[name]), what, repr(said[name].get("why", "")))
