"""What Slack sends to an app, in the shapes of https://docs.slack.dev/reference/interaction-payloads."""

from bot.interfaces import Clock
from bot.sandbox.slack.blockkit import JsonObject, Placed, caption
from bot.sandbox.slack.credentials import Credentials
from bot.sandbox.slack.forms import STATEFUL, initial_values
from bot.sandbox.slack.installation import Installation
from bot.sandbox.slack.objects import message_json, view_json
from bot.sandbox.slack.people import APP_ID, Person
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Conversation, ConversationKind, Message, Workspace


class Payloads:
    """Builds payloads; each call gives out the trigger id and the response URL that go with it."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        installation: Installation,
        clock: Clock,
        credentials: Credentials,
        triggers: Triggers,
        response_urls: ResponseUrls,
    ) -> None:
        self._workspace = workspace
        self._installation = installation
        self._clock = clock
        self._token = credentials.verification_token.get_secret_value()
        self._triggers = triggers
        self._response_urls = response_urls

    def command(self, person: Person, conversation: Conversation, *, command: str, text: str) -> dict[str, str]:
        """A slash command; every value is text, as in a form."""
        return {
            "token": self._token,
            **self._installation.of_command(self._installation.used_in(person, conversation)),
            "channel_id": conversation.id,
            "channel_name": channel_name(conversation),
            "user_id": person.id,
            "user_name": person.handle,
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "response_url": self._response_urls.issue(user_id=person.id, channel_id=conversation.id),
            "trigger_id": self._triggers.issue(person.id),
        }

    def shortcut(self, person: Person, callback_id: str) -> JsonObject:
        """A global shortcut: no channel, no response URL."""
        return {
            "type": "shortcut",
            "token": self._token,
            "action_ts": self._timestamp(),
            **self._installation.of_click(),
            "user": {"id": person.id, "username": person.handle, "team_id": person.team_id},
            "callback_id": callback_id,
            "trigger_id": self._triggers.issue(person.id),
        }

    def message_shortcut(self, person: Person, callback_id: str, message: Message) -> JsonObject:
        conversation = self._workspace.conversations[message.channel_id]
        return {
            **self.shortcut(person, callback_id),
            "type": "message_action",
            "user": {"id": person.id, "name": person.handle},  # most records lack the team here
            "channel": {"id": conversation.id, "name": channel_name(conversation)},
            "message_ts": message.ts,
            "message": message_json(message),
            "response_url": self._response_urls.issue(
                user_id=person.id, channel_id=conversation.id, message_ts=message.ts
            ),
        }

    def click_in_message(self, person: Person, message: Message, placed: Placed, state: JsonObject) -> JsonObject:
        """``block_actions`` from a message. An ephemeral message is named, not included."""
        conversation = self._workspace.conversations[message.channel_id]
        values = initial_values(message.blocks or [])
        if placed.element["type"] in STATEFUL:
            values[placed.block_id][placed.action_id] = state
        payload = {
            **self._block_actions(person, placed, state),
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": conversation.id,
                "is_ephemeral": message.is_ephemeral,
                **({"thread_ts": message.thread.ts} if message.thread else {}),
            },
            "channel": {"id": conversation.id, "name": channel_name(conversation)},
            "state": {"values": values},
            "response_url": self._response_urls.issue(
                user_id=person.id, channel_id=conversation.id, message_ts=message.ts
            ),
            "trigger_id": self._triggers.issue(person.id),
        }
        return payload if message.is_ephemeral else {**payload, "message": message_json(message)}

    def click_in_view(self, person: Person, view: View, placed: Placed, state: JsonObject) -> JsonObject:
        """``block_actions`` from a modal or the home tab: no channel, no message, no response URL."""
        return {
            **self._block_actions(person, placed, state),
            "container": {"type": "view", "view_id": view.id},
            "view": self._view(person, view),
            "trigger_id": self._triggers.issue(person.id, view_id=view.id),
        }

    def submission(self, person: Person, view: View) -> JsonObject:
        return {
            **self._view_interaction("view_submission", person, view),
            "trigger_id": self._triggers.issue(person.id, view_id=view.id),
            "response_urls": [],
        }

    def closing(self, person: Person, view: View, *, is_cleared: bool) -> JsonObject:
        return {**self._view_interaction("view_closed", person, view), "is_cleared": is_cleared}

    def event(self, event: JsonObject, *, number: int) -> JsonObject:
        """An event in the Events API's envelope."""
        return {
            "token": self._token,
            **self._installation.of_event(event["type"], self._workspace.bot.id),
            "event_context": f"4-sandbox-{number}",
            "api_app_id": APP_ID,
            "event": {**event, "event_ts": self._timestamp()},
            "type": "event_callback",
            "event_id": f"Ev0{number:08d}",
            "event_time": int(self._clock.now()),
            "is_ext_shared_channel": False,
        }

    def _view_interaction(self, kind: str, person: Person, view: View) -> JsonObject:
        return {
            "type": kind,
            **self._installation.of_view(person),
            "user": self._user(person),
            "api_app_id": APP_ID,
            "token": self._token,
            "view": self._view(person, view),
        }

    def _block_actions(self, person: Person, placed: Placed, state: JsonObject) -> JsonObject:
        return {
            "type": "block_actions",
            "user": self._user(person),
            "api_app_id": APP_ID,
            "token": self._token,
            **self._installation.of_click(),
            "actions": [
                {
                    "action_id": placed.action_id,
                    "block_id": placed.block_id,
                    **_what_was_done(placed, state),
                    "action_ts": self._timestamp(),
                }
            ],
        }

    def _view(self, person: Person, view: View) -> JsonObject:
        return {**view_json(view), **self._installation.view_teams(person)}

    def _user(self, person: Person) -> JsonObject:
        return {"id": person.id, "name": person.handle, "username": person.handle, "team_id": person.team_id}

    def _timestamp(self) -> str:
        return f"{self._clock.now():.6f}"


def channel_name(conversation: Conversation) -> str:
    """What payloads call it: the names of private channels are not told."""
    if conversation.kind is ConversationKind.DM:
        return "directmessage"
    return "privategroup" if conversation.is_private else conversation.name


def _what_was_done(placed: Placed, state: JsonObject) -> JsonObject:
    if placed.element["type"] != "button":
        return state
    optional: JsonObject = {name: placed.element[name] for name in ("value", "style", "url") if name in placed.element}
    text = {**placed.element["text"], "text": caption(placed.element)}
    return {"type": "button", "text": text, **optional}
