"""What goes over the wire to Alibaba Cloud, kept for whoever shows it without its secrets: ``bot.doctor.live``."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request as it was sent, and its answer as it came. Holds the code, the number and the signature."""

    request: httpx.Request = field(repr=False)
    status: int
    headers: httpx.Headers = field(repr=False)
    """The answer's."""
    body: bytes = field(default=b"", repr=False)


class _Heard(httpx.AsyncByteStream):
    """An answer's bytes, noted as they are read."""

    def __init__(self, stream: httpx.AsyncByteStream, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._exchange.body += piece
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def record_exchanges(http: httpx.AsyncClient) -> list[Exchange]:
    """What is answered from now on, in that order. What gets no answer is not in it."""
    recorded: list[Exchange] = []

    async def note(response: httpx.Response) -> None:
        exchange = Exchange(request=response.request, status=response.status_code, headers=response.headers)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Heard(response.stream, exchange)
        recorded.append(exchange)

    http.event_hooks = {**http.event_hooks, "response": [*http.event_hooks["response"], note]}
    return recorded
