"""``phoneid config``: the settings in force, and where each comes from."""

import json

import click

from bot import settings
from bot.cli.arguments import env_file, read_settings
from bot.cli.help import Command
from bot.cli.streams import check_output, show
from bot.environment.env_file import NAME as ENV_FILE
from bot.texts import setup as texts


@click.command(cls=Command)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def config(*, is_json: bool) -> None:
    """Show the settings in force and where each comes from, with secrets hidden."""
    check_output()
    values = read_settings(settings.BotSettings).shown
    file = env_file()
    origins = settings.origins(env_file=file)
    names = {settings.Origin.ENV_FILE: str(file or ENV_FILE)}
    rows = [(name, value, names.get(origins[name], origins[name].value)) for name, value in values.items()]
    if is_json:
        show(json.dumps([dict(zip(("name", "value", "source"), row, strict=True)) for row in rows], indent=2))
    else:
        widths = max(len(name) for name, *_ in rows), max(len(str(value)) for _, value, _ in rows)
        show("\n".join(texts.sources(*row, widths=widths) for row in rows))
