"""Whoever runs a command: who they are, and how they end it."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from getpass import getuser
from platform import node

from bot.cli.endings import ENDINGS
from bot.models import Actor, Through

_LONGEST_NAME = 64
"""Characters."""

COMMAND_LINE_USER = rf"\d{{1,10}}(?: \(.{{1,{_LONGEST_NAME}}}\))?" if hasattr(os, "getuid") else ".+"
"""What ``identify`` gives as a user id, as a pattern. Windows has names in the place of numbers."""


def identify() -> Actor:
    """Whoever runs this: the operating system's number of the user, and the name that they give themselves."""
    number = str(os.getuid()) if hasattr(os, "getuid") else os.getlogin()
    claimed = _claimed_name()
    user_id = f"{number} ({claimed})" if claimed and claimed != number else number
    return Actor(team_id=node() or "this machine", user_id=user_id, through=Through.COMMAND_LINE)


def on_ending(end: Callable[[], None]) -> None:
    """Have ``end`` called in the running loop when somebody wants the command to end."""
    for number in ENDINGS:
        with suppress(NotImplementedError):  # Windows: Ctrl-C still raises KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(number, end)


def _claimed_name() -> str:
    """As LOGNAME has it, which may be anybody's and any bytes; empty where there is none: in many containers."""
    try:
        name = getuser()
    except (KeyError, OSError, ImportError):  # by version and system of Python; ImportError is Windows'
        return ""
    return "".join(each if each.isprintable() else "?" for each in name)[:_LONGEST_NAME]
