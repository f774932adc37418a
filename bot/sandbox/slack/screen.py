"""What one person has on their screen, and how to point at it. What is not there raises ``NotOnScreen``."""

from collections.abc import Iterator

from bot.sandbox.slack.blockkit import Placed, caption, interactive_elements
from bot.sandbox.slack.forms import NotOnScreen
from bot.sandbox.slack.people import Person
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Conversation, ConversationKind, Message, Workspace


class Screen:
    """One person's client."""

    def __init__(self, person: Person, workspace: Workspace) -> None:
        self._person = person
        self._workspace = workspace

    @property
    def conversations(self) -> list[Conversation]:
        return self._workspace.conversations_of(self._person.id)

    def conversation(self, channel: str) -> Conversation:
        """By id or name."""
        for each in self.conversations:
            if channel in (each.id, each.name):
                return each
        raise NotOnScreen(f"there is no conversation {channel}")

    @property
    def dm(self) -> Conversation:
        """The direct message with the app."""
        for each in self.conversations:
            if each.kind is ConversationKind.DM and self._workspace.bot.id in each.members:
                return each
        raise NotOnScreen("there is no direct message with the app")

    def messages(self, channel: str) -> list[Message]:
        return self._workspace.seen_by(self._person.id, self.conversation(channel).id)

    def message(self, channel: str, ts: str) -> Message:
        for each in self.messages(channel):
            if each.ts == ts:
                return each
        raise NotOnScreen("that message is no longer there")

    @property
    def modal(self) -> View | None:
        stack = self._workspace.modals(self._person.id)
        return stack[-1] if stack else None

    def top_modal(self, view_id: str | None = None) -> View:
        """The modal on top; ``view_id`` says which one it must be."""
        modal = self.modal
        if modal is None or view_id not in (None, modal.id):
            raise NotOnScreen("that form is no longer open")
        return modal

    @property
    def home(self) -> View | None:
        return self._workspace.home(self._person.id)

    def pick_in_view(self, view: View, what: str) -> Placed:
        """An element by its words, ``action_id`` or ``block_id``."""
        return _pick(interactive_elements(view.blocks), what)

    def pick_in_message(self, message: Message, what: str) -> Placed:
        """An element of the message as given, whether or not it still stands like that."""
        return _pick(interactive_elements(message.blocks or []), what)

    def pick_in_messages(self, what: str, *, message: Message | None) -> tuple[Message, Placed]:
        """An element in a message: in this one as it stands now, or in the newest that has it."""
        if message is not None:
            now = self.message(message.channel_id, message.ts)
            return now, self.pick_in_message(now, what)
        newest_first = sorted(
            (each for conversation in self.conversations for each in self.messages(conversation.id)),
            key=lambda each: each.ts.rpartition(".")[2],
            reverse=True,
        )
        for each in newest_first:
            if any(_is_named(placed, what) for placed in interactive_elements(each.blocks or [])):
                return each, self.pick_in_message(each, what)
        raise NotOnScreen(f"there is nothing called {what!r}")

    def describe(self) -> str:
        """A picture in words, for a test that failed."""
        lines = [f"{self._person.name} sees:"]
        for conversation in self.conversations:
            shown = self.messages(conversation.id)[-6:]
            lines += [f"  {conversation.name or self._title(conversation)}", *(_line(message) for message in shown)]
        for view in self._workspace.modals(self._person.id):
            state = " (being sent)" if view.is_submitting else ""
            lines += [f"  modal{state}", *(f"    {line}" for line in view.words.splitlines())]
        return "\n".join(lines)

    def _title(self, conversation: Conversation) -> str:
        others = sorted(self._workspace.people[user_id].name for user_id in conversation.members - {self._person.id})
        return f"direct message with {', '.join(others)}"


def _pick(elements: Iterator[Placed], what: str) -> Placed:
    matching = [placed for placed in elements if _is_named(placed, what)]
    if not matching:
        raise NotOnScreen(f"there is nothing called {what!r}")
    if len(matching) > 1:
        raise NotOnScreen(f"{what!r} could be {len(matching)} things")
    return matching[0]


def _is_named(placed: Placed, what: str) -> bool:
    return what in (caption(placed.element), placed.action_id, placed.block_id)


def _line(message: Message) -> str:
    marks = [mark for mark, holds in (("only you", message.is_ephemeral), ("edited", message.is_edited)) if holds]
    buttons = f" [{'] ['.join(message.buttons)}]" if message.buttons else ""
    about = f" ({', '.join(marks)})" if marks else ""
    return f"    {message.name}{about}: {' / '.join(message.words.splitlines())}{buttons}"
