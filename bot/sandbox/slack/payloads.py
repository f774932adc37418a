"""What Slack sends to an app, in the shapes of https://docs.slack.dev/reference/interaction-payloads."""

import copy
from typing import Any

from bot.interfaces import Clock
from bot.sandbox.slack.blockkit import JsonObject, Placed, caption
from bot.sandbox.slack.credentials import Credentials
from bot.sandbox.slack.forms import STATEFUL, Values, initial_values
from bot.sandbox.slack.people import APP_ID, BOT_ID, SLACKBOT_ID, TEAM_ID, Kind, Person
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
        clock: Clock,
        credentials: Credentials,
        triggers: Triggers,
        response_urls: ResponseUrls,
    ) -> None:
        self._workspace = workspace
        self._clock = clock
        self._token = credentials.verification_token.get_secret_value()
        self._triggers = triggers
        self._response_urls = response_urls

    def command(self, person: Person, conversation: Conversation, *, command: str, text: str) -> dict[str, str]:
        """A slash command; every value is text, as in a form."""
        return {
            "token": self._token,
            "team_id": person.team_id,
            "team_domain": self._workspace.domain,
            "channel_id": conversation.id,
            "channel_name": channel_name(conversation),
            "user_id": person.id,
            "user_name": person.handle,
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._response_urls.issue(user_id=person.id, channel_id=conversation.id),
            "trigger_id": self._triggers.issue(person.id),
        }

    def shortcut(self, person: Person, callback_id: str) -> JsonObject:
        """A global shortcut: no channel, no response URL."""
        return {
            "type": "shortcut",
            "token": self._token,
            "action_ts": self._timestamp(),
            "team": self._team(person),
            "user": {"id": person.id, "username": person.handle, "team_id": person.team_id},
            "is_enterprise_install": False,
            "enterprise": None,
            "callback_id": callback_id,
            "trigger_id": self._triggers.issue(person.id),
        }

    def message_shortcut(self, person: Person, callback_id: str, message: Message) -> JsonObject:
        conversation = self._workspace.conversations[message.channel_id]
        return {
            **self.shortcut(person, callback_id),
            "type": "message_action",
            "user": self._user(person, with_username=False),
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
            "view": view_json(view),
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
            "team_id": TEAM_ID,
            "context_team_id": TEAM_ID,
            "api_app_id": APP_ID,
            "event": {**event, "event_ts": self._timestamp()},
            "type": "event_callback",
            "event_id": f"Ev0{number:08d}",
            "event_time": int(self._clock.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM_ID,
                    "user_id": self._workspace.bot.id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    def _view_interaction(self, kind: str, person: Person, view: View) -> JsonObject:
        return {
            "type": kind,
            "team": self._team(person),
            "user": self._user(person),
            "api_app_id": APP_ID,
            "token": self._token,
            "view": view_json(view),
            "is_enterprise_install": False,
            "enterprise": None,
        }

    def _block_actions(self, person: Person, placed: Placed, state: JsonObject) -> JsonObject:
        return {
            "type": "block_actions",
            "user": self._user(person),
            "api_app_id": APP_ID,
            "token": self._token,
            "team": self._team(person),
            "enterprise": None,
            "is_enterprise_install": False,
            "actions": [
                {
                    "action_id": placed.action_id,
                    "block_id": placed.block_id,
                    **_what_was_done(placed, state),
                    "action_ts": self._timestamp(),
                }
            ],
        }

    def _team(self, person: Person) -> JsonObject:
        domain = self._workspace.domain if person.team_id == TEAM_ID else person.team_id.lower()
        return {"id": person.team_id, "domain": domain}

    def _user(self, person: Person, *, with_username: bool = True) -> JsonObject:
        user = {"id": person.id, "name": person.handle, "team_id": person.team_id}
        return {**user, "username": person.handle} if with_username else user

    def _timestamp(self) -> str:
        return f"{self._clock.now():.6f}"


def channel_name(conversation: Conversation) -> str:
    return "directmessage" if conversation.kind is ConversationKind.DM else conversation.name


def message_json(message: Message) -> JsonObject:
    """A message as Slack describes it."""
    described: JsonObject = {"type": "message", "user": message.user_id, "ts": message.ts, "text": message.text}
    if message.is_app and message.user_id != SLACKBOT_ID:
        described |= {"bot_id": BOT_ID, "app_id": APP_ID, "team": TEAM_ID}
    if message.blocks is not None:
        described["blocks"] = copy.deepcopy(message.blocks)
    if message.is_edited:
        described["edited"] = {"user": message.user_id, "ts": message.ts}
    return described


def view_json(view: View) -> JsonObject:
    """A view as Slack describes it, with the state of every element."""
    content = copy.deepcopy(view.content)
    optional: dict[str, Any] = {"title": None, "close": None, "submit": None} if content["type"] == "modal" else {}
    return {
        "id": view.id,
        "team_id": TEAM_ID,
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        **optional,
        **content,
        "state": {"values": _copied(view.values)},
        "hash": view.hash,
        "previous_view_id": view.previous_view_id,
        "root_view_id": view.root_view_id,
        "app_id": APP_ID,
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
    }


def user_json(person: Person) -> JsonObject:
    """A user as ``users.info`` describes them."""
    is_stranger = person.kind is Kind.OUTSIDER
    described: JsonObject = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.handle,
        "real_name": person.name,
        "deleted": False,
        "profile": {
            "real_name": person.name,
            "display_name": person.name,
            "title": person.title,
            "team": person.team_id,
        },
        "is_bot": person.kind is Kind.BOT,
        "is_app_user": False,
        "updated": 0,
    }
    if is_stranger:
        return {**described, "is_stranger": True}
    is_guest = person.kind is Kind.GUEST
    roles = dict.fromkeys(("is_admin", "is_owner", "is_primary_owner", "is_ultra_restricted"), False)
    return {**described, **roles, "is_restricted": is_guest, "tz": "Etc/UTC", "tz_offset": 0}


def _copied(values: Values) -> Values:
    return copy.deepcopy(values)


def _what_was_done(placed: Placed, state: JsonObject) -> JsonObject:
    if placed.element["type"] != "button":
        return state
    optional: JsonObject = {name: placed.element[name] for name in ("value", "style", "url") if name in placed.element}
    text = {**placed.element["text"], "text": caption(placed.element)}
    return {"type": "button", "text": text, **optional}
