"""Who may do what, and in which states. Pure: no I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.models import Actor, ApprovalState, Problem, Request, State, Through


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
    if standing.membership is Membership.UNKNOWN:
        return standing.doubt or Problem.NOT_A_MEMBER
    return _PROBLEMS[standing.membership]


def _doubt_about(audience: Audience, standing: Standing) -> Problem | None:
    """Why it is not certain that somebody is not in it."""
    return standing.doubt if audience.group_ids else None


UNCERTAIN = frozenset({Problem.WHO_UNKNOWN, Problem.SCOPE_MISSING, Problem.SLACK_FORBIDS})
"""Slack did not say who somebody is: what they wanted has to wait."""

_PROBLEMS: Mapping[Membership, Problem | None] = {
    Membership.FULL: None,
    Membership.GUEST: Problem.GUEST,
    Membership.OUTSIDER: Problem.OUTSIDER,
}
