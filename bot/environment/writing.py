"""Writing ``.env``: for its user alone, whole or not at all, and so that it is read as it was meant."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bot.environment.env_file import parse


def write_line(name: str, value: str) -> str:
    """The line that is read as this value. Raises ``ValueError`` where none is."""
    for line in (f"{name}={value}", f"{name}='{value}'", f'{name}="{value}"'):
        if parse(line) == ({name: value}, []):
            return line
    raise ValueError(name)


def write_env_file(path: Path, lines: Iterable[str], *, replaces: bool) -> None:
    """Make the file, readable by its user only. A link is replaced, and not what it leads to.

    Raises ``FileExistsError`` where it is there and ``replaces`` is not set, and ``OSError``.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # of mode 0600
    written = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(descriptor)
        if replaces:
            written.replace(path)
        else:
            path.hardlink_to(written)  # unlike a rename, this takes no other file's place
    finally:
        written.unlink(missing_ok=True)
