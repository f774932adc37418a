"""Who may do what, and which changes of state there are. Pure: no I/O, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.models import Actor, ApprovalState, Lookup, Problem, Request, State, Through

APPROVAL_TRANSITIONS: Mapping[ApprovalState | None, frozenset[ApprovalState]] = {
    None: frozenset({ApprovalState.NOT_NEEDED, ApprovalState.AWAITING}),
    ApprovalState.NOT_NEEDED: frozenset(),
    ApprovalState.AWAITING: frozenset(
        {ApprovalState.APPROVED, ApprovalState.DENIED, ApprovalState.WITHDRAWN, ApprovalState.EXPIRED}
    ),
    ApprovalState.APPROVED: frozenset({ApprovalState.LAPSED}),
    ApprovalState.DENIED: frozenset(),
    ApprovalState.WITHDRAWN: frozenset(),
    ApprovalState.EXPIRED: frozenset(),
    ApprovalState.LAPSED: frozenset(),
}
"""From each state (``None``: not recorded yet), the states the approval of a request may go to next."""

TRANSITIONS: Mapping[State | None, frozenset[State]] = {
    None: frozenset({State.REJECTED, State.QUEUED, State.HELD}),
    State.HELD: frozenset({State.QUEUED, State.DROPPED}),
    # One that follows another lookup goes from here to wherever that one ends.
    State.QUEUED: frozenset(
        {
            State.CALLING,
            State.ANSWERED,
            State.REFUSED,
            State.FAILED,
            State.INTERRUPTED,
            State.REJECTED,
            State.DROPPED,
        }
    ),
    State.CALLING: frozenset({State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED}),
    State.ANSWERED: frozenset(),
    State.REFUSED: frozenset(),
    State.FAILED: frozenset(),
    # Its process was taken for dead, and its ID came after all: it is what somebody waits for.
    State.INTERRUPTED: frozenset({State.ANSWERED}),
    State.REJECTED: frozenset(),
    State.DROPPED: frozenset(),
}
"""From each state (``None``: not recorded yet), the states a lookup may go to next."""

FINAL = frozenset({State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED, State.REJECTED, State.DROPPED})
"""Here a lookup is not worked on any more."""

ENDS_UNUSED = frozenset({ApprovalState.DENIED, ApprovalState.WITHDRAWN, ApprovalState.EXPIRED, ApprovalState.LAPSED})
"""With these the lookups of a request that are still held are dropped."""


STATE_AFTER: Mapping[Problem, State] = {
    # No word from the API about the number, or none that helps.
    Problem.THROTTLED: State.FAILED,
    Problem.SERVICE_TROUBLE: State.FAILED,
    Problem.NO_ANSWER: State.FAILED,
    Problem.NOT_TRUSTED: State.FAILED,
    Problem.HOST_UNKNOWN: State.FAILED,
    Problem.PROXY_REFUSED: State.FAILED,
    Problem.NO_RESOLVER: State.FAILED,
    Problem.NO_CONNECTION: State.FAILED,
    Problem.UNREADABLE: State.FAILED,
    Problem.NO_ID: State.FAILED,
    Problem.NOT_SENDABLE: State.FAILED,
    Problem.INTERNAL: State.FAILED,
    # The API said no.
    Problem.NONCE_USED: State.REFUSED,
    Problem.TOKEN_EXPIRED: State.REFUSED,
    Problem.NOT_SUBSCRIBED: State.REFUSED,
    Problem.NOT_AUTHORIZED: State.REFUSED,
    Problem.ACCOUNT_BLOCKED: State.REFUSED,
    Problem.NO_SUCH_OPERATION: State.REFUSED,
    Problem.NOT_YOURS: State.REFUSED,
    Problem.BAD_NUMBER: State.REFUSED,
    Problem.BAD_REQUEST: State.REFUSED,
    Problem.BAD_CREDENTIALS: State.REFUSED,
    Problem.CLOCK_OFF: State.REFUSED,
    Problem.UNKNOWN_CODE: State.REFUSED,
    # The process ended.
    Problem.PROCESS_ENDED: State.INTERRUPTED,
    # Its agent stopped the request.
    Problem.STOPPED: State.DROPPED,
    # Nobody was asked.
    Problem.NOT_ALLOWED: State.REJECTED,
    Problem.GUEST: State.REJECTED,
    Problem.OUTSIDER: State.REJECTED,
    Problem.WHO_UNKNOWN: State.REJECTED,
    Problem.SCOPE_MISSING: State.REJECTED,
    Problem.SLACK_FORBIDS: State.REJECTED,
    Problem.NOT_A_MEMBER: State.REJECTED,
    Problem.NOT_AN_APPROVER: State.REJECTED,
    Problem.OWN_REQUEST: State.REJECTED,
    Problem.NOT_YOUR_REQUEST: State.REJECTED,
    Problem.CLOCK_UNSURE: State.REJECTED,
    Problem.TOO_MANY_GUESSES: State.REJECTED,
    Problem.AGENT_MAY_NOT_ASK: State.REJECTED,
    Problem.CARD_OUTDATED: State.REJECTED,
    Problem.TOO_MANY_OPEN: State.REJECTED,
}
"""The state each problem ends a lookup in."""


class Action(StrEnum):
    """What somebody can do to a request that is there."""

    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"
    ENTER_CODE = "enter code"
    SHOW_ID = "show id"
    SEE_DETAILS = "see details"
    STOP = "stop"
    SHOW_RESULTS = "show results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """The states that an action needs; ``None``: any."""

    approval: ApprovalState | None = None
    lookups: frozenset[State] | None = None
    """At least one lookup has to be in one of these."""


ALLOWED_IN: Mapping[Action, Needed] = {
    Action.APPROVE: Needed(approval=ApprovalState.AWAITING),
    Action.DENY: Needed(approval=ApprovalState.AWAITING),
    Action.WITHDRAW: Needed(approval=ApprovalState.AWAITING),
    Action.ENTER_CODE: Needed(approval=ApprovalState.APPROVED, lookups=frozenset({State.HELD})),
    Action.SHOW_ID: Needed(lookups=frozenset({State.ANSWERED})),
    Action.SEE_DETAILS: Needed(),
    Action.STOP: Needed(lookups=frozenset({State.QUEUED, State.CALLING})),
    Action.SHOW_RESULTS: Needed(),
}

APPROVERS_ACTIONS = frozenset({Action.APPROVE, Action.DENY, Action.SEE_DETAILS})
"""Everything else is for the agent who asked."""

DECISIONS = frozenset({Action.APPROVE, Action.DENY})

ABOUT_APPROVALS = frozenset({Action.APPROVE, Action.DENY, Action.WITHDRAW, Action.ENTER_CODE})
"""What cannot be done to a request that needed no approval."""


def is_final(state: State) -> bool:
    """Whether a lookup in this state is not worked on any more."""
    return state in FINAL


def has_ended(lookups: Iterable[Lookup]) -> bool:
    """Whether none of these is worked on any more."""
    return all(is_final(each.state) for each in lookups)


def check_transition(from_state: State | None, to_state: State) -> None:
    """Raise ``ValueError`` when there is no such change: a mistake in our code, never a user's."""
    if to_state not in TRANSITIONS[from_state]:
        raise ValueError(f"no lookup goes from {from_state} to {to_state}")


