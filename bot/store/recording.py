"""What somebody waits to have recorded, and may be told that it was not: then it never is."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Optional, TypeVar

from bot.errors import StoreUnavailable
from bot.store.engine import Tx

T = TypeVar("T")

_AWAITED: ContextVar[Optional["Recording"]] = ContextVar("awaited", default=None)


class Recording:
    """Whether one thing that was asked for is recorded. It can be given up until its COMMIT is under way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_given_up = False
        self._is_committing = False
        self._is_settled = asyncio.Event()

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Whatever the block changes, and what it starts, belongs to this: a refusal that is noted, too."""
        token = _AWAITED.set(self)
        try:
            yield
        finally:
            _AWAITED.reset(token)

    def settle(self) -> None:
        """It is in the record, or will not be: there is nothing to wait for any more."""
        self._is_settled.set()

    async def wait(self) -> None:
        """Until it is settled."""
        await self._is_settled.wait()

    def give_up(self) -> bool:
        """Record it no more. Whether that is certain: not once COMMIT is under way, which tells how it went."""
        with self._lock:
            self._is_given_up = not self._is_committing and not self._is_settled.is_set()
            return self._is_given_up

    def check(self, *, is_committing: bool) -> None:
        """Raise ``StoreUnavailable`` once it is given up. Otherwise COMMIT is sent now, or not yet."""
        with self._lock:
            if self._is_given_up:
                raise StoreUnavailable("recording took too long and was given up; nothing was recorded")
            self._is_committing = is_committing


def awaited() -> Recording:
    """What the changes of this task belong to; one that nobody gives up where nobody waits."""
    return _AWAITED.get() or Recording()


def guarded(do: Callable[[Tx], T], recording: Recording) -> Callable[[Tx], T]:
    """The change, which leaves nothing once its ``recording`` is given up."""

    def change(tx: Tx) -> T:
        recording.check(is_committing=False)
        result = do(tx)
        recording.check(is_committing=True)  # the last that is done before COMMIT
        return result

    return change
