"""Secrets from files, as hosts of containers hand them over: ``NAME_FILE`` names the file that holds ``NAME``."""

import errno
import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from bot.checks import Check, stop, warning
from bot.texts import settings as texts

ENDING = "_FILE"

_LARGEST = 10_000
"""Bytes. The longest secret there is, a temporary token, has under two thousand."""


class _Unusable(Exception):
    """Why a file gives no value: a sentence's end."""


class SecretFiles(NamedTuple):
    """What is given, with what stands in files, and what was found when they were read."""

    values: dict[str, str]
    mistakes: dict[str, Check]
    """By the setting's name: why its file gives no value."""
    warnings: list[Check]


def read_secret_files(given: Mapping[str, str], names: Collection[str]) -> SecretFiles:
    """``given`` with the values of ``names`` that stand in files."""
    values, mistakes, warnings = dict(given), {}, []
    for name in sorted(names):
        if (file_name := name + ENDING) not in given:
            continue
        if name in given:
            mistakes[name] = stop(file_name, texts.both_given(name, file_name))
            continue
        try:
            values[name], is_open = _read(given[file_name])
        except _Unusable as error:
            mistakes[name] = stop(file_name, texts.secret_file_unusable(file_name, str(error)))
            continue
        if is_open:
            path = given[file_name]
            warnings.append(warning(file_name, texts.secret_file_open(file_name), texts.close_secret_file(path)))
    return SecretFiles(values, mistakes, warnings)


def _read(path: str) -> tuple[str, bool]:
    """The file's text without the end of its last line, and whether others can read it. Raises ``_Unusable``."""
    try:
        # Without blocking: a pipe must not hold up the start.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _Unusable(texts.IS_NO_FILE)
            content = file.read(_LARGEST + 1)
            is_open = _is_open_to_others(descriptor, status)
    except ValueError:  # a NUL in its name
        raise _Unusable(os.strerror(errno.ENOENT)) from None
    except OSError as error:
        raise _Unusable(error.strerror or "") from None
    return _checked(content, status.st_mode), is_open


def _is_open_to_others(descriptor: int, status: os.stat_result) -> bool:
    """Whether it is, where there are others: a container, alone with itself, gets secrets for all to read.

    It gets them on a mount of their own that nobody can write. Where a unit sees the system read-only, that is the same
    device as ``/``.
    """
    if not status.st_mode & stat.S_IROTH or not hasattr(os, "fstatvfs"):  # on Windows the mode says nothing
        return False
    is_mounted_for_us = status.st_dev != Path("/").stat().st_dev
    return not (is_mounted_for_us and os.fstatvfs(descriptor).f_flag & os.ST_RDONLY)


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
