"""What the commands' arguments have in common: how they are read, and what their mistakes are called."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.checks import Check, Checklist
from bot.cli import help as helping
from bot.cli.style import styled
from bot.texts import command_line, terminal

if TYPE_CHECKING:  # what takes longest to import
    from bot.settings import RecordSettings, SettingsType

EXIT_NO_ID = 1
EXIT_CANNOT_START = 2

STREAM = "-"
"""In the place of a file's name, a number or a reason: standard input, or standard output."""


class Discreet(helping.Command):
    """A command whose usage errors repeat no argument: somebody may have typed a code, or a number, as one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if _is_a_word(error.option_name.lstrip("-")):
                raise
            raise click.UsageError(command_line.UNEXPECTED_ARGUMENT, ctx) from None
        except click.UsageError as error:
            if type(error) is not click.UsageError:  # about an option, which it names
                raise
            raise click.UsageError(command_line.UNEXPECTED_ARGUMENT, ctx) from None


class DiscreetGroup(Discreet, helping.Group):
    """The same for what stands in a command's place."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does."""
        if not _is_a_word(args[0]):
            raise click.UsageError(command_line.UNEXPECTED_ARGUMENT, ctx)
        return super().resolve_command(ctx, args)


class CannotStart(click.ClickException):
    """A command cannot do anything, for a reason that one sentence tells."""

    exit_code = EXIT_CANNOT_START


def env_file() -> Path | None:
    """What ``--env-file`` names."""
    file = click.get_current_context().find_root().params.get("env_file")
    return Path(file) if file else None


def read_settings(kind: "type[SettingsType]") -> "SettingsType":
    """The settings a command needs, after what somebody should know of them. Raises ``SettingsError``."""
    from bot import settings

    found, checks = settings.examine(kind, env_file=env_file())
    Checklist(say_warning).heed(checks)
    assert found is not None, "settings that cannot be used stop the start"
    return found


def say_warning(check: Check) -> None:
    """The way to warn where nobody reads a log."""
    click.echo(f"{styled(terminal.WARNING, colour='yellow')} {check.sentence}", err=True)


def read_existing() -> "RecordSettings":
    """The settings, for what makes sense only where something is recorded. Raises ``CannotStart``.

    A database on a server is there or not when it is opened.
    """
    from bot.settings import RecordSettings

    found = read_settings(RecordSettings)
    if found.database_path and not _is_there(found.database_path):
        raise CannotStart(terminal.no_database(found.database_name))
    return found


def _is_a_word(typed: str) -> bool:
    """Whether this was meant as a command's or an option's name."""
    return re.fullmatch("[a-z][a-z-]{1,20}", typed) is not None


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # its name is too long for any file, or it is behind a closed door
        return False
