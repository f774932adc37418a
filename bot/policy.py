"""Who may do what, and which changes of state there are. Pure: no I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.models import Actor, Lookup, Problem, State, Through

# --- what the state allows --------------------------------------------------------------------------------------------

TRANSITIONS: Mapping[State | None, frozenset[State]] = {
    None: frozenset({State.REJECTED, State.QUEUED, State.AWAITING}),
    State.REJECTED: frozenset(),
    State.AWAITING: frozenset({State.APPROVED, State.DENIED, State.WITHDRAWN, State.EXPIRED}),
    State.APPROVED: frozenset({State.QUEUED, State.LAPSED}),
    State.DENIED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.EXPIRED: frozenset(),
    State.LAPSED: frozenset(),
    State.QUEUED: frozenset({State.CALLING, State.REJECTED, State.FAILED, State.INTERRUPTED}),
    State.CALLING: frozenset({State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED}),
    State.ANSWERED: frozenset(),
    State.REFUSED: frozenset(),
    State.FAILED: frozenset(),
    State.INTERRUPTED: frozenset(),
}
"""From each state (``None``: not recorded yet), the states a lookup may go to next."""


class Action(StrEnum):
    """What somebody can do to a lookup that is there."""

    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"
    ENTER_CODE = "enter code"
    SHOW_ID = "show id"
    SEE_DETAILS = "see details"
    STOP = "stop"
    SHOW_RESULTS = "show results"


ALLOWED_IN: Mapping[Action, frozenset[State]] = {
    Action.APPROVE: frozenset({State.AWAITING}),
    Action.DENY: frozenset({State.AWAITING}),
    Action.WITHDRAW: frozenset({State.AWAITING}),
    Action.ENTER_CODE: frozenset({State.APPROVED}),
    Action.SHOW_ID: frozenset({State.ANSWERED}),
    Action.SEE_DETAILS: frozenset(State),
    Action.STOP: frozenset({State.QUEUED, State.CALLING}),
    Action.SHOW_RESULTS: frozenset(State),
}

APPROVERS_ACTIONS = frozenset({Action.APPROVE, Action.DENY, Action.SEE_DETAILS})
"""Everything else is for the lookup's own agent."""


def is_final(state: State) -> bool:
    """Whether nothing can happen to a lookup in this state any more."""
    return not TRANSITIONS[state]


def check_transition(from_state: State | None, to_state: State) -> None:
    """Raise ``ValueError`` when there is no such change: a mistake in our code, never a user's."""
    if to_state not in TRANSITIONS[from_state]:
        raise ValueError(f"no lookup goes from {from_state} to {to_state}")


# --- who --------------------------------------------------------------------------------------------------------------


class Membership(StrEnum):
    """What a person is to this workspace."""

    FULL = "full"
    GUEST = "guest"
    OUTSIDER = "outsider"
    UNKNOWN = "unknown"
    """Slack could not be asked, or does not know them: treated as a no."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What Slack says of one person."""

    membership: Membership
    groups: frozenset[str] = frozenset()
    """Those of the usergroups in the settings that they are in; one that Slack could not be asked about is left out."""


@dataclass(frozen=True, slots=True)
class Circle:
    """Some people, by the ids of users and of usergroups, or everyone."""

    user_ids: frozenset[str] = frozenset()
    group_ids: frozenset[str] = frozenset()
    is_everyone: bool = False

    @property
    def ids(self) -> str:
        """As the settings list them."""
        return "everyone" if self.is_everyone else ", ".join([*sorted(self.group_ids), *sorted(self.user_ids)])

    def holds(self, actor: Actor, standing: Standing) -> bool:
        return self.is_everyone or actor.user_id in self.user_ids or bool(self.group_ids & standing.groups)


EVERYONE = Circle(is_everyone=True)
NOBODY = Circle()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings' rules."""

    agents: Circle = EVERYONE
    trusted: Circle = NOBODY
    approvers: Circle = NOBODY
    needs_approval: bool = False

    @property
    def group_ids(self) -> frozenset[str]:
        """The usergroups any rule names."""
        return self.agents.group_ids | self.trusted.group_ids | self.approvers.group_ids


# --- may they ask -----------------------------------------------------------------------------------------------------


class Rule(StrEnum):
    """Which rule a decision rests on; the words for each are in ``bot.texts.approvals``."""

    COMMAND_LINE = "command line"
    NOT_A_MEMBER = "not a member"
    NOT_AN_AGENT = "not an agent"
    NO_APPROVALS = "no approvals"
    TRUSTED = "trusted"
    APPROVALS = "approvals"
    GUESSES = "guesses"


class Verdict(StrEnum):
    MAY = "may"
    MAY_WITH_APPROVAL = "may with approval"
    MAY_NOT = "may not"


@dataclass(frozen=True, slots=True)
class Decision:
    """May this person ask? ``problem`` is why not; ``None`` means they may, perhaps with approval."""

    verdict: Verdict
    rule: Rule
    problem: Problem | None = None
    wait_until: float | None = None
    """Unix seconds: when they may again; ``None`` where waiting does not help."""


YES = Decision(Verdict.MAY, Rule.COMMAND_LINE)


def decide(actor: Actor, standing: Standing, policy: Policy) -> Decision:
    """Whether ``actor`` may ask for an ID, and whether somebody must approve it.

    Whoever runs the command line holds the account's own credentials; there is nothing more to protect from them. Their
    lookups are recorded like any other.
    """
    if actor.through is Through.COMMAND_LINE:
        return YES
    if problem := _problem_of(standing.membership):
        return Decision(Verdict.MAY_NOT, Rule.NOT_A_MEMBER, problem)
    if not policy.agents.holds(actor, standing):
        return Decision(Verdict.MAY_NOT, Rule.NOT_AN_AGENT, Problem.NOT_ALLOWED)
    if not policy.needs_approval:
        return Decision(Verdict.MAY, Rule.NO_APPROVALS)
    if policy.trusted.holds(actor, standing):
        return Decision(Verdict.MAY, Rule.TRUSTED)
    return Decision(Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS)


# --- may they do that -------------------------------------------------------------------------------------------------


def problem_with(action: Action, *, actor: Actor, standing: Standing, lookup: Lookup, policy: Policy) -> Problem | None:
    """Why this person may not do that to this lookup; ``None`` means they may, if its state allows it."""
    is_own = (
        actor.user_id == lookup.agent.user_id
    )  # ids are one person's; another team's people end at their membership
    if problem := _problem_of(standing.membership):
        return problem
    if action not in APPROVERS_ACTIONS:
        return None if is_own else Problem.NOT_YOUR_REQUEST
    if not policy.approvers.holds(actor, standing):
        return Problem.NOT_AN_APPROVER
    if is_own and action is not Action.SEE_DETAILS:
        return Problem.OWN_REQUEST
    return None


def is_possible(action: Action, state: State) -> bool:
    """Whether a lookup's state allows that, whoever does it."""
    return state in ALLOWED_IN[action]


def _problem_of(membership: Membership) -> Problem | None:
    return _PROBLEMS[membership]


_PROBLEMS: Mapping[Membership, Problem | None] = {
    Membership.FULL: None,
    Membership.GUEST: Problem.GUEST,
    Membership.OUTSIDER: Problem.OUTSIDER,
    Membership.UNKNOWN: Problem.WHO_UNKNOWN,
}
