"""``phoneid manifest``: the app as Slack installs it."""

import json
import re
from urllib.parse import urlsplit

import click

from bot.cli.help import Command
from bot.cli.streams import check_output, show
from bot.texts import setup as texts


def _read_url(_context: click.Context, _option: click.Parameter, typed: str | None) -> str | None:
    """Where Slack sends its requests to: over HTTPS only."""
    from bot.slack.connection import PATH

    if typed is None:
        return None
    try:
        parts = urlsplit(typed)
        is_good = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not re.fullmatch(r"https://[^\s/?#@]+(/[^\s?#]*)?", typed):
        raise click.BadParameter(texts.URL_NOT_FOR_SLACK)
    return typed.rstrip("/") + PATH


@click.command(cls=Command)
@click.option("--url", callback=_read_url, help="For requests over HTTP: the https:// address of the bot.")
def manifest(*, url: str | None) -> None:
    """Print the manifest with which to create the app in Slack.

    It is JSON, and for Socket Mode unless you give --url.
    """
    from bot.sandbox.slack.manifest import declared

    check_output()
    app = declared()
    if url:
        for command in app["features"]["slash_commands"]:
            command["url"] = url
        app["settings"]["event_subscriptions"]["request_url"] = url
        app["settings"]["interactivity"]["request_url"] = url
        app["settings"]["socket_mode_enabled"] = False
    show(json.dumps(app, indent=2))
