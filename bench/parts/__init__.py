"""The parts of the bench, each a module with a function ``measure``."""
