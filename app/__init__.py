"""The synchronous service: a Flask API that publishes tasks, and a worker that stores them. Twin: ``asyncapp``."""
