"""The tables of outcomes: there are words for everything that can happen, short enough to be read, and true."""

import re

import pytest

from bot.doctor.specimens import specimens
from bot.guesses import WAITS, Chance
from bot.models import Approval, ApprovalState, Problem, Result, State
from bot.slack.blocks import Message
from bot.states import APPROVAL_TRANSITIONS, STATE_AFTER, TRANSITIONS
from bot.texts.language import ENGLISH
from bot.texts.outcomes import Stand, Step, stand_of, stand_of_request
from bot.texts.problems import Side
from tests.english import ASKED_FOR, OUTCOMES, PROBLEMS, history, problems, results
from tests.values import AWAITING, decided, request
from tools import catalogues


def test_there_is_an_outcome_for_every_way_something_can_stand() -> None:
    assert set(OUTCOMES) == {*ApprovalState, *State} - {State.HELD}
    assert len(OUTCOMES) == len(ApprovalState) + len(State) - 1  # no state of one is equal to one of the other


def test_there_is_an_explanation_for_every_problem() -> None:
    assert set(PROBLEMS) == set(Problem) == set(STATE_AFTER)


def test_whatever_can_still_change_is_told_in_the_history_and_whatever_cannot_has_a_next_step() -> None:
    open_states = [state for state in State if state is not State.HELD and TRANSITIONS[state] - {State.ANSWERED}]
    for state in open_states:
        assert OUTCOMES[state].history
        assert OUTCOMES[state].step is None  # there is nothing to do but to wait
    over: list[Stand] = [state for state in State if state is not State.HELD and not TRANSITIONS[state]]
    over += [
        state for state in ApprovalState if state is not ApprovalState.NOT_NEEDED and not APPROVAL_TRANSITIONS[state]
    ]
    assert {OUTCOMES[stand].step for stand in over} == {Step.TRY_AGAIN, Step.SHOW_ID}


@pytest.mark.parametrize(
    ("approval", "state", "stand"),
    [
        (AWAITING, State.HELD, ApprovalState.AWAITING),
        (decided(ApprovalState.APPROVED), State.HELD, ApprovalState.APPROVED),
        (decided(ApprovalState.APPROVED), State.CALLING, State.CALLING),
        (decided(ApprovalState.APPROVED), State.DROPPED, State.DROPPED),  # its agent stopped it
        (decided(ApprovalState.EXPIRED), State.DROPPED, ApprovalState.EXPIRED),
        (decided(ApprovalState.LAPSED), State.HELD, ApprovalState.LAPSED),  # the sweeper has not come by yet
        (decided(ApprovalState.LAPSED), State.ANSWERED, State.ANSWERED),
    ],
)
def test_a_lookup_stands_as_its_approval_until_that_is_used(approval: Approval, state: State, stand: Stand) -> None:
    of = request(1, state, approval=approval)
    assert stand_of(of, of.lookup) is stand
    assert stand_of_request(of) is stand


@pytest.mark.parametrize(
    ("states", "stand"),
    [
        ((State.REFUSED, State.REFUSED), State.REFUSED),
        ((State.ANSWERED, State.QUEUED), State.QUEUED),
        ((State.QUEUED, State.CALLING), State.CALLING),
        ((State.REFUSED, State.REJECTED), State.ANSWERED),
    ],
)
def test_several_numbers_stand_as_what_is_open_or_else_as_asked_for(states: tuple[State, ...], stand: Stand) -> None:
    of = request(len(states), *states)
    assert stand_of_request(of) is stand
    if stand not in (State.QUEUED, State.CALLING):
        assert OUTCOMES[stand].became
        assert OUTCOMES[stand].became.several == ASKED_FOR


def test_of_a_list_that_was_stopped_before_its_first_lookup_nobody_reads_that_there_are_results() -> None:
    stopped = request(2, State.DROPPED, State.DROPPED, approval=decided(ApprovalState.APPROVED))
    outcome = OUTCOMES[stand_of_request(stopped)].became
    assert outcome
    assert outcome.several == "The agent stopped the list."


