"""Whose a file is, and whether its user may be believed."""

import os
import sys

if sys.platform != "win32":
    import pwd


def is_strange(owner: int) -> bool:
    """Whether a file belongs to neither whoever runs this nor root. Where there are no such owners it is nobody's."""
    return hasattr(os, "geteuid") and owner not in (os.geteuid(), 0)


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def owner_name(owner: int) -> str:
    """By name, or by number where that user has none: in many containers."""
    if sys.platform == "win32":
        return str(owner)
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"user {owner}"
