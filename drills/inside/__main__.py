"""Run a module as ``python -m`` would, with what the environment says planted in the service it belongs to.

``DRILL_INSIDE='["mutant:auto-ack"]' python -m drills.inside app.worker``. Without the variable nothing is planted.
"""

import os
import runpy
import sys

from drills.inside.planting import Planting, keep_metrics_together, package_of, specifications
from drills.inside.registry import plant


def main() -> None:
    """Plant, then become that module; a specification that means nothing ends the process at once."""
    _, module, *words = sys.argv
    keep_metrics_together([module])
    planting = Planting(package_of([module, *words]))
    for specification in specifications(os.environ):
        plant(specification, planting)
    sys.argv[:] = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
