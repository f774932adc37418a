"""What the commands' arguments have in common: how they are read, and what their mistakes are called."""

from pathlib import Path

import click

from bot import settings
from bot.entry.numbers import read_phone_number
from bot.errors import EntryError
from bot.models import PhoneNumber
from bot.texts import asking, terminal

EXIT_NO_ID = 1
EXIT_CANNOT_START = 2

STREAM = "-"
"""In the place of a file's name: standard input, or standard output."""


class CannotStart(click.ClickException):
    """A command cannot do anything, for a reason that one sentence tells."""

    exit_code = EXIT_CANNOT_START


def check_text(_context: click.Context, _option: click.Parameter, typed: str | None) -> str | None:
    """What was typed, unless it holds bytes that are no text: they could be neither recorded nor printed."""
    if typed and any("\ud800" <= character <= "\udfff" for character in typed):
        raise click.BadParameter(terminal.NOT_TEXT)
    return typed


def read_existing() -> settings.RecordSettings:
    """The settings, for what makes sense only where something is recorded. Raises ``CannotStart``.

    A database on a server is there or not when it is opened.
    """
    found = settings.read(settings.RecordSettings)
    if found.database_path and not _is_there(found.database_path):
        raise CannotStart(terminal.no_database(found.database_name))
    return found


def read_phone(phone: str, record_settings: settings.RecordSettings) -> PhoneNumber:
    """The number typed, as a whole. Raises ``click.UsageError``."""
    try:
        return read_phone_number(phone, region=record_settings.phoneid_default_region)
    except EntryError as error:
        raise click.UsageError(asking.ENTRY_MISTAKES[error.mistake]) from None


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # its name is too long for any file, or it is behind a closed door
        return False
