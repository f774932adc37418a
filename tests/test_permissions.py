"""The truth table: every kind of person, every action, every state: allowed, or exactly which no."""

from dataclasses import dataclass
from itertools import product

import pytest

from bot.models import Actor, Lookup, LookupId, PhoneNumber, Problem, Result, State, Through
from bot.policy import (
    ALLOWED_IN,
    APPROVERS_ACTIONS,
    Action,
    Circle,
    Membership,
    Policy,
    Standing,
    is_possible,
    problem_with,
)

TEAM, PARTNER = "T0SANDBOX", "T0PARTNER"
LEADS = frozenset({"S0LEADS"})
AGENT = Actor(team_id=TEAM, user_id="U0ANA", through=Through.SLACK)


def policy_with(*listed: str) -> Policy:
    """Those listed decide, and so does whoever is in the usergroup of leads."""
    return Policy(approvers=Circle(user_ids=frozenset(listed), group_ids=LEADS), needs_approval=True)


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
    """For what only the lookup's agent does."""

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
    "somebody who left, listed": never("U0IDA", Problem.WHO_UNKNOWN, membership=Membership.UNKNOWN, is_listed=True),
    "the agent while Slack is away": never("U0ANA", Problem.WHO_UNKNOWN, membership=Membership.UNKNOWN),
    # Nobody decides there; Slack vouches for nobody who is not in Slack.
    "the command line": never(
        "root", Problem.WHO_UNKNOWN, membership=Membership.UNKNOWN, team_id="host", through=Through.COMMAND_LINE
    ),
}

POSSIBLE = {
    Action.APPROVE: {State.AWAITING},
    Action.DENY: {State.AWAITING},
    Action.WITHDRAW: {State.AWAITING},
    Action.ENTER_CODE: {State.APPROVED},
    Action.SHOW_ID: {State.ANSWERED},
    Action.SEE_DETAILS: set(State),
    Action.STOP: {State.QUEUED, State.CALLING},
    Action.SHOW_RESULTS: set(State),
}


def lookup_in(state: State) -> Lookup:
    return Lookup(
        id=LookupId("L-7K3Q9FZ2"),
        state=state,
        agent=AGENT,
        phone=PhoneNumber("12025550115"),
        reason="ticket 7",
        channel_id="C0SUPPORT",
        created_at=0.0,
        updated_at=0.0,
        result=Result(),
    )


@pytest.mark.parametrize(("who", "action", "state"), list(product(PEOPLE, Action, State)))
def test_the_policy_says_for_each_person_action_and_state(who: str, action: Action, state: State) -> None:
    person = PEOPLE[who]
    problem = problem_with(
        action,
        actor=Actor(team_id=person.team_id, user_id=person.user_id, through=person.through),
        standing=Standing(person.membership, person.groups),
        lookup=lookup_in(state),
        policy=policy_with(*([person.user_id] if person.is_listed else [])),
    )
    assert problem is person.problem(action)
    assert is_possible(action, state) == (state in POSSIBLE[action])


def test_the_table_is_complete() -> None:
    assert set(ALLOWED_IN) == set(POSSIBLE) == set(Action)
    assert {person.membership for person in PEOPLE.values()} == set(Membership)
    problems = {person.problem(action) for person in PEOPLE.values() for action in Action}
    assert problems == {
        None,
        Problem.GUEST,
        Problem.OUTSIDER,
        Problem.WHO_UNKNOWN,
        Problem.NOT_AN_APPROVER,
        Problem.OWN_REQUEST,
        Problem.NOT_YOUR_REQUEST,
    }
    assert {action for action in Action if PEOPLE["an approver"].problem(action) is None} == APPROVERS_ACTIONS
    assert all(states for states in ALLOWED_IN.values()), "an action that is never possible"
