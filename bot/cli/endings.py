"""Signals that end the bot: heeded within two seconds at any moment, whatever its main thread is doing just then.

The event loop's own handlers run in the main thread, and only there: it may hang in a resolver or a locked database.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable

from bot import logs

ENDINGS = frozenset(
    number
    for number in signal.Signals
    if number.name in {"SIGTERM", "SIGINT", "SIGHUP"} and signal.getsignal(number) is not signal.SIG_IGN
)
"""What ends a process in words: a closed terminal too, but not where it was to be ignored, as ``nohup`` asks."""

HEEDED_WITHIN = 2.0
"""Seconds after which a process that does not end by itself is ended."""


class Endings:
    """Waits for signals on a thread of its own. A second one ends the process at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[signal.Signals], object] | None = None
        self._heard: signal.Signals | None = None
        self._timer: threading.Timer | None = None

    def listen(self) -> None:
        """From now on; before any other thread is there, which would inherit what the signals do by default."""
        if sys.platform != "win32" and ENDINGS:  # there Ctrl-C raises KeyboardInterrupt
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
            threading.Thread(target=self._wait, name="endings", daemon=True).start()

    def call(self, end: Callable[[signal.Signals], object]) -> None:
        """Have ``end`` called with the signal in the running loop; if there was one before, now."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._end = lambda heard: loop.call_soon_threadsafe(end, heard)
            if self._heard:
                self._end(self._heard)

    def grant(self, seconds: float, *, exit_code: int) -> None:
        """Let what is to end take so long, and then end it with this code."""
        with self._lock:
            self._arm(seconds, exit_code=exit_code)

    def _wait(self) -> None:
        heard = signal.Signals(signal.sigwait(ENDINGS))
        with self._lock:
            self._heard = heard
            self._arm(HEEDED_WITHIN, exit_code=0)
            if self._end is None:  # nothing has begun
                _exit(0)
            else:
                self._end(heard)
        signal.sigwait(ENDINGS)
        _exit(1)

    def _arm(self, seconds: float, *, exit_code: int) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(seconds, _exit, [exit_code])
        self._timer.daemon = True
        self._timer.start()


def _exit(code: int) -> None:
    logs.close()
    os._exit(code)
