"""The API: Flask, a connection to the broker for each request. ``gunicorn 'bench.peers.naive.api:create_app()'``."""

import os

from flask import Flask

from bench.peers.flask_api import build
from bench.peers.naive.queue import connect, open_channel, publish
from core.message import Message
from core.settings import read


def create_app() -> Flask:
    """The application as the environment says."""
    settings = read(os.environ)

    def publish_anew(message: Message) -> None:
        with connect(settings) as connection:
            channel = open_channel(connection, message.queue)
            channel.confirm_delivery()
            publish(channel, message)

    return build(settings, publish_anew)
