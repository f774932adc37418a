"""``phoneid copy-data``, ``phoneid backup`` and ``phoneid restore``: a whole record, copied and checked."""

import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

import click

from bot.checks import Checklist
from bot.cli import endings
from bot.cli.arguments import EXIT_NO_ID, CannotStart, Discreet, read_existing, read_settings, say_warning
from bot.cli.streams import check_output
from bot.environment.values import check_database_url
from bot.errors import CopyNotWhole, TargetNotEmpty
from bot.settings import RecordSettings
from bot.store.copying import Copied
from bot.texts import databases as texts

TOLD_EVERY = 2.0
"""Seconds between words about how far it is."""

IN_USE_WITHIN = 30.0
"""Seconds since a process last said that it uses the source."""


@click.command("copy-data", cls=Discreet)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy_data(*, source: str, target: str) -> None:
    """Copy all records from the database FROM to the empty database TO, and check the copy.

    Each is an address (sqlite:///path/to/phoneid.db or postgresql://user@host/name) or the name of an environment
    variable that holds one, such as DATABASE_URL. An address with a password must be in a variable, because all users
    of this machine can see arguments.

    FROM can be in use. The copy has the records of one moment, and nothing that is recorded there later.

    Exit code 0: TO has all records; 1: FROM is not intact, and nothing was copied; 2: it could not be copied.
    """
    check_output()
    from_, into = _read_address("FROM", source), _read_address("TO", target)
    copied = _copy(from_, into)
    if time.time() - copied.source_used_at < IN_USE_WITHIN:
        click.echo(texts.in_use(from_.database_name), err=True)
    click.echo(texts.copied(from_.database_name, into.database_name, copied.inspection))


@click.command(cls=Discreet)
@click.argument("file")
def backup(*, file: str) -> None:
    """Write all records in DATABASE_URL to the new file FILE, and check it.

    The bot can keep running. FILE is an SQLite database that only you can open. It has the records of one moment, and
    keeps what is forgotten later: delete old backups.

    Exit code 0: FILE has all records; 1: the database is not intact, and there is no FILE; 2: FILE could not be
    written.
    """
    check_output()
    source, path = read_existing(), Path(file).absolute()
    if os.path.lexists(path):
        raise CannotStart(texts.file_is_there(str(path)))
    try:
        # Beside its place, so that it can be moved there in one step; what is in it is for nobody's eyes until then.
        with tempfile.TemporaryDirectory(prefix=".phoneid-", dir=path.parent) as folder:
            part = Path(folder, "phoneid.db")
            copied = _copy(source, _on_file(part))
            _give_name(part, path)
        _make_sure_it_stays(path.parent)
    except FileExistsError:
        raise CannotStart(texts.file_is_there(str(path))) from None
    except OSError as error:
        raise CannotStart(texts.file_unusable(str(path), error.strerror or "")) from None
    click.echo(texts.copied(source.database_name, str(path), copied.inspection))


@click.command(cls=Discreet)
@click.argument("file")
def restore(*, file: str) -> None:
    """Copy all records from FILE, a backup, to the empty database in DATABASE_URL, and check them.

    Lookups that were running when phoneid backup wrote FILE end as interrupted when the bot starts.

    Exit code 0: the database has all records; 1: FILE is not intact, and nothing was restored; 2: FILE could not be
    restored.
    """
    check_output()
    path, target = Path(file).absolute(), read_settings(RecordSettings)
    if not path.is_file():
        raise CannotStart(texts.no_file(str(path)))
    copied = _copy(_on_file(path), target)
    click.echo(texts.copied(str(path), target.database_name, copied.inspection))


def _copy(source: RecordSettings, target: RecordSettings) -> Copied:
    from bot.app import copy_record

    if source.database_url == target.database_url:
        raise CannotStart(texts.SAME_DATABASE)
    for number in endings.ENDINGS:  # as Ctrl-C: what is half done is removed first
        signal.signal(number, signal.default_int_handler)
    try:
        copied = copy_record(source, target, checks=Checklist(say_warning), tell=_Progress().tell)
    except TargetNotEmpty:
        raise CannotStart(texts.target_not_empty(target.database_name)) from None
    except CopyNotWhole as error:
        click.echo(texts.not_whole(source.database_name, str(error)), err=True)
        sys.exit(EXIT_NO_ID)
    return copied


def _on_file(path: Path) -> RecordSettings:
    """Its name is the file's, whatever it is called: no setting, in which some names would be mistakes."""
    return RecordSettings.model_construct(database_url=f"sqlite:///{path}")


def _read_address(which: str, typed: str) -> RecordSettings:
    if typed == "DATABASE_URL":
        return read_settings(RecordSettings)
    is_variable = re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", typed) is not None
    if is_variable and typed not in os.environ:
        raise click.UsageError(texts.variable_missing(typed))
    try:
        url = check_database_url(os.environ[typed] if is_variable else typed)
    except ValueError as error:
        raise click.UsageError(texts.address_wrong(which, str(error))) from None
    if not is_variable and re.match("postgres(ql)?://[^/?]*:[^/?]*@|.*[?&](ssl)?password=", url):
        raise click.UsageError(texts.ARGUMENTS_ARE_SEEN)
    return RecordSettings(database_url=url)


def _give_name(part: Path, path: Path) -> None:
    """Raises ``FileExistsError`` if somebody has made a file of that name meanwhile, which a rename would replace."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a disk that knows no links: the name is taken first
        path.touch(mode=0o600, exist_ok=False)
        part.replace(path)


def _make_sure_it_stays(folder: Path) -> None:
    """Have the disk keep the file's new name, too."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Progress:
    """A line on standard error every so often."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def tell(self, done: int, of: int) -> None:
        if time.monotonic() - self._told_at >= TOLD_EVERY:
            self._told_at = time.monotonic()
            click.echo(texts.copying(done, of), err=True)
