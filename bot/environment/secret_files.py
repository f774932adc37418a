"""Secrets from files, as hosts of containers hand them over: ``NAME_FILE`` names the file that holds ``NAME``."""

import errno
import os
import stat
from collections.abc import Collection, Mapping

from bot.checks import Check, stop
from bot.texts import settings as texts

ENDING = "_FILE"

_LARGEST = 10_000
"""Bytes. The longest secret there is, a temporary token, has under two thousand."""


class _Unusable(Exception):
    """Why a file gives no value: a sentence's end."""


def read_secret_files(given: Mapping[str, str], names: Collection[str]) -> tuple[dict[str, str], dict[str, Check]]:
    """``given`` with the values of ``names`` that stand in files, and by name what is wrong with the other files."""
    values, mistakes = dict(given), {}
    for name in sorted(names):
        if (file_name := name + ENDING) not in given:
            continue
        if name in given:
            mistakes[name] = stop(file_name, texts.both_given(name, file_name))
            continue
        try:
            values[name] = _read(given[file_name])
        except _Unusable as error:
            mistakes[name] = stop(file_name, texts.secret_file_unusable(file_name, str(error)))
    return values, mistakes


def _read(path: str) -> str:
    """The file's text without the end of its last line. Raises ``_Unusable``."""
    try:
        # Without blocking: a pipe must not hold up the start.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise _Unusable(texts.IS_NO_FILE)
            content = file.read(_LARGEST + 1)
    except ValueError:  # a NUL in its name
        raise _Unusable(os.strerror(errno.ENOENT)) from None
    except OSError as error:
        raise _Unusable(error.strerror or "") from None
    return _checked(content, mode)


def _checked(content: bytes, mode: int) -> str:
    if mode & stat.S_IWOTH:  # its owner is not asked: hosts mount such files as they like
        raise _Unusable(texts.IS_OPEN_TO_ALL)
    if len(content) > _LARGEST:
        raise _Unusable(texts.IS_TOO_LARGE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Unusable(texts.IS_NOT_TEXT) from None
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise _Unusable(texts.IS_EMPTY)
    return value
