"""What stands beside the small Slack: the book of test numbers, the switches for trouble, the bot's process."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar


class Number(Protocol):
    """A test number the local API knows."""

    @property
    def phone(self) -> str: ...

    @property
    def code(self) -> str: ...

    @property
    def outcome(self) -> str: ...

    @property
    def explanation(self) -> str: ...


class Bot(Protocol):
    """The bot's process."""

    @property
    def running(self) -> bool: ...

    @property
    def pid(self) -> int | None: ...

    @property
    def restarts(self) -> int: ...

    async def kill(self) -> None: ...

    async def start(self) -> None: ...

    async def restart(self) -> None: ...


class Trouble(Protocol):
    """A way to misbehave."""

    @property
    def value(self) -> str: ...

    @property
    def label(self) -> str: ...


T = TypeVar("T", bound=Trouble)


class Troubled(Protocol[T]):
    """Something that misbehaves as told."""

    trouble: T


class Switch(Generic[T]):
    """A row of switches: ``Switch(slack, SlackTrouble)``."""

    def __init__(self, owner: Troubled[T], kinds: Iterable[T]) -> None:
        self._owner = owner
        self._kinds = {kind.value: kind for kind in kinds}

    @property
    def value(self) -> str:
        return self._owner.trouble.value

    @property
    def choices(self) -> list[dict[str, str]]:
        return [{"value": kind.value, "label": kind.label} for kind in self._kinds.values()]

    def choose(self, value: object) -> None:
        """Raises ``KeyError`` for a trouble there is not."""
        self._owner.trouble = self._kinds[str(value)]


class World:
    """Everything of the sandbox that is not Slack."""

    def __init__(self, *, book: Sequence[Number], switches: Mapping[str, Switch[Any]], bot: Bot | None) -> None:
        """``switches`` are for ``api`` and ``slack``; ``bot`` is ``None`` when it shares this process."""
        self.switches = switches
        self.bot = bot
        self._book = book

    def describe(self) -> dict[str, Any]:
        """As the page draws it."""
        return {
            "book": [
                {"phone": each.phone, "code": each.code, "outcome": each.outcome, "explanation": each.explanation}
                for each in self._book
            ],
            "trouble": {name: switch.value for name, switch in self.switches.items()},
            **{f"{name}_troubles": switch.choices for name, switch in self.switches.items()},
            "bot": {
                "running": self.bot.running if self.bot else True,
                "pid": self.bot.pid if self.bot else None,
                "restarts": self.bot.restarts if self.bot else 0,
                "can_kill": self.bot is not None,
            },
        }
