"""The asynchronous service: a Quart API that publishes tasks, and a worker that stores them. Twin: ``app``."""
