"""Who may ask, and which changes of state there are. Pure: no I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.models import Actor, Problem, State, Through

TRANSITIONS: Mapping[State | None, frozenset[State]] = {
    None: frozenset({State.REJECTED, State.QUEUED}),
    State.REJECTED: frozenset(),
    State.QUEUED: frozenset({State.CALLING, State.FAILED, State.INTERRUPTED}),
    State.CALLING: frozenset({State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED}),
    State.ANSWERED: frozenset(),
    State.REFUSED: frozenset(),
    State.FAILED: frozenset(),
    State.INTERRUPTED: frozenset(),
}
"""From each state (``None``: not recorded yet), the states a lookup may go to next."""


def is_final(state: State) -> bool:
    """Whether nothing can happen to a lookup in this state any more."""
    return not TRANSITIONS[state]


def check_transition(from_state: State | None, to_state: State) -> None:
    """Raise ``ValueError`` when there is no such change: a mistake in our code, never a user's."""
    if to_state not in TRANSITIONS[from_state]:
        raise ValueError(f"no lookup goes from {from_state} to {to_state}")


class Membership(StrEnum):
    """What a person is to this workspace."""

    FULL = "full"
    GUEST = "guest"
    OUTSIDER = "outsider"
    UNKNOWN = "unknown"
    """Slack could not be asked, or does not know them: treated as a no."""


@dataclass(frozen=True, slots=True)
class Agents:
    """Who may ask: everyone who is a full member, or the listed user ids."""

    user_ids: frozenset[str] | None
    """``None`` means everyone; an empty set means nobody."""


@dataclass(frozen=True, slots=True)
class Decision:
    """May this person ask? ``problem`` is why not; ``None`` means yes."""

    problem: Problem | None

    @property
    def is_yes(self) -> bool:
        return self.problem is None


YES = Decision(None)


def decide(actor: Actor, membership: Membership, agents: Agents) -> Decision:
    """Whether ``actor`` may ask for an ID.

    Whoever runs the command line holds the account's own credentials; there is nothing more to protect from them. Their
    lookups are recorded like any other.
    """
    if actor.through is Through.COMMAND_LINE:
        return YES
    if membership is not Membership.FULL:
        return Decision(_PROBLEM_OF[membership])
    if agents.user_ids is not None and actor.user_id not in agents.user_ids:
        return Decision(Problem.NOT_ALLOWED)
    return YES


_PROBLEM_OF = {
    Membership.GUEST: Problem.GUEST,
    Membership.OUTSIDER: Problem.OUTSIDER,
    Membership.UNKNOWN: Problem.WHO_UNKNOWN,
}
