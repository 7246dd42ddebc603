"""The drills, without servers."""
