"""Which request a task works on: each of its log lines names it, whoever writes them."""

import logging
from contextvars import ContextVar
from typing import Literal

NAMES = ("request", "lookup")
"""What a line's facts call the reference of a request, or of one of its numbers."""

_MENTIONED: ContextVar[dict[str, str] | None] = ContextVar("mentioned", default=None)


def mention(name: Literal["request", "lookup"], reference: str) -> None:
    """From now on the lines of this task, and of the tasks and threads that it starts, are about this."""
    _MENTIONED.set({name: reference})


class Mentions(logging.Filter):
    """Adds the reference to the facts of a line that names none itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        mentioned = _MENTIONED.get()
        facts = getattr(record, "facts", None) or {}
        if mentioned and not any(name in facts for name in NAMES):
            record.__dict__["facts"] = {**mentioned, **facts}
        return True
