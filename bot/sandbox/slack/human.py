"""Somebody at a Slack client: sees only what is on their screen, and can only do what it offers."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from bot.sandbox.slack.people import Person
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Message

T = TypeVar("T")


class _Slack(Protocol):
    async def until(self, predicate: Callable[[], T | None], *, timeout: float = 5.0) -> T: ...  # noqa: ASYNC109 - the wait ends on a change, with a picture of the screen


class Human:
    """The driver of tests, the demo's story and the page. Everything impossible on screen raises ``NotOnScreen``."""

    def __init__(self, person: Person, slack: Any) -> None:
        self.person = person
        self._slack = slack

    @property
    def dm(self) -> str:
        """The id of this person's direct message with the app."""
        raise NotImplementedError

    def sees(self, channel: str) -> list[Message]:
        """What is in a conversation for them, oldest first. ``channel`` is an id or a name."""
        raise NotImplementedError

    @property
    def modal(self) -> View | None:
        """The modal on top, if one is open."""
        raise NotImplementedError

    @property
    def home(self) -> View | None:
        """The app's home tab as published for them."""
        raise NotImplementedError

    async def runs(self, channel: str, line: str) -> None:
        """Type a slash command, ``/phoneid …``. Returns when the bot has acknowledged it, or failed to."""
        raise NotImplementedError

    async def says(self, channel: str, text: str) -> Message:
        """Post an ordinary message."""
        raise NotImplementedError

    async def uses_shortcut(self, callback_id: str, *, message: Message | None = None) -> None:
        """Use a global shortcut, or one on a message."""
        raise NotImplementedError

    async def clicks(self, what: str, *, message: Message | None = None) -> None:
        """Click a button by its words or its ``action_id``: in the modal when one is open, else in ``message``, else
        in the newest message that has it. A confirmation dialog is confirmed.
        """
        raise NotImplementedError

    def fills(self, *, block_id: str, text: str) -> None:
        """Type into a field of the modal on top; what stood there is replaced."""
        raise NotImplementedError

    async def selects(self, what: str, choice: str | list[str], *, message: Message | None = None) -> None:
        """Pick in a select, radio buttons, checkboxes or an overflow menu, named by ``block_id`` or ``action_id``."""
        raise NotImplementedError

    async def submits(self) -> None:
        """Submit the modal on top."""
        raise NotImplementedError

    async def closes(self) -> None:
        """Close the modal on top."""
        raise NotImplementedError

    async def opens_home(self) -> None:
        """Look at the app's home tab."""
        raise NotImplementedError

    def reloads(self) -> None:
        """Reload the client: ephemeral messages are gone after it."""
        raise NotImplementedError

    async def until(self, predicate: Callable[[], T | None], *, timeout: float = 5.0) -> T:  # noqa: ASYNC109 - the wait ends on a change, with a picture of the screen
        """Wait until ``predicate()`` is truthy and give what it gave. Raises ``NeverHappened`` with what they see."""
        raise NotImplementedError
