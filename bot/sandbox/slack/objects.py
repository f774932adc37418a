"""The things Slack describes in payloads and answers (https://docs.slack.dev/reference/objects)."""

import copy
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from bot.sandbox.slack import typed
from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.people import APP_ID, BOT_ID, PARTNER_TEAM_ID, SLACKBOT_ID, TEAM_ID, Kind, Person, UserGroup
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Conversation, Message


def message_json(message: Message) -> JsonObject:
    """A message as Slack describes it."""
    described: JsonObject = {"type": "message", "user": message.user_id, "ts": message.ts, "text": message.text}
    if message.is_app and message.user_id != SLACKBOT_ID:
        profile = {"id": BOT_ID, "app_id": APP_ID, "name": message.name, "deleted": False, "team_id": TEAM_ID}
        described |= {"bot_id": BOT_ID, "app_id": APP_ID, "team": TEAM_ID, "bot_profile": profile}
    if not message.is_app:
        described |= {"text": typed.as_text(message.text), "team": TEAM_ID, "client_msg_id": str(_uuid(message))}
        described["blocks"] = [typed.as_block(message.text, block_id=f"b{message.ts[-4:]}")]
    if message.thread:
        described |= {"thread_ts": message.thread.ts, "parent_user_id": message.thread.user_id}
    if message.blocks is not None:
        described["blocks"] = copy.deepcopy(message.blocks)
    if message.is_edited:
        described["edited"] = {"user": message.user_id, "ts": message.ts}
    return described


def _uuid(message: Message) -> UUID:
    """The client's own id of a message."""
    return UUID(int=uuid5(NAMESPACE_URL, f"{message.channel_id}/{message.ts}").int, version=4)


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
        "state": {"values": copy.deepcopy(view.values)},
        "hash": view.hash,
        "previous_view_id": view.previous_view_id,
        "root_view_id": view.root_view_id,
        "app_id": APP_ID,
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
    }


def user_json(person: Person) -> JsonObject:
    """A user as ``users.info`` describes them."""
    described: JsonObject = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.handle,
        "real_name": person.name,
        "deleted": person.is_deactivated,
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
    if person.is_deactivated:  # of the top level little is left; the profile stays
        return {name: value for name, value in described.items() if name != "real_name"}
    if person.kind in (
        Kind.OUTSIDER,
        Kind.STRANGER,
    ):  # no role of theirs is told; who shares a channel with us is no stranger
        return {**described, "is_stranger": person.kind is Kind.STRANGER}
    is_guest = person.kind is Kind.GUEST
    roles = dict.fromkeys(("is_admin", "is_owner", "is_primary_owner", "is_ultra_restricted"), False)
    invited = {"is_invited_user": True} if person.kind is Kind.INVITED else {}
    return {**described, **roles, "is_restricted": is_guest, **invited, "tz": "Etc/UTC", "tz_offset": 0}


def dm_json(conversation: Conversation, *, bot_id: str) -> JsonObject:
    """A direct message with the app."""
    (user_id,) = conversation.members - {bot_id}
    return {"id": conversation.id, "is_im": True, "is_archived": False, "user": user_id}


def channel_json(conversation: Conversation, *, bot_id: str) -> JsonObject:
    """A channel. Private ones made since March 2021 have a ``C`` in front and are no ``is_group``."""
    partners = [PARTNER_TEAM_ID] if conversation.is_ext_shared else []
    invited = [PARTNER_TEAM_ID] if conversation.is_pending_ext_shared else []
    return {
        "id": conversation.id,
        "name": conversation.name,
        "name_normalized": conversation.name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": conversation.is_private,
        "is_archived": conversation.is_archived,
        **({"is_read_only": True} if conversation.is_read_only else {}),
        "is_member": bot_id in conversation.members,
        "is_shared": conversation.is_ext_shared or conversation.is_org_shared,
        "is_ext_shared": conversation.is_ext_shared,
        "is_pending_ext_shared": conversation.is_pending_ext_shared,
        "is_org_shared": conversation.is_org_shared,
        "context_team_id": conversation.teams[0],
        "conversation_host_id": conversation.teams[0],
        "shared_team_ids": [*conversation.teams, *partners],
        "internal_team_ids": [*conversation.teams],
        "connected_team_ids": partners,
        "pending_shared": invited,
        "pending_connected_team_ids": invited,
        "topic": {"value": conversation.topic},
    }


def user_group_json(group: UserGroup) -> JsonObject:
    """A user group, without its members."""
    return {
        "id": group.id,
        "team_id": group.team_id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_delete": 1 if group.is_disabled else 0,
        "auto_type": None,
        "prefs": {"channels": [], "groups": []},
    }
