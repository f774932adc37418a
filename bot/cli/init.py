"""``phoneid init``: asks for the settings, and writes them into ``.env``."""

import os
import sys
from pathlib import Path

import click

from bot import settings
from bot.cli.arguments import CannotStart, env_file
from bot.cli.help import Command
from bot.environment.env_file import NAME as ENV_FILE
from bot.environment.writing import write_env_file, write_line
from bot.texts import setup as texts

_HIDDEN = frozenset(
    {
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "SLACK_SIGNING_SECRET",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "DATABASE_URL",
    }
)
_OPTIONAL = {
    "SLACK_APP_TOKEN": "",
    "DATABASE_URL": "sqlite:///phoneid.db",
    "PHONEID_DEFAULT_REGION": "",
    "PHONEID_AGENTS": "everyone",
    "PHONEID_APPROVAL": "never",
    "PHONEID_APPROVAL_CHANNEL": "",
}
"""What Enter alone stands for; a test compares them with the settings' own defaults."""


@click.command(cls=Command)
def init() -> None:
    """Ask for the settings, and write them to .env.

    Only you can read the file. The form of each value is checked at once, and secrets are hidden while you type.
    """
    if not sys.stdin.isatty():
        raise CannotStart(texts.NO_TERMINAL)
    path = env_file() or Path(ENV_FILE)
    replaces = os.path.lexists(path)
    if replaces and not click.confirm(texts.replace(str(path)), err=True):
        raise CannotStart(texts.left_alone(str(path)))
    given = _ask_for_all()
    try:
        write_env_file(path, [texts.HEADER, *(write_line(*each) for each in given.items())], replaces=replaces)
    except FileExistsError:
        raise CannotStart(texts.not_found_again(str(path))) from None
    except OSError as error:
        raise CannotStart(texts.not_written(str(path), error.strerror or "")) from None
    click.echo(texts.written(str(path)), err=True)


def _ask_for_all() -> dict[str, str]:
    """The values that are no defaults, by name."""
    given: dict[str, str] = {}
    for name in texts.WHERE:
        if _is_needed(name, given) and (value := _ask(name)) != _OPTIONAL.get(name):
            given[name] = value
    return given


def _is_needed(name: str, given: dict[str, str]) -> bool:
    if name == "SLACK_SIGNING_SECRET":
        return "SLACK_APP_TOKEN" not in given
    if name in {"PHONEID_APPROVERS", "PHONEID_APPROVAL_CHANNEL"}:
        return "PHONEID_APPROVAL" in given
    return True


def _ask(name: str) -> str:
    """A value that can be used. Asks again until there is one."""
    click.echo(f"\n{texts.WHERE[name]}", err=True)
    default = _OPTIONAL.get(name)
    label = texts.question(name, default=default or "")
    while True:
        typed = click.prompt(label, default="", show_default=False, hide_input=name in _HIDDEN, err=True)
        if not (value := str(typed).strip()) and default is not None:
            return default
        if not (mistake := _mistake(name, value)):
            return value
        click.echo(mistake, err=True)


def _mistake(name: str, value: str) -> str | None:
    if not value:
        return texts.needed(name)
    if mistakes := settings.mistakes_of(name, value):
        return mistakes[0].sentence
    try:
        write_line(name, value)
    except ValueError:
        return texts.not_for_a_file(name)
    return None
