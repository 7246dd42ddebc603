"""Many tasks at once, each answer written down."""

from itertools import count
from threading import Thread

from drills.history import History
from drills.load import Client, unique


def send_many(base_url: str, api: str, tasks: int, connections: int) -> History:
    """``tasks`` tasks over that many connections at once, as fast as they are answered."""
    history = History(unique("many"))
    numbers = count()

    def run() -> None:
        client = Client(base_url, api, history)
        while next(numbers) < tasks:
            client.send(unique())
        client.close()

    threads = [Thread(target=run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return history
