"""The truth table: every kind of person and action, every action and state: allowed, or exactly which no."""

from dataclasses import dataclass
from itertools import product

import pytest

from bot.models import NOT_NEEDED, Actor, Approval, ApprovalState, Problem, State, Through
from bot.policy import (
    ALLOWED_IN,
    APPROVERS_ACTIONS,
    Action,
    Audience,
    Membership,
    Policy,
    Standing,
    is_possible,
    problem_with,
)
from tests.values import request

TEAM, PARTNER = "T0SANDBOX", "T0PARTNER"
LEADS = frozenset({"S0LEADS"})
AGENT = Actor(team_id=TEAM, user_id="U0ANA", through=Through.SLACK)


def policy_with(*listed: str) -> Policy:
    """Those listed decide, and so does whoever is in the usergroup of leads."""
    return Policy(approvers=Audience(user_ids=frozenset(listed), group_ids=LEADS), needs_approval=True)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody, and what stands in their way for each action; ``None``: nothing does."""

    user_id: str
    membership: Membership = Membership.FULL
    groups: frozenset[str] = frozenset()
    is_listed: bool = False
    team_id: str = TEAM
    through: Through = Through.SLACK
    deciding: Problem | None
    details: Problem | None
    own: Problem | None
    """For what only the request's agent does."""

    def problem(self, action: Action) -> Problem | None:
        match action:
            case Action.APPROVE | Action.DENY:
                return self.deciding
            case Action.SEE_DETAILS:
                return self.details
            case Action.WITHDRAW | Action.ENTER_CODE | Action.SHOW_ID | Action.STOP | Action.SHOW_RESULTS:
                return self.own


def never(user_id: str, problem: Problem, **facts: object) -> Person:
    """Somebody whom the same thing keeps from everything."""
    return Person(user_id=user_id, deciding=problem, details=problem, own=problem, **facts)  # type: ignore[arg-type]  # the facts are Person's own fields


NOT_AN_APPROVER, NOT_YOURS = Problem.NOT_AN_APPROVER, Problem.NOT_YOUR_REQUEST
PEOPLE = {
    "the agent": Person(user_id="U0ANA", deciding=NOT_AN_APPROVER, details=NOT_AN_APPROVER, own=None),
    "another member": Person(user_id="U0BOB", deciding=NOT_AN_APPROVER, details=NOT_AN_APPROVER, own=NOT_YOURS),
    "an approver": Person(user_id="U0LEE", is_listed=True, deciding=None, details=None, own=NOT_YOURS),
    "an approver by usergroup": Person(user_id="U0KIM", groups=LEADS, deciding=None, details=None, own=NOT_YOURS),
    "an approver who is the agent": Person(
        user_id="U0ANA", is_listed=True, deciding=Problem.OWN_REQUEST, details=None, own=None
    ),
    "an approver by usergroup who is the agent": Person(
        user_id="U0ANA", groups=LEADS, deciding=Problem.OWN_REQUEST, details=None, own=None
    ),
    "a guest": never("U0GUS", Problem.GUEST, membership=Membership.GUEST),
    "a guest who is listed": never("U0GUS", Problem.GUEST, membership=Membership.GUEST, is_listed=True),
    "the agent, a guest since": never("U0ANA", Problem.GUEST, membership=Membership.GUEST),
    "an outsider": never("U0OLU", Problem.OUTSIDER, membership=Membership.OUTSIDER, team_id=PARTNER),
    "an outsider who is listed": never(
        "U0OLU", Problem.OUTSIDER, membership=Membership.OUTSIDER, team_id=PARTNER, is_listed=True
    ),
    "the agent's id from another team": never(
        "U0ANA", Problem.OUTSIDER, membership=Membership.OUTSIDER, team_id=PARTNER
    ),
    "somebody who left, listed": never("U0IDA", Problem.NOT_A_MEMBER, membership=Membership.UNKNOWN, is_listed=True),
    "the agent of whom Slack says nothing": never("U0ANA", Problem.NOT_A_MEMBER, membership=Membership.UNKNOWN),
    # Nobody decides there; Slack vouches for nobody who is not in Slack.
    "the command line": never(
        "root", Problem.NOT_A_MEMBER, membership=Membership.UNKNOWN, team_id="host", through=Through.COMMAND_LINE
    ),
}

POSSIBLE: dict[Action, tuple[set[ApprovalState], set[State]]] = {
    Action.APPROVE: ({ApprovalState.AWAITING}, set(State)),
    Action.DENY: ({ApprovalState.AWAITING}, set(State)),
    Action.WITHDRAW: ({ApprovalState.AWAITING}, set(State)),
    Action.ENTER_CODE: ({ApprovalState.APPROVED}, {State.HELD}),
    Action.SHOW_ID: (set(ApprovalState), {State.ANSWERED}),
    Action.SEE_DETAILS: (set(ApprovalState), set(State)),
    Action.STOP: (set(ApprovalState), {State.QUEUED, State.CALLING}),
    Action.SHOW_RESULTS: (set(ApprovalState), set(State)),
}
"""In which states of the approval, and of any of the lookups."""


@pytest.mark.parametrize(("who", "action"), list(product(PEOPLE, Action)))
def test_the_policy_says_for_each_person_and_action(who: str, action: Action) -> None:
    person = PEOPLE[who]
    problem = problem_with(
        action,
        actor=Actor(team_id=person.team_id, user_id=person.user_id, through=person.through),
        standing=Standing(person.membership, person.groups),
        agent=AGENT,
        policy=policy_with(*([person.user_id] if person.is_listed else [])),
    )
    assert problem is person.problem(action)


@pytest.mark.parametrize(("action", "approval", "state"), list(product(Action, ApprovalState, State)))
def test_the_state_of_a_request_allows_what_the_table_says(
    action: Action, approval: ApprovalState, state: State
) -> None:
    approvals, states = POSSIBLE[action]
    is_needed = approval is not ApprovalState.NOT_NEEDED
    of = request(3, State.REFUSED, state, State.REFUSED, approval=Approval(state=approval) if is_needed else NOT_NEEDED)
    has_any = bool({State.REFUSED, state} & states)
    assert is_possible(action, of) == (approval in approvals and has_any)


def test_the_table_is_complete() -> None:
    assert set(ALLOWED_IN) == set(POSSIBLE) == set(Action)
    assert {person.membership for person in PEOPLE.values()} == set(Membership)
    problems = {person.problem(action) for person in PEOPLE.values() for action in Action}
    assert problems == {
        None,
        Problem.GUEST,
        Problem.OUTSIDER,
        Problem.NOT_A_MEMBER,
        Problem.NOT_AN_APPROVER,
        Problem.OWN_REQUEST,
        Problem.NOT_YOUR_REQUEST,
    }
    assert {action for action in Action if PEOPLE["an approver"].problem(action) is None} == APPROVERS_ACTIONS
    assert all(approvals and states for approvals, states in POSSIBLE.values()), "an action that is never possible"
