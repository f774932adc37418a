"""The workspace as a value store: people, conversations, messages, modals. Knows no protocol and no rule of Slack's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count

from bot.interfaces import Clock
from bot.sandbox.slack import blockkit
from bot.sandbox.slack.blockkit import JsonObject, Placed
from bot.sandbox.slack.people import CAST, KNOWN_BY_ID, SLACKBOT_ID, TEAM_ID, Person, UserGroup
from bot.sandbox.slack.views import View


class ConversationKind(StrEnum):
    CHANNEL = "channel"
    DM = "dm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A channel or a direct message."""

    id: str
    name: str
    kind: ConversationKind
    members: frozenset[str]
    is_private: bool = False
    """Seen by its members only; to everybody else it does not exist."""
    is_ext_shared: bool = False
    is_pending_ext_shared: bool = False
    """Another workspace is invited and has not come yet."""
    is_archived: bool = False
    is_read_only: bool = False
    """Only some may post there, and Slack says so of it."""
    is_restricted: bool = False
    """The same by a preference of the workspace, of which Slack says nothing."""
    topic: str = ""
    locale: str = "en-US"
    """The language of its workspace."""
    teams: tuple[str, ...] = (TEAM_ID,)
    """The workspaces of the organisation that have it; a direct message is in all of them."""

    @property
    def is_org_shared(self) -> bool:
        return len(self.teams) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it stands now."""

    ts: str
    channel_id: str
    user_id: str
    name: str
    is_app: bool
    text: str
    blocks: list[JsonObject] | None = None
    only_for: str | None = None
    """The one user who sees it, when it is ephemeral."""
    thread: "Message | None" = None
    """The message whose thread it is in."""
    is_edited: bool = False

    @property
    def is_ephemeral(self) -> bool:
        return self.only_for is not None

    @property
    def words(self) -> str:
        """What a person reads: the blocks where there are any, else the text."""
        return blockkit.words(self.blocks) if self.blocks else self.text

    def find(self, *, block_id: str, action_id: str) -> Placed | None:
        """The interactive element with these ids."""
        return blockkit.find(self.blocks or [], block_id=block_id, action_id=action_id)

    @property
    def buttons(self) -> list[str]:
        """What stands on its buttons."""
        elements = blockkit.interactive_elements(self.blocks or [])
        return [blockkit.caption(placed.element) for placed in elements if placed.element["type"] == "button"]


class Workspace:
    """Everything the people of one workspace see. Each change raises ``version`` and is told to the listeners."""

    def __init__(self, *, bot: Person, clock: Clock, people: Iterable[Person] = CAST) -> None:
        self.bot = bot
        self.name = "Sandbox"
        self.domain = "sandbox"
        self.version = 0
        self.people = {person.id: person for person in (*people, bot)}
        self.known_by_id = {person.id: person for person in KNOWN_BY_ID}
        self.conversations: dict[str, Conversation] = {}
        self.user_groups: dict[str, UserGroup] = {}
        self._clock = clock
        self._messages: dict[str, list[Message]] = {}
        self._read_until: dict[tuple[str, str], int] = {}
        self._stacks: dict[str, tuple[View, ...]] = {}
        self._homes: dict[str, View] = {}
        self._listeners: list[Callable[[], None]] = []
        self._numbers = count(1)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each change."""
        self._listeners.append(listener)

    def change(self) -> None:
        """Say that something somebody sees is different now."""
        self.version += 1
        for listener in list(self._listeners):
            listener()

    # People and conversations

    def add_conversation(self, conversation: Conversation) -> None:
        self.conversations[conversation.id] = conversation
        self._messages[conversation.id] = []
        self.change()

    def find_dm(self, one: str, other: str) -> Conversation | None:
        """The direct message between two users, if they have one."""
        members = frozenset((one, other))
        dms = (each for each in self.conversations.values() if each.kind is ConversationKind.DM)
        return next((each for each in dms if each.members == members), None)

    def dm(self, one: str, other: str) -> Conversation:
        """The direct message between two users; it is opened when there is none yet."""
        found = self.find_dm(one, other)
        if found is not None:
            return found
        names = "".join(sorted(user_id.removeprefix("U0") for user_id in {one, other} - {self.bot.id}))
        opened = Conversation(id=f"D0{names}", name="", kind=ConversationKind.DM, members=frozenset((one, other)))
        self.add_conversation(opened)
        return opened

    def find_channel(self, name: str) -> Conversation | None:
        """The channel of this name."""
        channels = (each for each in self.conversations.values() if each.kind is ConversationKind.CHANNEL)
        return next((each for each in channels if each.name == name), None)

    def conversations_of(self, user_id: str) -> list[Conversation]:
        """Where somebody reads and writes: nowhere once they are deactivated."""
        if self.people[user_id].is_deactivated:
            return []
        return [each for each in self.conversations.values() if user_id in each.members]

    def speaks(self, user_id: str, locale: str) -> None:
        """Somebody chooses another language for their Slack."""
        self.people[user_id] = replace(self.people[user_id], locale=locale)

    def deactivate(self, user_id: str) -> None:
        """Take somebody out of the workspace: its channels lose them, what they wrote and were written stays."""
        self.people[user_id] = replace(self.people[user_id], is_deactivated=True)
        for each in list(self.conversations.values()):
            if each.kind is ConversationKind.CHANNEL:
                self.conversations[each.id] = replace(each, members=each.members - {user_id})
        self.set_modals(user_id, [])

    # Messages

    def post(
        self,
        channel_id: str,
        *,
        user_id: str,
        text: str,
        blocks: list[JsonObject] | None = None,
        only_for: str | None = None,
        thread: Message | None = None,
    ) -> Message:
        message = Message(
            ts=f"{int(self._clock.now())}.{next(self._numbers):06d}",
            channel_id=channel_id,
            user_id=user_id,
            name="Slackbot" if user_id == SLACKBOT_ID else self.people[user_id].name,
            is_app=user_id in (SLACKBOT_ID, self.bot.id),
            text=text,
            blocks=blocks,
            only_for=only_for,
            thread=thread,
        )
        self._messages[channel_id].append(message)
        self.change()
        return message

    def find_message(self, channel_id: str, ts: str) -> Message | None:
        for message in self._messages.get(channel_id, ()):
            if message.ts == ts:
                return message
        return None

    def edit(self, message: Message, *, text: str, blocks: list[JsonObject] | None) -> Message:
        edited = replace(message, text=text, blocks=blocks, is_edited=True)
        kept = self._messages[message.channel_id]
        kept[:] = [edited if each.ts == message.ts else each for each in kept]
        self.change()
        return edited

    def delete(self, messages: Iterable[Message]) -> None:
        for message in messages:
            kept = self._messages[message.channel_id]
            kept[:] = [each for each in kept if each.ts != message.ts]
        self.change()

    def seen_by(self, user_id: str, channel_id: str) -> list[Message]:
        """What this user sees in a conversation, oldest first: other people's ephemerals are not there."""
        if user_id not in self.conversations[channel_id].members:
            return []
        return [each for each in self._messages[channel_id] if each.only_for in (None, user_id)]

    def count_unread(self, user_id: str, channel_id: str) -> int:
        read = self._read_until.get((user_id, channel_id), 0)
        return sum(1 for each in self.seen_by(user_id, channel_id) if _number(each) > read and each.user_id != user_id)

    def mark_read(self, user_id: str, channel_id: str) -> None:
        seen = self.seen_by(user_id, channel_id)
        self._read_until[user_id, channel_id] = max(map(_number, seen), default=0)
        self.change()

    # Views

    def modals(self, user_id: str) -> tuple[View, ...]:
        """A user's stack of modals, bottom to top."""
        return self._stacks.get(user_id, ())

    def set_modals(self, user_id: str, stack: Iterable[View]) -> None:
        self._stacks[user_id] = tuple(stack)
        self.change()

    def home(self, user_id: str) -> View | None:
        return self._homes.get(user_id)

    def find_view(self, *, view_id: str = "", external_id: str = "") -> View | None:
        """An open modal or a home, by either id."""
        everything = [view for stack in self._stacks.values() for view in stack] + list(self._homes.values())
        for view in everything:
            if (view_id and view.id == view_id) or (external_id and view.external_id == external_id):
                return view
        return None

    def put_view(self, view: View) -> None:
        """Keep ``view`` in place of the one with its id; one that was closed meanwhile stays closed."""
        if view.content["type"] == "home":
            self._homes[view.user_id] = view
        else:
            stack = self._stacks.get(view.user_id, ())
            self._stacks[view.user_id] = tuple(view if each.id == view.id else each for each in stack)
        self.change()


def _number(message: Message) -> int:
    return int(message.ts.split(".")[1])
