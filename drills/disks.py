"""Small disks of their own for the back ends' data, so that one can really be full."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SIZES = {"mongo": "400m", "rabbitmq": "200m"}
FILLER = "filler"
BLOCK = bytes(1 << 16)


@dataclass
class Disks:
    """File systems in memory (tmpfs), mounted under the state folder."""

    places: dict[str, Path] = field(default_factory=dict)

    def mount(self, names: Sequence[str], folder: Path) -> Mapping[str, str]:
        """Exactly these disks are there afterwards; where each is."""
        for name in [name for name in self.places if name not in names]:
            self._unmount(name)
        for name in names:
            if name not in self.places:
                self.places[name] = _mount(folder / "disks" / name, SIZES[name])
        return {name: str(place / "data") for name, place in self.places.items()}

    def fill(self, name: str) -> None:
        """Not a byte is free on this disk."""
        with (self.places[name] / FILLER).open("ab", buffering=0) as file:
            try:
                while file.write(BLOCK):
                    pass
            except OSError:
                return

    def free(self, name: str) -> None:
        """The disk has room again."""
        (self.places[name] / FILLER).unlink(missing_ok=True)

    def unmount(self) -> None:
        """No disk is left."""
        for name in list(self.places):
            self._unmount(name)

    def _unmount(self, name: str) -> None:
        place = self.places.pop(name)
        # Lazily: whoever still has a file open there keeps nobody waiting.
        subprocess.run(["umount", "--lazy", str(place)], check=True, capture_output=True)


def can_mount() -> str:
    """Empty where disks can be mounted, else why not."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return "mounting a small disk needs root"
    probe = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False, capture_output=True)
    return "" if probe.returncode == 0 else "this computer does not let us mount a small disk"


def _mount(place: Path, size: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True, capture_output=True)
    (place / "data").mkdir()
    return place
