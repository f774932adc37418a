"""``phoneid health``: whether the bot on this machine is ready, for containers and scripts. It reads no other setting
than where to ask, so that it takes no time."""

import http.client
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from bot.cli.arguments import env_file
from bot.cli.help import Command
from bot.environment.env_file import NAME as ENV_FILE
from bot.environment.env_file import read_env_file
from bot.environment.gathering import is_link
from bot.environment.secret_files import ENDING
from bot.texts import health as texts

PATIENCE = 3.0
"""Seconds for the answer. The bot gives its database two."""

LONGEST = 2000
"""Bytes of an answer that are read."""


@click.command(cls=Command)
@click.option("--live", is_flag=True, help="Only check that the process responds, not that it is ready.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address that phoneid run was told to listen on.")
def health(*, live: bool, host: str) -> None:
    """Check whether the running bot is ready.

    It must run on this machine. It is asked on PHONEID_HEALTH_PORT or, in HTTP mode, on PORT.

    Exit code 0: it is ready; 1: it is not.
    """
    try:
        port = find_port({**read_env_file(env_file() or Path(ENV_FILE)).values, **os.environ})
        is_good, said = ask(host, port, "/healthz" if live else "/readyz")
    except NoPort as error:
        is_good, said = False, str(error)
    click.echo(said, err=not is_good)
    sys.exit(0 if is_good else 1)


class NoPort(Exception):
    """It is not known where the bot answers. Says what to do."""


def find_port(environment: Mapping[str, str]) -> int:
    """Where the bot with this environment answers. Raises ``NoPort``."""
    given = {name: value.strip() for name, value in environment.items() if not is_link(name, value, environment)}
    is_socket_mode = given.get("SLACK_APP_TOKEN") or given.get(f"SLACK_APP_TOKEN{ENDING}")
    name = "PHONEID_HEALTH_PORT" if is_socket_mode or given.get("PHONEID_HEALTH_PORT") else "PORT"
    port = given.get(name) or ("" if is_socket_mode else "3000")
    if not port:
        raise NoPort(texts.NO_PORT)
    if not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise NoPort(texts.is_no_port(name))
    if int(port) == 0:
        raise NoPort(texts.any_port(name))
    return int(port)


def ask(host: str, port: int, path: str) -> tuple[bool, str]:
    """Whether the answer is good, and a sentence that says it."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read(LONGEST).decode("ascii", "replace")
    except (OSError, http.client.HTTPException) as error:
        return False, texts.silent(port, getattr(error, "strerror", None) or type(error).__name__)
    finally:
        connection.close()
    return answer.status == http.HTTPStatus.OK, texts.said(port, text)
