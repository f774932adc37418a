"""Whoever runs a command."""

import os
from getpass import getuser
from platform import node

from bot.models import Actor, Through


def identify() -> Actor:
    """Whoever runs this, by the host's and the user's name."""
    return Actor(team_id=node() or "this machine", user_id=_user_name(), through=Through.COMMAND_LINE)


def _user_name() -> str:
    """By name, or by number where that user has no name: in many containers."""
    try:
        return getuser()
    except (KeyError, OSError, ImportError):  # by version and system of Python; ImportError is Windows'
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
