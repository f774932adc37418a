"""How far a request for several numbers is."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.models import Lookup, Problem, Request, State
from bot.states import has_ended, is_final


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A request as it stands while it runs."""

    request: Request
    seconds: float | None = None
    """An estimate of how long the rest takes; ``None`` where there is none."""
    is_slow: bool = False
    """Whether an answer for one of its numbers takes so long that it should be said."""

    @property
    def ended(self) -> Sequence[Lookup]:
        return [each for each in self.request.lookups if is_final(each.state)]

    @property
    def answered(self) -> Sequence[Lookup]:
        return self.request.answered

    @property
    def is_over(self) -> bool:
        return has_ended(self.request.lookups)

    @property
    def is_stopped(self) -> bool:
        """Whether its agent stopped it; what was being called then may still be."""
        return any(each.result.problem is Problem.STOPPED for each in self.request.lookups)

    @property
    def has_stoppable(self) -> bool:
        """Whether anything is left that was not called yet."""
        return self.request.is_any(State.QUEUED)
