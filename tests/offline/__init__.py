"""A class without a network: packed with one, brought up in a network namespace that has only loopback."""
