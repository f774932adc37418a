"""``.env``, or another file in its place, read so that nothing in it is passed over: a line that is skipped may be the
one that keeps people out.

Every line is ``NAME=value``, ``export NAME=value``, a comment or blank. A value may stand between quotation marks, and
is taken as it is: nothing is filled in. An unquoted value ends before `` #``.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.checks import Check, ok, stop, warning
from bot.environment.owners import is_strange, owner_name
from bot.texts import settings as texts

NAME = ".env"
"""The file where no other is named, and what its checks are called, whichever it is."""

_LINE = re.compile(r"(?:export[ \t]+)?((?!export\b)[A-Za-z_][A-Za-z0-9_]*)[ \t]*=(.*)")
_QUOTED = re.compile(r"""(?:'([^']*)'|"([^"]*)")[ \t]*(?:#.*)?""")
_NEXT_SETTING = re.compile(r"[ \t;][A-Za-z_][A-Za-z0-9_]*[ \t]*=")
_LARGEST = 1_000_000
"""Bytes. A larger file is no settings, and not read to its end."""
_SHOWN = 20


class _Unclear(Exception):
    """Why a line cannot be read: a sentence's end."""


@dataclass(frozen=True, slots=True)
class EnvFile:
    """What a file gives, and what was found when it was read. Values are as written, quotation marks apart."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    checks: tuple[Check, ...] = ()
    name: str = NAME
    """The file as it was named."""


def read_env_file(path: Path, *, must_be_there: bool = False) -> EnvFile:
    """What stands in the file."""
    name = str(path)
    if not os.path.lexists(path):
        missing = (stop(NAME, texts.env_file_missing(name)),) if must_be_there else ()
        return EnvFile(checks=missing, name=name)
    try:
        link = path.lstat()
        # Without blocking: a pipe of this name must not hold up the start.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            content = file.read(_LARGEST + 1) if stat.S_ISREG(status.st_mode) else None
        if content is None or len(content) > _LARGEST:
            return _unreadable(name)
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return _unreadable(name)  # the error would quote the file, secrets and all
    trust = _whose(name, link, status)
    values, mistakes = parse(text, file=name)
    checks = (*trust, *_first(mistakes, file=name))
    return EnvFile(values, checks or (ok(NAME, texts.env_file_fine(name)),), name)


def parse(text: str, *, file: str = NAME) -> tuple[dict[str, str], list[str]]:
    """The values by name, and a sentence for each line that cannot be read or contradicts another."""
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    mistakes = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        try:
            name, value = _read_line(line.strip(" \t")) or ("", "")
        except _Unclear as error:
            mistakes.append(texts.line(number, str(error), file=file))
            continue
        if name.upper() in lines and values[name.upper()] != value:
            mistakes.append(texts.given_twice(name.upper(), lines[name.upper()], number, file=file))
        elif name:
            values[name.upper()], lines[name.upper()] = value, number
    return values, mistakes


def _read_line(line: str) -> tuple[str, str] | None:
    """Name and value; ``None`` for a comment or a blank line. Raises ``_Unclear``."""
    if not line or line.startswith("#"):
        if len(line.splitlines()) > 1:  # what an editor shows as the next line may be a setting
            raise _Unclear(texts.INVISIBLE)
        return None
    written = _LINE.fullmatch(line)
    if written is None:
        raise _Unclear(texts.NOT_NAME_VALUE)
    if not line.replace("\t", " ").isprintable():
        raise _Unclear(texts.INVISIBLE)
    name, rest = written.groups()
    if rest.lstrip(" \t").startswith(("'", '"')):
        return name, _read_quoted(rest.strip(" \t"))
    return name, _read_plain(rest)


def _read_quoted(value: str) -> str:
    quoted = _QUOTED.fullmatch(value)
    if quoted is None:
        raise _Unclear(texts.UNCLOSED_QUOTE if value.count(value[0]) == 1 else texts.AFTER_THE_QUOTE)
    single, double = quoted.groups()
    if double is not None and "\\" in double:  # programs that read such files do not agree on what it means
        raise _Unclear(texts.BACKSLASH_IN_QUOTES)
    return str(double if single is None else single)


def _read_plain(rest: str) -> str:
    value = re.split(r"[ \t]#", rest, maxsplit=1)[0].strip(" \t")
    if _NEXT_SETTING.search(value):
        raise _Unclear(texts.TWO_SETTINGS)
    return value


def _whose(file: str, link: os.stat_result, status: os.stat_result) -> Iterator[Check]:
    """Whoever can write this file decides where the secrets go: its user and root, and nobody else."""
    for each in (link, status):
        if is_strange(each.st_uid):
            yield stop(NAME, texts.foreign_env_file(file, owner_name(each.st_uid)))
            return
    if status.st_mode & stat.S_IWOTH:
        yield stop(NAME, texts.everybody_writes(file))
    elif status.st_mode & stat.S_IWGRP:
        yield warning(NAME, texts.group_writes(file))


def _first(mistakes: list[str], *, file: str) -> Iterator[Check]:
    yield from (stop(NAME, each) for each in mistakes[:_SHOWN])
    if (more := len(mistakes) - _SHOWN) > 0:
        yield stop(NAME, texts.more_lines(more, file=file))


def _unreadable(name: str) -> EnvFile:
    return EnvFile(checks=(stop(NAME, texts.env_file_unreadable(name)),), name=name)
