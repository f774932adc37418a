"""What the use cases need from the outside, as narrow as they need it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol, TypeVar

from pydantic import SecretStr

from bot.models import Actor, LookupId, PhoneNumber, Result
from bot.policy import Standing
from bot.tickets import Call, Outlook, Ticket

T = TypeVar("T")


class Clock(Protocol):
    """Time, given from outside so that tests own it."""

    def now(self) -> float:
        """Unix seconds (UTC)."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow; for durations."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Moment(NamedTuple):
    """The time by which things expire and are forgotten (Unix seconds), and whether it can be believed."""

    now: float
    is_trusted: bool
    latest: float
    """The same, or what others say it is if they contradict it and are ahead: what is over by that does not go on."""


class Timekeeper(Protocol):
    """Tells the time for what cannot be taken back."""

    async def moment(self) -> Moment:
        """The time now. While it is not trusted nothing ends for its age, and nothing past its time goes on."""
        ...


class Reading(NamedTuple):
    """The time that processes share, once read: seconds that grow, from whenever they count."""

    at: float
    """That time."""
    asked: float
    """Our own monotonic time before it was read,"""
    told: float
    """and after."""
    drift: float
    """Seconds by which the two clocks may go apart in a second; 0: it is our own clock."""


class SharedState(Protocol):
    """A text that processes share: read and changed by one of them at a time."""

    async def change(self, think: Callable[[str, Reading], tuple[str, T]]) -> T:
        """Give the text (empty at first) and the time to ``think``; keep what it returns first, return what second.

        ``think`` may be called several times, and on another thread. Raises ``StoreUnavailable``.
        """
        ...


class Quota(Protocol):
    """The account's calls per second."""

    def turn(self, ticket: Ticket, *, before: Callable[[], Awaitable[None]]) -> AbstractAsyncContextManager[Call]:
        """Wait for a free slot, hold it during the block, and give it back after it.

        One turn is one request on the wire: every attempt takes its own, and signs only inside it. ``before`` is done
        when the slot is certain and the block is about to begin.
        """
        ...

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        """What whoever waits for this lookup's turn can expect; ``None`` when it waits for none."""
        ...


class PhoneIdApi(Protocol):
    """Alibaba Cloud's ``GetPreValidatePhoneId``."""

    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Result:
        """The ID of a pre-validated number.

        Each attempt happens inside its own ``turn()``. Raises ``ApiError`` when there is no ID, after the retries the
        policy allows.
        """
        ...


class People(Protocol):
    """What Slack knows of people."""

    async def standing(self, actor: Actor, workspace: str | None = None, *, within: float | None = None) -> Standing:
        """What somebody is to a workspace, by its id; by default to any where the app is. Nobody Slack does not vouch
        for is a member of anything.

        ``within``: seconds that the answer may be old; without it as long as answers are remembered.
        """
        ...

    async def find_workspace(self, actor: Actor, workspace: str) -> str:
        """Where somebody does what names no workspace, or their first one wherever they do it; the same ``workspace``
        where that is not certain.
        """
        ...

    async def has_left(self, actor: Actor, workspace: str | None = None) -> bool:
        """Whether Slack says that somebody who was a member is none any more; ``False`` while it does not say."""
        ...
