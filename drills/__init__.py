"""Faults on purpose: load, one real fault in the real stack, and an account of every single task afterwards."""
