"""``phoneid run`` for the sandbox: it ends with whoever started it, however that ends, also by ``kill -9``."""

import logging
import os
import runpy
import signal
import sys
import threading

STOPPING = 10.0
"""Seconds an ordinary stop may take when nobody is there any more to see it."""


def _end_when_alone() -> None:
    """Standard input is a pipe that the starter holds and never writes to, so it ends with the starter."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are for the bot's own threads
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(STOPPING)
    os._exit(1)


MEANT = frozenset({"PHONEID_CAMS_URL", "SLACK_API_URL", "database"})
"""What a start warns of that the sandbox has set up so: its own addresses, and a record that begins."""


def _is_not_meant(record: logging.LogRecord) -> bool:
    return getattr(record, "facts", {}).get("check") not in MEANT


if __name__ == "__main__":
    logging.getLogger("bot.checks").addFilter(_is_not_meant)
    threading.Thread(target=_end_when_alone, daemon=True).start()
    sys.argv = ["phoneid", "run"]
    runpy.run_module("bot", run_name="__main__")
