"""Watches the bot's own functions at work with a canary, and makes one of them crash on demand.

It traces as a debugger does: nothing of the bot is replaced, and a crash happens with every variable as it really is.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from pydantic import SecretBytes, SecretStr

import bot
from tests.canaries import CANARY, found_in

NAMES = ("code", "entries", "listed")
"""What values of ours call that in which they hold codes."""

HOUSE = str(Path(bot.__file__).parent)
SANDBOX = str(Path(HOUSE, "sandbox"))


class Place(NamedTuple):
    """A function of the bot's."""

    module: str
    function: str

    def __str__(self) -> str:
        return f"{self.module}:{self.function}"


class Crash(RuntimeError):
    """What is raised on demand."""


class Saboteur:
    """While inside ``watching``, notes each function that holds the code, and crashes ``victim`` as soon as it does."""

    def __init__(self) -> None:
        self.holders: set[Place] = set()
        self.leaks: set[str] = set()
        """Our values that show the code when they are printed: where, and which."""
        self.has_crashed = False
        self._victim: Place | None = None

    @contextmanager
    def watching(self, victim: Place | None = None) -> Iterator[None]:
        """Watch this thread; with a ``victim``, let it crash once."""
        self._victim, self.has_crashed = victim, False
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self._step if _is_ours(frame.f_code) else None

    def _step(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "exception":
            return self._step
        place = Place(str(frame.f_globals["__name__"]), frame.f_code.co_qualname)
        held = [value for value in frame.f_locals.values() if _holds_code(value)]
        if held:
            self.holders.add(place)
            if place == self._victim and not self.has_crashed:
                self.has_crashed = True
                raise Crash("on purpose")
        if event == "return":
            shown = (value for value in (*frame.f_locals.values(), arg) if _is_of_ours(value))
            self.leaks.update(f"{place} {type(value).__name__}" for value in shown if found_in(repr(value).encode()))
        return self._step


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(HOUSE) and not code.co_filename.startswith(SANDBOX)


def _is_of_ours(value: object) -> bool:
    return type(value).__module__.startswith("bot.") or isinstance(value, partial | SecretStr | SecretBytes)


def _holds_code(value: object) -> bool:
    if isinstance(value, SecretStr | SecretBytes):
        value = value.get_secret_value()
    if isinstance(value, bytes | bytearray):
        return CANARY.encode() in value
    if isinstance(value, str):
        return CANARY in value
    return any(map(_holds_code, _inside(value)))


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return (*value, *value.values())
    if isinstance(value, partial):
        return value.args
    if isinstance(value, list | tuple):
        return value
    return [getattr(value, name, None) for name in NAMES] if _is_of_ours(value) else ()
