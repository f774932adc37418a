"""How often a change asks Postgres and waits for the answer: a count, which is the same on every machine."""

from contextlib import closing
from urllib.parse import urlsplit

from bot.store import requests
from tests import factories


def of_accepting(count: int, url: str) -> int:
    """Round trips to accept so many numbers at once, in an empty database on Postgres."""
    from tests.store.engines import Trips, engine_on
    from tests.store.processes import Process
    from tests.store.proxy import Proxy

    server = urlsplit(url)
    with closing(Proxy(server.hostname or "127.0.0.1", server.port or 5432)) as proxy:
        trips = Trips(proxy, url)
        with closing(engine_on(trips.url)) as engine:
            engine.open()
            process, new = Process(engine), factories.new_request(count)
            return trips.of(lambda: process.change(requests.accept, new, factories.MAY))
