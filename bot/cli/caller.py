"""Whoever runs a command: who they are, and how they end it."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from getpass import getuser
from platform import node

from bot.cli.endings import ENDINGS
from bot.models import Actor, Through


def identify() -> Actor:
    """Whoever runs this, by the host's and the user's name."""
    return Actor(team_id=node() or "this machine", user_id=_user_name(), through=Through.COMMAND_LINE)


def on_ending(end: Callable[[], None]) -> None:
    """Have ``end`` called in the running loop when somebody wants the command to end."""
    for number in ENDINGS:
        with suppress(NotImplementedError):  # Windows: Ctrl-C still raises KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(number, end)


def _user_name() -> str:
    """By name, or by number where that user has no name: in many containers."""
    try:
        return getuser()
    except (KeyError, OSError, ImportError):  # by version and system of Python; ImportError is Windows'
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