@pytest.mark.parametrize("problem", Problem)
def test_each_problem_says_what_happened_and_what_to_do_next(problem: Problem) -> None:
    explanation = PROBLEMS[problem]
    for sentence in (explanation.what, explanation.next):
        assert sentence.endswith(".")
        assert 10 < len(sentence) <= 120
        assert not set(sentence) & set("&<>")  # Slack wants these escaped, and a screen reader would read that out


SETTING = re.compile(r"[A-Z]{3,}_[A-Z_]+")


def test_no_sentence_in_slack_names_a_setting() -> None:
    """Agents and approvers cannot set any: an administrator reads of them on the command line."""
    assert [each for each in catalogues.sentences() if SETTING.search(each.english + each.many)] == []
    shown = [each.blocks if isinstance(each, Message) else each for each in specimens().values()]
    assert [found for each in shown if (found := SETTING.findall(str(ENGLISH.of(each))))] == []
    assert SETTING.findall("Ask your administrator to add you to PHONEID_AGENTS.") == ["PHONEID_AGENTS"]


@pytest.mark.parametrize("chance", [Chance(left=1), Chance(left=4)])
def test_a_wrong_code_says_how_many_tries_are_left(chance: Chance) -> None:
    of = request(1, State.REFUSED, result=Result(problem=Problem.UNKNOWN_CODE)).lookup
    told = problems.explain(of, chance)
    tries = "1 more try" if chance.left == 1 else f"{chance.left} more tries"
    assert told.what == f"{PROBLEMS[Problem.UNKNOWN_CODE].what} You have {tries} before a wait."
    assert told.next == PROBLEMS[Problem.UNKNOWN_CODE].next
    assert problems.explain(of).what == PROBLEMS[Problem.UNKNOWN_CODE].what  # where that is not certain


@pytest.mark.parametrize("problem", WAITS.values())
def test_the_last_wrong_code_says_whose_wait_it_began(problem: Problem) -> None:
    of = request(1, State.REFUSED, result=Result(problem=Problem.UNKNOWN_CODE)).lookup
    told = problems.explain(of, Chance(wait=60.0, problem=problem))
    assert told.what.endswith(PROBLEMS[problem].what)
    assert told.next == "Double-check the code. You can try again in 1 minute."


def test_a_wait_is_about_this_number_about_the_agent_or_about_a_list() -> None:
    number, agent = (problems.too_many_guesses(60.0, each).what for each in WAITS.values())
    assert "this number" in number
    assert number != agent
    assert "You have entered" in agent
    assert problems.list_waits(60.0, Problem.TOO_MANY_GUESSES_OF_AGENT).what == agent
    assert "of this list" in problems.list_waits(60.0, Problem.TOO_MANY_GUESSES).what


@pytest.mark.parametrize("problem", [each for each, told in PROBLEMS.items() if told.turn is Side.ADMIN])
def test_on_the_administrators_turn_the_agent_is_sent_there(problem: Problem) -> None:
    assert PROBLEMS[problem].next.startswith("Ask your administrator to ")


@pytest.mark.parametrize("stand", OUTCOMES)
def test_the_table_and_the_history_say_something_of_every_lookup(stand: Stand) -> None:
    if isinstance(stand, State):
        of = request(
            2, stand, result=Result(problem=Problem.NO_ANSWER) if OUTCOMES[stand].history is None else Result()
        )
    else:
        of = request(2, State.HELD, approval=decided(stand))
    assert history.became(of, of.lookup).endswith(".")
    number, _, said = results.table_row(of, of.lookup).partition("\t")
    assert number == of.lookup.phone.digits
    assert said.endswith(".")


def test_what_stopped_a_number_is_said_of_it_alone() -> None:
    stopped = request(1, State.DROPPED, result=Result(problem=Problem.STOPPED))
    assert history.became(stopped, stopped.lookup) == PROBLEMS[Problem.STOPPED].what
