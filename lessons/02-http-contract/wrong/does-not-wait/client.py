"""Sends one task so that it is stored once, whatever happens on the way: ``./lab run client.py TITLE``.

Prints ``queued ID`` and ends with 0; or ``refused`` and the reason that the API gave, and ends with 2; or ``gave up``
after three attempts, and ends with 1.
"""

import os
import sys
import time
import uuid

import httpx

ATTEMPTS = 3


def send(http: httpx.Client, title: str) -> httpx.Response | None:
    """The API's answer to POST /flask/tasks; None where there was none in three attempts.

    Busy (503) and silent (httpx.TransportError) are worth another attempt: after as many seconds as Retry-After says,
    or after one. A request that is wrong stays wrong. A task that is sent again is still the same task, so it has an
    ``Idempotency-Key`` of its own.
    """
    key = str(uuid.uuid4())
    for _ in range(ATTEMPTS):
        try:
            answer = http.post("/flask/tasks", json={"title": title}, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            time.sleep(1)
            continue
        if answer.status_code == 503:
            continue
        return answer
    return None


def main(title: str) -> int:
    with httpx.Client(base_url=os.environ.get("LAB_HTTP", "http://localhost"), timeout=10) as http:
        answer = send(http, title)
    if answer is None:
        print("gave up")
        return 1
    if answer.status_code != 202:
        print("refused", answer.json()["detail"])
        return 2
    print("queued", answer.json()["id"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
