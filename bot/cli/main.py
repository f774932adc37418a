"""The command line: the only printer and exiter. Here are its entry point and the list of its commands."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from bot.cli import streams
from bot.cli.arguments import EXIT_CANNOT_START, DiscreetGroup
from bot.cli.help import Commands
from bot.cli.style import styled
from bot.environment.env_file import NAME as ENV_FILE
from bot.errors import AccessLost, PhoneIdError, SettingsError
from bot.texts import terminal

if sys.platform != "win32":
    import resource


_SECTIONS = {
    "Try it": {"demo": "sandbox", "cams": "sandbox"},
    "Set it up": {"init": "init", "manifest": "manifest", "config": "config", "doctor": "doctor", "why": "why"},
    "Run it": {"run": "run", "health": "health"},
    "Get IDs": {"lookup": "lookup"},
    "Look back": {"log": "log", "journal": "journal", "forget": "forget"},
    "Look after the database": {
        "migrate": "migrate",
        "backup": "copies",
        "restore": "copies",
        "copy-data": "copies",
    },
}
"""Every command and the module it is in, as the help lists them."""

_MODULES = {name: f"bot.cli.{module}" for section in _SECTIONS.values() for name, module in section.items()}


def main() -> None:
    """The entry point: our errors become words and an exit code, never a traceback.

    A command gives the other exit codes itself: 1 of `lookup` says that there is no ID, and nothing else.
    """
    _leave_nothing_open()
    os.environ.setdefault(
        "HOME", os.sep
    )  # Slack's library wants one as soon as it is imported; containers may have none
    streams.make_usable()
    try:
        phoneid.main(prog_name="phoneid", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo(terminal.STOPPED, err=True)
    except PhoneIdError as error:
        click.echo(terminal.command_failed(str(error)), err=True)
    except BrokenPipeError:  # of whoever only wanted to see the beginning of --help
        streams.let_go_of_output()
    except Exception:  # noqa: BLE001 - the top: a mistake of ours
        sys.excepthook(*sys.exc_info())
    else:
        return
    sys.exit(EXIT_CANNOT_START)


class _WithSettings(DiscreetGroup):
    """Says what is wrong with the settings, and where they were read. Its commands stand in sections."""

    def invoke(self, ctx: click.Context) -> object:
        """As click does."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            _cannot_start(error, ctx.params["env_file"] or Path(ENV_FILE))


@click.group(
    cls=_WithSettings,
    commands=Commands(_MODULES),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=terminal.HELP_EPILOG,
)
@click.option("--env-file", type=click.Path(path_type=Path), help="Read the settings from this file instead of .env.")
@click.version_option(package_name="phoneid-bot")
def phoneid(*, env_file: Path | None) -> None:
    """Get the phone number ID of a pre-validated WhatsApp number, with its verification code.

    To try it without any account, run phoneid demo.
    """


phoneid.sections = {heading: [*commands] for heading, commands in _SECTIONS.items()}


def _leave_nothing_open() -> None:
    """What this process makes is for its user alone, and a core file, which is the memory of a crash, is not made."""
    os.umask(0o077)
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _cannot_start(error: SettingsError, env_file: Path) -> NoReturn:
    is_lost = isinstance(error, AccessLost)
    heading = terminal.ACCESS_LOST_HEADING if is_lost else terminal.SETTINGS_HEADING
    click.echo(styled(heading, colour="red"), err=True)
    for mistake in error.mistakes:
        click.echo(f"  - {mistake}", err=True)
    if not is_lost:
        file = env_file.absolute()
        footer = terminal.settings_footer(env_file.name, str(file), is_there=os.path.lexists(file))
        click.echo(footer, err=True)
    sys.exit(EXIT_CANNOT_START)
