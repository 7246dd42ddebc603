"""The asynchronous service: a Quart API that publishes tasks, and a worker that stores them. Twin: ``app``."""

# Where the application keeps its resources, among its extensions.
API = "tasklab.api"
