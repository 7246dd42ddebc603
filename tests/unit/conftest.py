"""The same examples on every run: a property that fails here fails everywhere."""

from hypothesis import settings

settings.register_profile("lab", derandomize=True, deadline=None, database=None, print_blob=False)
settings.load_profile("lab")
