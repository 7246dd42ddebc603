"""How often a planted fault has happened, as lines in a file: a drill whose fault never came has shown nothing."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Hits:
    """The faults at one point of one twin; all its processes write them into one file of the temporary folder."""

    package: str
    point: str

    def add(self, kind: str) -> None:
        """It has happened once more, in this way."""
        with self._file(Path(tempfile.gettempdir())).open("a", encoding="utf-8") as file:
            file.write(f"{kind}\n")

    def count(self, folder: Path) -> Counter[str]:
        """How often it has happened so far, by kind; ``folder`` is the services' temporary folder."""
        file = self._file(folder)
        return Counter(file.read_text(encoding="utf-8").split() if file.exists() else ())

    def _file(self, folder: Path) -> Path:
        return folder / f"drill-{self.package}-{self.point}.hits"
