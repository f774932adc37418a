"""The client behind the browser page: one user's state as JSON, and acts on their behalf."""

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from bot.sandbox.slack import acts
from bot.sandbox.slack.blockkit import JsonObject, Placed
from bot.sandbox.slack.forms import NotOnScreen
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.manifest import Manifest, ShortcutKind
from bot.sandbox.slack.people import TEAM_ID, Kind, Person
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Conversation, ConversationKind, Message, Workspace


class PageClient:
    """Gives the page what it draws, and does what it asks."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        manifest: Manifest,
        interactions: Interactions,
        humans: dict[str, Human],
        is_connected: Callable[[], bool],
    ) -> None:
        self._workspace = workspace
        self._manifest = manifest
        self._interactions = interactions
        self._humans = humans
        self._is_connected = is_connected

    def state_for(self, user_id: str) -> JsonObject:
        """Everything this user sees now. Raises ``KeyError`` for an unknown user."""
        person = self._workspace.people[self._humans[user_id].person.id]
        conversations = self._workspace.conversations_of(user_id)
        return {
            "version": self._workspace.version,
            "workspace": {"team_id": TEAM_ID, "name": self._workspace.name},
            "me": _person(person),
            "people": [_person(each) for each in self._workspace.people.values()],
            "user_groups": [{"id": each.id, "handle": each.handle} for each in self._workspace.user_groups.values()],
            "app": self._app(person),
            "app_home": {"has_home": self._manifest.has_home, "is_read_only": self._manifest.is_read_only},
            "conversations": [self._conversation(person, each) for each in conversations],
            "messages": {
                each.id: [_message(message) for message in self._workspace.seen_by(user_id, each.id)]
                for each in conversations
            },
            "modals": [_modal(view) for view in self._workspace.modals(user_id)],
        }

    async def act(self, user_id: str, action: Any) -> JsonObject:
        """``{"ok": True}``, or ``{"ok": False, "error": words}``; returns when the bot has acknowledged."""
        human = self._humans.get(user_id)
        if human is None:
            return {"ok": False, "error": "There is no such person."}
        try:
            await self._do(human, acts.ACT.validate_python(action))
        except ValidationError:
            return {"ok": False, "error": "The sandbox does not know what the page asked for."}
        except NotOnScreen as impossible:
            sentence = str(impossible)
            return {"ok": False, "error": f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."}
        return {"ok": True}

    async def _do(self, human: Human, act: acts.Act) -> None:
        match act:
            case acts.RunCommand():
                await human.runs(act.channel, act.text)
            case acts.Say():
                await human.says(act.channel, act.text)
            case acts.UseShortcut():
                await human.uses_shortcut(act.callback_id)
            case acts.ClickInMessage():
                await self._click_in_message(human, act)
            case acts.ClickInView():
                await self._click_in_view(human, act)
            case acts.Submit():
                view = self._fill(human.screen.top_modal(act.view_id), act.values)
                await self._interactions.submit(human.person, view)
            case acts.Close():
                await self._interactions.close(human.person, human.screen.top_modal(act.view_id))
            case acts.OpenHome():
                await human.opens_home()
            case acts.Read():
                human.reads(act.channel)

    async def _click_in_message(self, human: Human, act: acts.ClickInMessage) -> None:
        message = human.screen.message(act.channel, act.ts)
        placed = _there(message.find(block_id=act.block_id, action_id=act.action_id))
        await self._interactions.use_in_message(human.person, message, placed, _choice(act))

    async def _click_in_view(self, human: Human, act: acts.ClickInView) -> None:
        view = human.screen.home if act.container == "home" else human.screen.top_modal(act.view_id)
        if view is None:
            raise NotOnScreen("the home tab is empty")
        placed = _there(view.find(block_id=act.block_id, action_id=act.action_id))
        view = self._fill(view, act.values)
        await self._interactions.use_in_view(human.person, view, placed, _choice(act))

    def _fill(self, view: View, values: acts.Entries) -> View:
        for block_id, entries in values.items():
            for action_id, value in entries.items():
                placed = _there(view.find(block_id=block_id, action_id=action_id))
                if placed.element["type"] not in ("button", "overflow"):
                    view = self._interactions.fill(view, placed, acts.entry(value))
        return view

    def _app(self, person: Person) -> JsonObject:
        home = self._workspace.home(person.id)
        is_offered = person.kind is not Kind.OUTSIDER
        return {
            "name": self._workspace.bot.name,
            "user_id": self._workspace.bot.id,
            "connected": self._is_connected(),
            "home": home and _modal(home),
            "commands": [
                {"command": each.command, "description": each.description, "usage_hint": each.usage_hint}
                for each in self._manifest.commands
                if is_offered
            ],
            "shortcuts": [
                {"callback_id": each.callback_id, "name": each.name, "description": each.description}
                for each in self._manifest.shortcuts
                if is_offered and each.kind is ShortcutKind.GLOBAL
            ],
        }

    def _conversation(self, person: Person, conversation: Conversation) -> JsonObject:
        shown: JsonObject = {
            "id": conversation.id,
            "name": conversation.name,
            "kind": conversation.kind.value,
            "unread": self._workspace.count_unread(person.id, conversation.id),
        }
        if conversation.kind is ConversationKind.DM:
            (other,) = conversation.members - {person.id}
            return {**shown, "name": self._workspace.people[other].name}
        return {
            **shown,
            "is_private": conversation.is_private,
            "is_ext_shared": conversation.is_ext_shared,
            "topic": conversation.topic,
        }


def _there(placed: Placed | None) -> Placed:
    if placed is None:
        raise NotOnScreen("that is no longer there")
    return placed


def _choice(act: acts.ClickInMessage | acts.ClickInView) -> Any:
    value = act.values.get(act.block_id, {}).get(act.action_id)
    return None if value is None else acts.entry(value)


def _person(person: Person) -> JsonObject:
    return {
        "id": person.id,
        "name": person.name,
        "title": person.title,
        "kind": person.kind.value,
        "locale": person.locale,
        "is_deactivated": person.is_deactivated,
    }


def _message(message: Message) -> JsonObject:
    return {
        "ts": message.ts,
        "user": message.user_id,
        "name": message.name,
        "is_app": message.is_app,
        "text": message.text,
        "blocks": message.blocks,
        "ephemeral": message.is_ephemeral,
        "edited": message.is_edited,
    }


def _modal(view: View) -> JsonObject:
    return {
        "id": view.id,
        "hash": view.hash,
        "view": view.content,
        "values": view.values,
        "errors": view.errors,
        "submitting": view.is_submitting,
        "notice": view.notice,
    }
