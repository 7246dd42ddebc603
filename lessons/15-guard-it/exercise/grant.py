"""A virtual host of your own, and its users with the rights of permissions.json: ``./lab run grant.py``.

``./lab run grant.py revoke`` takes all of it away again. Nothing to do here: read it. It is what a deployment does,
once, with the rights of an administrator; the services never have those.
"""

import json
import os
import secrets
import sys
from pathlib import Path

import httpx

VHOST = os.environ["RABBIT_QUEUE"]
SECRETS = Path(os.environ["LAB_SCRATCH"], "secrets")
"""Not among your files: what is committed is published."""
SERVICES = ("producer", "worker")
EXCHANGE, QUEUE, DEAD = "tasks", "tasks", "tasks.dead"


def definitions(permissions: dict[str, dict[str, str]], passwords: dict[str, str]) -> dict[str, object]:
    """All that RabbitMQ shall have, in the form that it imports: the services find their queue, and make none."""
    durable = {"vhost": VHOST, "durable": True, "auto_delete": False}
    letters = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": DEAD}
    binding = {"source": EXCHANGE, "destination": QUEUE, "destination_type": "queue", "routing_key": QUEUE}
    return {
        "vhosts": [{"name": VHOST}],
        "users": [{"name": f"{VHOST}.{one}", "password": passwords[one], "tags": ""} for one in SERVICES],
        "permissions": [{"vhost": VHOST, "user": f"{VHOST}.{one}", **permissions[one]} for one in SERVICES],
        "exchanges": [{**durable, "name": EXCHANGE, "type": "direct", "internal": False, "arguments": {}}],
        "queues": [{**durable, "name": QUEUE, "arguments": letters}, {**durable, "name": DEAD, "arguments": {}}],
        "bindings": [{**binding, "vhost": VHOST, "arguments": {}}],
    }


def keep(service: str, password: str) -> None:
    """In a file that only its owner may read."""
    SECRETS.mkdir(parents=True, exist_ok=True)
    file = SECRETS / service
    file.touch(mode=0o600)
    file.write_text(f"{password}\n", encoding="utf-8")


def grant(http: httpx.Client) -> None:
    permissions = json.loads(Path("permissions.json").read_text(encoding="utf-8"))
    passwords = {service: secrets.token_urlsafe(24) for service in SERVICES}
    http.post("/definitions", json=definitions(permissions, passwords)).raise_for_status()
    for service, password in passwords.items():
        keep(service, password)
        print(f"{VHOST}.{service} may {permissions[service]}; its password: {SECRETS / service}")


def revoke(http: httpx.Client) -> None:
    http.delete(f"/vhosts/{VHOST}")
    for service in SERVICES:
        http.delete(f"/users/{VHOST}.{service}")
        (SECRETS / service).unlink(missing_ok=True)


if __name__ == "__main__":
    login = (os.environ["RABBIT_USER"], os.environ["RABBIT_PASSWORD"])
    with httpx.Client(base_url=f"{os.environ['RABBIT_MANAGEMENT']}/api", auth=login, trust_env=False) as http:
        revoke(http) if sys.argv[1:] == ["revoke"] else grant(http)
