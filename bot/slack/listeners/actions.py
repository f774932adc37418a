"""The buttons, of messages and windows. No click is ever silent."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack import buttons, cards, forms
from bot.slack.context import Context
from bot.slack.conversation import Conversation
from bot.slack.deciding import Deciding
from bot.slack.listeners.boundary import Ack, Body, Boundary, Work
from bot.slack.payloads import Click, parse
from bot.slack.showing import Showing
from bot.texts import asking as texts

DECISIONS = frozenset({cards.APPROVE, buttons.WITHDRAW, buttons.STOP})
"""The buttons that have something recorded: Slack has our word for it only then."""

Do = Callable[[Context, str], Work]
"""The work that a click starts, given who clicked and the button's value."""


class Actions:
    """Listens for clicks."""

    def __init__(self, boundary: Boundary, *, deciding: Deciding, showing: Showing, conversation: Conversation) -> None:
        self._boundary = boundary
        self._deciding = deciding
        self._showing = showing
        self._conversation = conversation

    def register(self, app: AsyncApp) -> None:
        app.block_action(re.compile(".*"))(self.on_click)

    async def on_click(self, ack: Ack, body: Body) -> None:
        async with self._boundary.payload(ack, body) as reply:
            click = parse(Click, body)
            context = Context.of_click(click)
            do = self._work_by_id.get(click.action.action_id, self._say_nothing_there)
            if click.action.action_id in DECISIONS:
                late = partial(self._say_late, context)
                await self._boundary.start_recorded(reply, context, do(context, click.action.value), late=late)
            else:
                await reply()
                self._boundary.start(context, do(context, click.action.value))

    @property
    def _work_by_id(self) -> dict[str, Do]:
        return {
            cards.APPROVE: self._deciding.approve,
            cards.DENY: self._deciding.open_denial,
            cards.DETAILS: self._showing.details,
            buttons.WITHDRAW: self._deciding.withdraw,
            buttons.ENTER_CODE: self._deciding.open_codes,
            buttons.STOP: self._deciding.stop,
            buttons.SHOW_ID: self._showing.id_again,
            buttons.SHOW_RESULTS: self._showing.results,
            buttons.OLDER: self._showing.older,
            buttons.TRY_AGAIN: self._showing.form_again,
            buttons.OPEN_FORM: self._open_form,
            buttons.OPEN_LIST: self._open_list,
        }

    def _say_late(self, context: Context, reference: str) -> dict[str, Any]:
        """The acknowledgement of a click shows nothing: that it was not recorded is said beside it."""
        self._boundary.start(context, self._conversation.say(context, texts.decision_not_recorded_in_time(reference)))
        return {}

    def _open_form(self, context: Context, workspace: str) -> Work:
        return self._conversation.open_form(context.in_workspace(workspace), forms.Filling())

    def _open_list(self, context: Context, workspace: str) -> Work:
        return self._conversation.open_form(context.in_workspace(workspace), forms.Filling(is_several=True))

    def _say_nothing_there(self, context: Context, _value: str) -> Work:
        return self._conversation.say(context, texts.NOTHING_THERE)
