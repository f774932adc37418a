"""Tells every open page that something changed; what it is, the pages ask then."""

import asyncio
from collections.abc import AsyncGenerator


class Changes:
    """Server-sent events for any number of pages."""

    def __init__(self) -> None:
        self._version = 0
        self._is_over = False
        self._streams: set[asyncio.Event] = set()

    @property
    def listeners(self) -> int:
        """How many pages listen."""
        return len(self._streams)

    def announce(self) -> None:
        self._version += 1
        self.wake()

    def wake(self) -> None:
        """Have every stream write something: only a write shows that a browser has gone."""
        for woken in self._streams:
            woken.set()

    def end(self) -> None:
        """End every stream, now and in future."""
        self._is_over = True
        self.wake()

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """One page's stream, until the end. Changes that come faster than it is read are told as one."""
        woken, told = asyncio.Event(), self._version
        self._streams.add(woken)
        try:
            yield b": connected\n\n"
            while not self._is_over:
                await woken.wait()
                woken.clear()
                is_news, told = told != self._version, self._version
                yield b'event: changed\ndata: {"version": %d}\n\n' % told if is_news else b": still here\n\n"
        finally:
            self._streams.discard(woken)