def check_approval_transition(from_state: ApprovalState | None, to_state: ApprovalState) -> None:
    """The same for the approval of a request."""
    if to_state not in APPROVAL_TRANSITIONS[from_state]:
        raise ValueError(f"no approval goes from {from_state} to {to_state}")


class Membership(StrEnum):
    """What a person is to this workspace."""

    FULL = "full"
    GUEST = "guest"
    OUTSIDER = "outsider"
    UNKNOWN = "unknown"
    """Slack could not be asked, or does not say that they are an active full member: treated as a no."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What Slack says of one person."""

    membership: Membership
    groups: frozenset[str] = frozenset()
    """Those of the usergroups in the settings that they are in; one that Slack could not be asked about is left out."""
    doubt: Problem | None = None
    """Why Slack could not be asked about them, or about a usergroup; ``None``: it answered."""


@dataclass(frozen=True, slots=True)
class Audience:
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


EVERYONE = Audience(is_everyone=True)
NOBODY = Audience()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings' rules."""

    agents: Audience = EVERYONE
    trusted: Audience = NOBODY
    approvers: Audience = NOBODY
    needs_approval: bool = False
    open_requests: int = 20
    """How many requests of one agent may wait for a decision, or for their code, at a time."""

    @property
    def group_ids(self) -> frozenset[str]:
        """The usergroups any rule names."""
        return self.agents.group_ids | self.trusted.group_ids | self.approvers.group_ids


