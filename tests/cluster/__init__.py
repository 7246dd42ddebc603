"""Losing any one part of the cluster under load; needs a Docker engine: ``./lab test cluster``."""
