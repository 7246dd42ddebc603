"""The synchronous service: a Flask API that publishes tasks, and a worker that stores them. Twin: ``asyncapp``."""

# Where the application keeps its resources, among its extensions.
API = "tasklab.api"
