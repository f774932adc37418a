"""What happens when somebody does something: payload out, acknowledgement in, and what they see then."""

import re
from dataclasses import replace
from itertools import count
from typing import Any

from bot.sandbox.slack import typed
from bot.sandbox.slack.acknowledgements import TROUBLE, Acknowledgements
from bot.sandbox.slack.blockkit import JsonObject, Placed
from bot.sandbox.slack.courier import Courier
from bot.sandbox.slack.delivery import Delivery, DeliveryKind
from bot.sandbox.slack.forms import NotOnScreen, changed_state, incomplete_fields
from bot.sandbox.slack.installation import Installation
from bot.sandbox.slack.manifest import Command, Manifest
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.objects import message_json, view_json
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.people import SLACKBOT_ID, Person
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Conversation, ConversationKind, Message, Workspace


class Interactions:
    """The verbs of a Slack client. Each returns when the bot has acknowledged, or when Slack has given up on it."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        installation: Installation,
        manifest: Manifest,
        payloads: Payloads,
        courier: Courier,
        modals: Modals,
        acknowledgements: Acknowledgements,
    ) -> None:
        self._workspace = workspace
        self._installation = installation
        self._manifest = manifest
        self._payloads = payloads
        self._courier = courier
        self._modals = modals
        self._acknowledgements = acknowledgements
        self._event_numbers = count(1)

    def can_use_app(self, person: Person) -> bool:
        """Whether somebody finds the app's shortcuts: other workspaces have not installed it."""
        return bool(self._installation.used_in(person))

    async def run_command(self, person: Person, conversation: Conversation, line: str) -> None:
        self._check_composer(conversation)
        name, _, rest = line.partition(" ")
        command = self._manifest.find_command(name)
        if command is None or not self._installation.used_in(person, conversation):
            self._say_as_slack(person, conversation.id, f"{name} is not a valid command.")
            return
        text = self._escape(command, rest.strip(" "))
        payload: JsonObject = dict(self._payloads.command(person, conversation, command=name, text=text))
        delivery = await self._courier.deliver(DeliveryKind.COMMAND, title=name, payload=payload)
        error = None if delivery.is_acknowledged else delivery.outcome.error
        if error is None:
            shown = self._acknowledgements.of_command(person, conversation.id, line, delivery.response)
            error = None if shown else "dispatch_failed"
        if error:
            self._say_as_slack(person, conversation.id, f'{name} failed with the error "{error}"')

    async def use_shortcut(self, person: Person, callback_id: str) -> None:
        payload = self._payloads.shortcut(person, callback_id)
        delivery = await self._interact(callback_id, payload)
        if not delivery.is_acknowledged:
            self._say_as_slack(person, self._workspace.dm(person.id, self._workspace.bot.id).id, TROUBLE)

    async def use_message_shortcut(self, person: Person, callback_id: str, message: Message) -> None:
        payload = self._payloads.message_shortcut(person, callback_id, message)
        delivery = await self._interact(callback_id, payload)
        if not delivery.is_acknowledged:
            self._say_as_slack(person, message.channel_id, TROUBLE)

    async def use_in_message(self, person: Person, message: Message, placed: Placed, choice: Any = None) -> None:
        """Click a button, or pick ``choice`` in a menu."""
        state = _used(placed, choice)
        payload = self._payloads.click_in_message(person, message, placed, state)
        delivery = await self._interact(placed.action_id, payload)
        if not delivery.is_acknowledged:
            self._say_as_slack(person, message.channel_id, TROUBLE)

    async def use_in_view(self, person: Person, view: View, placed: Placed, choice: Any = None) -> None:
        """Click a button, or pick ``choice`` in a menu; what only fills a form is sent with the form."""
        state = _used(placed, choice)
        if placed.element["type"] not in ("button", "overflow"):
            view = self._keep(view, placed, state)
        if not placed.dispatches:
            return
        delivery = await self._interact(placed.action_id, self._payloads.click_in_view(person, view, placed, state))
        if not delivery.is_acknowledged:
            self._acknowledgements.show_trouble(view.id)

    def fill(self, view: View, placed: Placed, choice: Any) -> View:
        """Change what stands in an element; nothing is sent."""
        if view.is_submitting:
            raise NotOnScreen("the form is being sent")
        return self._keep(view, placed, changed_state(placed.element, choice))

    def _keep(self, view: View, placed: Placed, state: JsonObject) -> View:
        block = {**view.values.get(placed.block_id, {}), placed.action_id: state}
        filled = replace(view, values={**view.values, placed.block_id: block})
        self._workspace.put_view(filled)
        return filled

    async def submit(self, person: Person, view: View) -> None:
        if not view.can_submit or view.is_submitting:
            raise NotOnScreen("there is nothing to submit now")
        errors = incomplete_fields(view.blocks, view.values)
        view = replace(view, errors=errors, notice=None, is_submitting=not errors)
        self._workspace.put_view(view)
        if errors:
            return
        payload = self._payloads.submission(person, view)
        delivery = await self._interact(view.callback_id or "view_submission", payload)
        now = self._workspace.find_view(view_id=view.id)
        if now is None:
            return
        if not delivery.is_acknowledged:
            self._acknowledgements.show_trouble(view.id)
            return
        now = replace(now, is_submitting=False)
        self._workspace.put_view(now)
        self._acknowledgements.of_submission(now, delivery.response)

    async def close(self, person: Person, view: View) -> None:
        is_cleared = bool(view.content.get("clear_on_close", False))
        if is_cleared:
            self._modals.clear(person.id)
        else:
            self._modals.close(view)
        if view.content.get("notify_on_close", False):
            payload = self._payloads.closing(person, view, is_cleared=is_cleared)
            await self._courier.deliver(DeliveryKind.INTERACTION, title="view_closed", payload=payload)

    async def say(
        self, person: Person, conversation: Conversation, text: str, *, thread: Message | None = None
    ) -> Message:
        self._check_composer(conversation)
        message = self._workspace.post(conversation.id, user_id=person.id, text=text, thread=thread)
        kind = _channel_type(conversation)
        event = {**message_json(message), "channel": conversation.id}
        if self._workspace.bot.id in conversation.members:
            subscription = {"im": "message.im", "group": "message.groups", "channel": "message.channels"}[kind]
            await self._tell(subscription, {**event, "channel_type": kind})
        return message

    async def open_home(self, person: Person) -> None:
        channel_id = self._workspace.dm(person.id, self._workspace.bot.id).id
        tab = "home" if self._manifest.has_home else "messages"
        event: JsonObject = {"type": "app_home_opened", "user": person.id, "channel": channel_id, "tab": tab}
        if tab == "home" and (home := self._workspace.home(person.id)):
            event["view"] = view_json(home)
        await self._tell("app_home_opened", event)

    async def uninstall(self) -> None:
        """An administrator removes the app: its tokens are of no use any more, and it is told so."""
        revoked: JsonObject = {"oauth": [], "bot": [self._workspace.bot.id]}
        await self._tell("tokens_revoked", {"type": "tokens_revoked", "tokens": revoked})
        await self._tell("app_uninstalled", {"type": "app_uninstalled"})

    async def _tell(self, subscription: str, event: JsonObject) -> None:
        if subscription in self._manifest.bot_events:
            payload = self._payloads.event(event, number=next(self._event_numbers))
            await self._courier.tell(title=subscription, payload=payload)

    async def _interact(self, title: str, payload: JsonObject) -> Delivery:
        kind = payload["type"]
        delivery = await self._courier.deliver(DeliveryKind.INTERACTION, title=f"{kind} · {title}", payload=payload)
        if delivery.is_acknowledged and kind != "view_submission":
            self._acknowledgements.of_click(delivery.response)
        return delivery

    def _check_composer(self, conversation: Conversation) -> None:
        is_dm_with_app = conversation.kind is ConversationKind.DM and self._workspace.bot.id in conversation.members
        if is_dm_with_app and self._manifest.is_read_only:
            raise NotOnScreen("Sending messages to this app has been turned off.")

    def _say_as_slack(self, person: Person, channel_id: str, text: str) -> None:
        self._workspace.post(channel_id, user_id=SLACKBOT_ID, text=text, only_for=person.id)

    def _escape(self, command: Command, text: str) -> str:
        """With ``should_escape``, ``@ana`` and ``#support`` arrive as ids, and numbers as links."""
        if not command.should_escape:
            return text
        text = typed.as_text(text)
        users = {f"@{person.handle}": f"<@{person.id}|{person.handle}>" for person in self._workspace.people.values()}
        channels = {f"#{each.name}": f"<#{each.id}|{each.name}>" for each in self._workspace.conversations.values()}
        known = users | channels
        return re.sub(r"[@#][\w-]+", lambda found: known.get(found.group(), found.group()), text)


def _used(placed: Placed, choice: Any) -> JsonObject:
    return {"type": "button"} if placed.element["type"] == "button" else changed_state(placed.element, choice)


def _channel_type(conversation: Conversation) -> str:
    if conversation.kind is ConversationKind.DM:
        return "im"
    return "group" if conversation.is_private else "channel"
