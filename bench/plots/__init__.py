"""Pictures of a run, one for each part. matplotlib is loaded by those who draw, and only then."""

from pathlib import Path

from bench.measure import Results
from bench.plots.chosen import sheets


def draw(results: Results, folder: Path, png: bool = False) -> list[Path]:
    """One SVG for each part that has values, in ``folder``, which is made; with ``png`` the same for slides as well.

    The same results give the same bytes. Returns the paths.
    """
    from bench.plots.canvas import write

    folder.mkdir(parents=True, exist_ok=True)
    wanted = ("svg", "png") if png else ("svg",)
    return [write(sheet, picture(folder, sheet.part, kind)) for sheet in sheets(results) for kind in wanted]


def picture(folder: Path, part: str, kind: str = "svg") -> Path:
    """Where the picture of a part stands, drawn or not."""
    return folder / f"{part}.{kind}"
