"""The sentences: there is one for everything that can happen, short enough to be read, and true."""

from collections.abc import Callable

import pytest

from bot.errors import EntryMistake
from bot.models import Problem, Side
from bot.texts import asking, problems

REFERENCE = "E-7K3Q9FZ2"


@pytest.mark.parametrize("problem", Problem)
def test_each_problem_says_what_happened_and_what_to_do_next(problem: Problem) -> None:
    explanation = problems.PROBLEMS[problem]
    for sentence in (explanation.what, explanation.next):
        assert sentence.endswith(".")
        assert 10 < len(sentence) <= 120
        assert not set(sentence) & set("&<>")  # Slack wants these escaped, and a screen reader would read that out


def test_each_side_has_its_turn() -> None:
    assert set(problems.TURN) == set(Side)


@pytest.mark.parametrize("problem", [each for each, told in problems.PROBLEMS.items() if told.turn is Side.ADMIN])
def test_on_the_administrators_turn_the_agent_is_sent_there(problem: Problem) -> None:
    assert problems.PROBLEMS[problem].next.startswith("Ask your administrator to ")


@pytest.mark.parametrize("mistake", EntryMistake)
def test_each_mistake_in_the_form_has_a_sentence_that_fits_under_its_field(mistake: EntryMistake) -> None:
    assert asking.ENTRY_MISTAKES[mistake].endswith(".")
    assert len(asking.ENTRY_MISTAKES[mistake]) <= 90


@pytest.mark.parametrize("say", [asking.broken, asking.not_recorded])
def test_what_broke_is_told_with_a_next_step_and_a_reference_and_no_guess_at_what_was_asked(
    say: Callable[[str], str],
) -> None:
    said = say(REFERENCE)
    assert "Try again" in said
    assert REFERENCE in said
    assert "asked" not in said  # it may have been asked, and it may not
    assert len(said) <= 180
