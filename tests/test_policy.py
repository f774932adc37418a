"""Who may ask, whether that needs approval, and which changes of state there are."""

import pytest

from bot.models import Actor, Problem, State, Through
from bot.policy import (
    EVERYONE,
    NOBODY,
    TRANSITIONS,
    Circle,
    Membership,
    Policy,
    Rule,
    Standing,
    Verdict,
    check_transition,
    decide,
    is_final,
)

ONLY_ANA = Circle(user_ids=frozenset({"U0ANA"}))
LEADS = Circle(group_ids=frozenset({"S0LEADS"}))
FULL = Standing(Membership.FULL)


def somebody(user_id: str = "U0ANA", through: Through = Through.SLACK) -> Actor:
    return Actor(team_id="T0SANDBOX", user_id=user_id, through=through)


@pytest.mark.parametrize(
    ("membership", "agents", "user_id", "problem"),
    [
        (Membership.FULL, EVERYONE, "U0ANA", None),
        (Membership.FULL, ONLY_ANA, "U0ANA", None),
        (Membership.FULL, ONLY_ANA, "U0LEE", Problem.NOT_ALLOWED),
        (Membership.FULL, ONLY_ANA, "U0AN", Problem.NOT_ALLOWED),  # a part of an id is nobody's
        (Membership.FULL, NOBODY, "U0ANA", Problem.NOT_ALLOWED),
        (Membership.GUEST, EVERYONE, "U0GUS", Problem.GUEST),
        (Membership.GUEST, ONLY_ANA, "U0ANA", Problem.GUEST),  # a list does not make a guest a member
        (Membership.OUTSIDER, EVERYONE, "U0OUT", Problem.OUTSIDER),
        (Membership.OUTSIDER, ONLY_ANA, "U0ANA", Problem.OUTSIDER),
        (Membership.UNKNOWN, EVERYONE, "U0ANA", Problem.WHO_UNKNOWN),  # fails closed
        (Membership.UNKNOWN, ONLY_ANA, "U0ANA", Problem.WHO_UNKNOWN),
    ],
)
@pytest.mark.parametrize("needs_approval", [False, True])
def test_who_may_ask(
    membership: Membership, agents: Circle, user_id: str, problem: Problem | None, *, needs_approval: bool
) -> None:
    policy = Policy(agents=agents, trusted=ONLY_ANA, needs_approval=needs_approval)
    decision = decide(somebody(user_id), Standing(membership), policy)
    assert decision.problem is problem
    assert (decision.verdict is Verdict.MAY_NOT) == (problem is not None)


@pytest.mark.parametrize(
    ("trusted", "groups", "needs_approval", "verdict", "rule"),
    [
        (NOBODY, frozenset(), False, Verdict.MAY, Rule.NO_APPROVALS),
        (NOBODY, frozenset(), True, Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS),
        (ONLY_ANA, frozenset(), False, Verdict.MAY, Rule.NO_APPROVALS),
        (ONLY_ANA, frozenset(), True, Verdict.MAY, Rule.TRUSTED),
        (LEADS, frozenset({"S0LEADS"}), True, Verdict.MAY, Rule.TRUSTED),
        (LEADS, frozenset(), True, Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS),  # e.g. Slack does not say who is in it
        (LEADS, frozenset({"S0OTHERS"}), True, Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS),
    ],
)
def test_who_needs_approval(
    trusted: Circle, groups: frozenset[str], verdict: Verdict, rule: Rule, *, needs_approval: bool
) -> None:
    policy = Policy(trusted=trusted, needs_approval=needs_approval)
    decision = decide(somebody(), Standing(Membership.FULL, groups), policy)
    assert (decision.verdict, decision.rule, decision.problem) == (verdict, rule, None)


def test_approvers_need_approval_like_anybody() -> None:
    policy = Policy(approvers=ONLY_ANA, needs_approval=True)
    assert decide(somebody(), FULL, policy).verdict is Verdict.MAY_WITH_APPROVAL


@pytest.mark.parametrize("agents", [EVERYONE, NOBODY, ONLY_ANA])
def test_the_command_line_may_always_ask(agents: Circle) -> None:
    root = somebody("root", Through.COMMAND_LINE)
    decision = decide(root, Standing(Membership.UNKNOWN), Policy(agents=agents, needs_approval=True))
    assert (decision.verdict, decision.rule) == (Verdict.MAY, Rule.COMMAND_LINE)


@pytest.mark.parametrize(
    ("circle", "user_id", "groups", "is_in"),
    [
        (EVERYONE, "U0ANA", frozenset(), True),
        (NOBODY, "U0ANA", frozenset({"S0LEADS"}), False),
        (ONLY_ANA, "U0ANA", frozenset(), True),
        (ONLY_ANA, "U0LEE", frozenset(), False),
        (LEADS, "U0ANA", frozenset(), False),
        (LEADS, "U0ANA", frozenset({"S0LEADS"}), True),
        (LEADS, "S0LEADS", frozenset(), False),  # a usergroup's id is nobody's user id
    ],
)
def test_a_circle_holds_those_it_names(circle: Circle, user_id: str, groups: frozenset[str], *, is_in: bool) -> None:
    assert circle.holds(somebody(user_id), Standing(Membership.FULL, groups)) == is_in


def test_every_usergroup_that_a_rule_names_is_asked_about() -> None:
    circles = [Circle(group_ids=frozenset({group_id})) for group_id in ("S1", "S2", "S3")]
    policy = Policy(agents=circles[0], trusted=circles[1], approvers=circles[2])
    assert policy.group_ids == {"S1", "S2", "S3"}


# --- the changes of state ---

CHANGES = {
    None: {State.REJECTED, State.QUEUED, State.AWAITING},
    State.AWAITING: {State.APPROVED, State.DENIED, State.WITHDRAWN, State.EXPIRED},
    State.APPROVED: {State.QUEUED, State.LAPSED},
    State.QUEUED: {State.CALLING, State.REJECTED, State.FAILED, State.INTERRUPTED},
    State.CALLING: {State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED},
}


def test_every_state_has_its_row_of_transitions() -> None:
    assert set(TRANSITIONS) == {None, *State}


def test_every_state_can_be_reached_and_every_life_ends() -> None:
    reached: set[State] = set()
    edge = set(TRANSITIONS[None])
    while edge:
        reached |= edge
        edge = {after for state in edge for after in TRANSITIONS[state]} - reached
    assert reached == set(State)
    for state in State:
        assert is_final(state) or any(is_final(after) for after in TRANSITIONS[state])


@pytest.mark.parametrize("from_state", [None, *State])
@pytest.mark.parametrize("to_state", State)
def test_only_the_listed_changes_pass(from_state: State | None, to_state: State) -> None:
    if to_state in CHANGES.get(from_state, set()):
        check_transition(from_state, to_state)
    else:
        with pytest.raises(ValueError, match="no lookup goes from"):
            check_transition(from_state, to_state)
