"""The Bolt app: its middleware and its listeners, ready to be connected in either mode."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.slack.connection import Identity
from bot.slack.gate import refuse_malformed
from bot.slack.web import Web

NAME = "phoneid"
"""Bolt names loggers after it."""


class Listeners(Protocol):
    """Listeners of one kind."""

    def register(self, app: AsyncApp) -> None:
        """Say what they listen for."""


def build_app(web: Web, listeners: Iterable[Listeners], *, signing_secret: str, identity: Identity) -> AsyncApp:
    """The app. Listeners registered first are asked first."""
    # Bolt gives its loggers the level of the one it is handed; left alone it would take the root's, DEBUG included.
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.ERROR)  # it warns that it will not look for a token: the client holds it
    app = AsyncApp(
        client=web,
        authorize=_authorize(identity, web),
        signing_secret=signing_secret,
        logger=logger,
        name=NAME,
        raise_error_for_unhandled_request=True,
    )
    logger.setLevel(logging.INFO)
    app.error(refuse_malformed)
    for each in listeners:
        each.register(app)
    return app


def _authorize(identity: Identity, web: Web) -> Callable[[], Awaitable[AuthorizeResult]]:
    """Who we are, as found out at the start: Bolt would ask Slack before the first acknowledgement."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=identity.enterprise_id or None,
            team_id=identity.team_id or None,
            bot_user_id=identity.bot_user_id,
            bot_id=identity.bot_id,
            bot_token=web.token,
        )

    return authorize
