"""How fast the lab is, measured: ``./lab bench``. Candidates take turns, and figures are ratios within one run."""
