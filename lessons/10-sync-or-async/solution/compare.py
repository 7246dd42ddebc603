"""What a run says: ``./lab run compare.py`` shows it, with ``--write`` it also goes into explanation.toml.

``--json FILE`` says the same of another run, for programs. Four functions are missing.
"""

import json
import sys
import tomllib
from pathlib import Path
from statistics import median

NO_MATTER = 0.1
"""A difference of less than a tenth matters to nobody."""


def spread(rates: list[float]) -> float:
    """How far the rounds lie apart: the highest less the lowest, as a share of their median."""
    return (max(rates) - min(rates)) / median(rates)


def ratio(sync: list[float], asynchronous: list[float]) -> float:
    """How many times as many tasks a second the async worker stores: the median of the ratios of each round.

    The two figures of one round were measured one after the other, so a slow minute is in both.
    """
    return median(other / one for one, other in zip(sync, asynchronous, strict=True))


def winner(sync: list[float], asynchronous: list[float]) -> str:
    """Who stores more, "async" or "sync"; "neither" where the ratio is no further from 1 than a spread, or NO_MATTER.

    Of the two spreads the larger one counts: a difference that is smaller than it may be chance.
    """
    found = ratio(sync, asynchronous)
    if abs(found - 1) <= max(spread(sync), spread(asynchronous), NO_MATTER):
        return "neither"
    return "async" if found > 1 else "sync"


def in_hand(rates: list[float], milliseconds: float) -> float:
    """How many tasks are under way at the same time, on average, where each takes so many milliseconds.

    Who finishes 50 a second, each after 0.1 s, has 5 of them in hand: tasks a second, times seconds a task.
    Take the median of the rounds.
    """
    return median(rates) * milliseconds / 1000


def rates(run: dict, case: str, twin: str) -> list[float]:
    """Tasks a second, a figure a round. In a run the sync worker is called flask."""
    (found,) = (one for one in run["series"] if (one["case"], one["candidate"]) == (case, twin))
    return found["values"]


def figures(run: dict) -> dict[str, dict]:
    """What your functions make of each case of a run."""
    found = {}
    for case, work in run["cases"].items():
        both = rates(run, case, "flask"), rates(run, case, "async")
        milliseconds = work["io_ms"] + work["cpu_ms"]
        found[case] = {
            "winner": winner(*both),
            "ratio": round(ratio(*both), 2),
            "in_hand": [round(in_hand(one, milliseconds), 2) for one in both],
            "spread": [round(spread(one), 3) for one in both],
        }
    return found


def show(found: dict[str, dict], predicted: dict) -> None:
    for case, one in found.items():
        sync, asynchronous = one["in_hand"]
        print(f"{case:8} {one['winner']:8} {one['ratio']:6.2f} times (you said {predicted[case]:g})")
        print(f"         in hand: sync  {sync:6.2f} {'#' * round(sync)}")
        print(f"                  async {asynchronous:6.2f} {'#' * round(asynchronous)}")


def write(found: dict[str, dict], path: Path) -> None:
    """The figures go in, and your words stay."""
    said = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    parts = []
    for case, one in found.items():
        own = json.dumps(said.get(case, {}).get("why", ""), ensure_ascii=False)
        values = {name: json.dumps(one[name]) for name in ("winner", "ratio", "in_hand")}
        lines = [f"{name} = {value}" for name, value in {**values, "why": own}.items()]
        parts.append("\n".join([f"[{case}]", *lines]))
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def main(words: list[str]) -> None:
    if words[:1] == ["--json"]:
        print(json.dumps(figures(read(Path(words[1])))))
        return
    found = figures(read(Path("run.json")))
    show(found, tomllib.loads(Path("prediction.toml").read_text(encoding="utf-8")))
    if words == ["--write"]:
        write(found, Path("explanation.toml"))


if __name__ == "__main__":
    main(sys.argv[1:])
