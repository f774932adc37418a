"""What somebody waits to have recorded, and may be told that it was not: then it never is."""

import asyncio
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar

from bot.errors import StoreUnavailable
from bot.store.engine import Tx

P = ParamSpec("P")
T = TypeVar("T")


class Recording:
    """Whether one thing that was asked for is recorded. It can be given up until its COMMIT is under way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_given_up = False
        self._is_committing = False
        self._is_settled = asyncio.Event()

    def settle(self) -> None:
        """It is in the record, or will not be: there is nothing to wait for any more."""
        self._is_settled.set()

    async def wait(self) -> None:
        """Until it is settled."""
        await self._is_settled.wait()

    def give_up(self) -> bool:
        """Record it no more. Whether that is certain: not once COMMIT is under way, which tells how it went."""
        with self._lock:
            self._is_given_up = not self._is_committing
            return self._is_given_up

    def check(self, *, is_committing: bool) -> None:
        """Raise ``StoreUnavailable`` once it is given up. Otherwise COMMIT is sent now, or not yet."""
        with self._lock:
            if self._is_given_up:
                raise StoreUnavailable("it was given up, and nothing was recorded")
            self._is_committing = is_committing


def guarded(fn: Callable[Concatenate[Tx, P], T], recording: Recording | None) -> Callable[Concatenate[Tx, P], T]:
    """The change, which leaves nothing once its ``recording``, if it has one, is given up."""
    if recording is None:
        return fn

    @wraps(fn)
    def change(tx: Tx, /, *args: P.args, **kwargs: P.kwargs) -> T:
        recording.check(is_committing=False)
        result = fn(tx, *args, **kwargs)
        recording.check(is_committing=True)  # the last that is done before COMMIT
        return result

    return change
