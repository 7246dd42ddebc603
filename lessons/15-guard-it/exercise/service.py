"""A small API: ``./lab run service.py PORT``, after ``./lab run grant.py``.

POST /tasks   {"title": "..."}  202 {"id"}: the task is in the queue
POST /search  {"title": "..."}  {"items": [...]}: the stored tasks of exactly this title
GET  /page                      the stored titles, for people
GET  /healthz                   whether it lives

Nothing to do here: read it. Whatever keeps it from harm is in guard.py, and that is your turn.
"""

import json
import os
import sys
import uuid
from collections.abc import Mapping

import guard
import pika
from flask import Flask, Response, request
from pymongo import MongoClient
from werkzeug.exceptions import HTTPException

EXCHANGE = KEY = "tasks"
SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps({"status": status, "detail": detail})
    return Response(body, status, headers, content_type="application/problem+json")


def publish(environ: Mapping[str, str], title: str) -> str:
    """A connection for each task: slow (lesson 4), and enough here."""
    task = {"id": str(uuid.uuid4()), "title": title}
    connection = guard.connect(environ)
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(EXCHANGE, KEY, json.dumps(task).encode(), mandatory=True)
    finally:
        if connection.is_open:
            connection.close()
    return task["id"]


def create_app(environ: Mapping[str, str]) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = guard.BODY_BYTES
    tasks = MongoClient(environ["MONGO_URI"], timeoutMS=5000)[environ["DB_NAME"]][environ["COLLECTION"]]
    bucket = guard.Bucket()

    @app.before_request
    def before():
        if request.method not in SAFE:
            guard.allow(request, environ["OWN_ORIGIN"], bucket)

    @app.after_request
    def after(response):
        return guard.harden(response)

    @app.post("/tasks")
    def create():
        return {"id": publish(environ, guard.title_of(json.loads(request.get_data())))}, 202

    @app.post("/search")
    def search():
        found = tasks.find(guard.query(json.loads(request.get_data())))
        return {"items": [{"id": str(one["_id"]), "title": one["title"]} for one in found]}

    @app.get("/page")
    def page():
        return guard.page([one["title"] for one in tasks.find()])

    @app.get("/healthz")
    def healthz():
        return {"status": "alive"}

    @app.errorhandler(guard.Refused)
    def refused(error):
        return problem(error.status, error.detail, error.headers)

    @app.errorhandler(ValueError)
    def no_json(error):
        return problem(400, "This is no JSON.")

    @app.errorhandler(HTTPException)
    def other(error):
        return problem(error.code or 500, error.description or error.name)

    return app


def main(port: int) -> None:
    name, own = os.environ["RABBIT_QUEUE"], f"http://localhost:{port}"
    secret = f"{os.environ['LAB_SCRATCH']}/secrets/producer"
    told = {"RABBIT_VHOST": name, "RABBIT_USER": f"{name}.producer", "RABBIT_PASSWORD_FILE": secret, "OWN_ORIGIN": own}
    create_app({**os.environ, **told}).run("127.0.0.1", port)


if __name__ == "__main__":
    main(int(sys.argv[1]))