class Rule(StrEnum):
    """Which rule a decision rests on; the words for each are in ``bot.texts.permissions``."""

    COMMAND_LINE = "command line"
    NOT_A_MEMBER = "not a member"
    NOT_AN_AGENT = "not an agent"
    UNCERTAIN = "uncertain"
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
    if problem := _problem_of(standing):
        return Decision(Verdict.MAY_NOT, Rule.NOT_A_MEMBER, problem)
    if not policy.agents.holds(actor, standing):
        doubt = _doubt_about(policy.agents, standing)
        rule = Rule.UNCERTAIN if doubt else Rule.NOT_AN_AGENT
        return Decision(Verdict.MAY_NOT, rule, doubt or Problem.NOT_ALLOWED)
    if not policy.needs_approval:
        return Decision(Verdict.MAY, Rule.NO_APPROVALS)
    if policy.trusted.holds(actor, standing):
        return Decision(Verdict.MAY, Rule.TRUSTED)
    return Decision(Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS)


def problem_with(action: Action, *, actor: Actor, standing: Standing, agent: Actor, policy: Policy) -> Problem | None:
    """Why this person may not do that to a request of ``agent``'s; ``None``: they may, if its state allows it."""
    # By the user id alone, which is more than ``Actor.is_same_person``: nobody decides on their own request, whichever
    # team it came through. Whoever has the same id in another workspace is stopped by their membership.
    is_own = actor.user_id == agent.user_id
    if problem := _problem_of(standing):
        return problem
    if action not in APPROVERS_ACTIONS:
        return None if is_own else Problem.NOT_YOUR_REQUEST
    if not policy.approvers.holds(actor, standing):
        return _doubt_about(policy.approvers, standing) or Problem.NOT_AN_APPROVER
    if is_own and action is not Action.SEE_DETAILS:
        return Problem.OWN_REQUEST
    return None


def is_possible(action: Action, request: Request) -> bool:
    """Whether a request's state allows that, whoever does it."""
    needed = ALLOWED_IN[action]
    is_approval_right = needed.approval in (None, request.approval.state)
    return is_approval_right and (needed.lookups is None or request.is_any(*needed.lookups))


def _problem_of(standing: Standing) -> Problem | None:
    problem = _PROBLEMS[standing.membership]
    return standing.doubt or problem if standing.membership is Membership.UNKNOWN else problem


def _doubt_about(audience: Audience, standing: Standing) -> Problem | None:
    """Why it is not certain that somebody is not in it."""
    return standing.doubt if audience.group_ids else None


UNCERTAIN = frozenset({Problem.WHO_UNKNOWN, Problem.SCOPE_MISSING, Problem.SLACK_FORBIDS})
"""Slack did not say who somebody is: what they wanted has to wait."""

_PROBLEMS: Mapping[Membership, Problem | None] = {
    Membership.FULL: None,
    Membership.GUEST: Problem.GUEST,
    Membership.OUTSIDER: Problem.OUTSIDER,
    Membership.UNKNOWN: Problem.NOT_A_MEMBER,
}
