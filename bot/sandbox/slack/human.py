"""Somebody at a Slack client: sees only what is on their screen, and can only do what it offers."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from bot.sandbox.slack.blockkit import Placed
from bot.sandbox.slack.confirmation import Confirmation
from bot.sandbox.slack.forms import NotOnScreen
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.manifest import Manifest, ShortcutKind
from bot.sandbox.slack.people import Person
from bot.sandbox.slack.screen import Screen
from bot.sandbox.slack.views import View
from bot.sandbox.slack.waiting import NeverHappened, Waiting
from bot.sandbox.slack.workspace import Conversation, Message, Workspace

T = TypeVar("T")

LOOKS_FOR = 20.0
"""Seconds for which somebody looks for what they want to click: it may still be on its way to their screen."""

_CLICK = object()
"""The choice of a click, which picks nothing; ``None`` takes a choice back."""


class Human:
    """The driver of tests and of the demo's story. What the screen does not offer raises ``NotOnScreen``.

    Everything awaited returns when the bot has acknowledged, or when Slack has given up on it.
    """

    def __init__(
        self,
        person: Person,
        *,
        workspace: Workspace,
        manifest: Manifest,
        interactions: Interactions,
        waiting: Waiting,
    ) -> None:
        self.person = person
        self.screen = Screen(person, workspace)
        self._workspace = workspace
        self._manifest = manifest
        self._interactions = interactions
        self._waiting = waiting

    # What they see

    @property
    def dm(self) -> str:
        """The id of their direct message with the app."""
        return self.screen.dm.id

    def sees(self, channel: str) -> list[Message]:
        """What is in a conversation for them, oldest first. ``channel`` is an id or a name."""
        return self.screen.messages(channel)

    @property
    def modal(self) -> View | None:
        """The modal on top, if one is open."""
        return self.screen.modal

    @property
    def home(self) -> View | None:
        """The app's home tab as published for them."""
        return self.screen.home

    def confirmation(self, what: str, *, message: Message | None = None, at_home: bool = False) -> Confirmation:
        """What they are asked when they click; looked for as ``clicks`` does. Raises ``NotOnScreen`` if nothing."""
        _, placed = self._point_at(what, message=message, at_home=at_home)
        return _asked(placed)

    async def until(
        self,
        predicate: Callable[[], T | None],
        *,
        timeout: float = 20.0,  # noqa: ASYNC109 - the wait ends with a picture of the screen, not with TimeoutError
    ) -> T:
        """Wait until ``predicate()`` is truthy, and give that. Raises ``NeverHappened`` with what they see."""
        return await self._waiting.until(predicate, seconds=timeout, describe=self.screen.describe)

    # What they do

    async def runs(self, channel: str, line: str) -> None:
        """Type a slash command, ``/phoneid …``."""
        if not line.startswith("/"):
            raise NotOnScreen("a command starts with a slash")
        await self._interactions.run_command(self.person, self._conversation(channel), line)

    async def says(self, channel: str, text: str, *, thread: Message | None = None) -> Message:
        """Post an ordinary message, or an answer in another one's thread."""
        return await self._interactions.say(self.person, self._conversation(channel), text, thread=thread)

    async def uses_shortcut(self, callback_id: str, *, message: Message | None = None) -> None:
        """Use a global shortcut, or one on a message."""
        self._check_uncovered()
        kind = ShortcutKind.GLOBAL if message is None else ShortcutKind.MESSAGE
        is_offered = self._manifest.find_shortcut(callback_id, kind) is not None
        if not is_offered or not self._interactions.can_use_app(self.person):
            raise NotOnScreen(f"there is no shortcut {callback_id}")
        if message is None:
            await self._interactions.use_shortcut(self.person, callback_id)
        else:
            now = self.screen.message(message.channel_id, message.ts)
            await self._interactions.use_message_shortcut(self.person, callback_id, now)

    async def clicks(
        self, what: str, *, message: Message | None = None, at_home: bool = False, dismissing: bool = False
    ) -> None:
        """Click a button by its words or its ``action_id``, and confirm if it asks; ``dismissing``, nothing is sent.

        Looks in the modal when one is open, on the home tab when ``at_home``, else in ``message`` as it stands now,
        or in the newest message that has such a button.
        """
        if dismissing:
            self.confirmation(what, message=message, at_home=at_home)
        else:
            await self._use(what, _CLICK, message=message, at_home=at_home)

    async def clicks_stale(self, message: Message, what: str) -> None:
        """Click a button in a message as it was when they saw it: a client that missed the change still shows it."""
        is_theirs = message.only_for in (None, self.person.id)
        if not is_theirs or message.channel_id not in {each.id for each in self.screen.conversations}:
            raise NotOnScreen("they never saw that message")
        placed = self.screen.pick_in_message(message, what)
        _check_kind(placed, is_click=True)
        await self._interactions.use_in_message(self.person, message, placed)

    async def selects(
        self, what: str, choice: str | list[str] | None, *, message: Message | None = None, at_home: bool = False
    ) -> None:
        """Pick in a select, radio buttons, checkboxes or overflow menu; looked for as ``clicks`` does.

        ``choice`` is an option's value or words (a list for checkboxes); ``None`` takes the choice back.
        """
        await self._use(what, choice, message=message, at_home=at_home)

    def fills(self, *, block_id: str, text: str) -> None:
        """Type into a field of the modal on top; what stood there is replaced."""
        modal = self.screen.top_modal()
        self._interactions.fill(modal, self.screen.pick_in_view(modal, block_id), text)

    async def submits(self) -> None:
        """Submit the modal on top. Fields left empty that must not be get their sentence, and nothing is sent.

        Raises ``NotOnScreen`` when there is no submit button.
        """
        await self._interactions.submit(self.person, self.screen.top_modal())

    async def closes(self) -> None:
        """Close the modal on top."""
        await self._interactions.close(self.person, self.screen.top_modal())

    async def opens_home(self) -> None:
        """Look at the app's home."""
        await self._interactions.open_home(self.person)

    def reads(self, channel: str) -> None:
        """Mark a conversation as read."""
        self._workspace.mark_read(self.person.id, self.screen.conversation(channel).id)

    def reloads(self) -> None:
        """Reload the client: ephemeral messages and modals do not survive it."""
        for conversation in self.screen.conversations:
            self._workspace.delete(each for each in self.sees(conversation.id) if each.is_ephemeral)
        self._workspace.set_modals(self.person.id, [])

    async def _use(self, what: str, choice: Any, *, message: Message | None, at_home: bool) -> None:
        where, placed = await self._look_for(what, message=message, at_home=at_home)
        _check_kind(placed, is_click=choice is _CLICK)
        if isinstance(where, View):
            await self._interactions.use_in_view(self.person, where, placed, choice)
        else:
            await self._interactions.use_in_message(self.person, where, placed, choice)

    async def _look_for(self, what: str, *, message: Message | None, at_home: bool) -> tuple[View | Message, Placed]:
        """What they want to click, which may still be on its way to their screen."""

        def find() -> tuple[View | Message, Placed] | None:
            with suppress(NotOnScreen):
                return self._point_at(what, message=message, at_home=at_home)
            return None

        with suppress(NeverHappened):
            return await self._waiting.until(find, seconds=LOOKS_FOR, describe=str)
        return self._point_at(what, message=message, at_home=at_home)

    def _point_at(self, what: str, *, message: Message | None, at_home: bool) -> tuple[View | Message, Placed]:
        view = self.home if at_home else self.modal
        if at_home and view is None:
            raise NotOnScreen("the home tab is empty")
        if view is not None:
            return view, self.screen.pick_in_view(view, what)
        return self.screen.pick_in_messages(what, message=message)

    def _conversation(self, channel: str) -> Conversation:
        self._check_uncovered()
        return self.screen.conversation(channel)

    def _check_uncovered(self) -> None:
        if self.modal is not None:
            raise NotOnScreen("a modal covers everything else")


def _check_kind(placed: Placed, *, is_click: bool) -> None:
    if is_click != (placed.element["type"] == "button"):
        raise NotOnScreen(f"a {placed.element['type']} is not used that way")


def _asked(placed: Placed) -> Confirmation:
    asked = Confirmation.of(placed.element)
    if asked is None:
        raise NotOnScreen(f"{placed.action_id} is done without asking")
    return asked
