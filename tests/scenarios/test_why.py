"""``/phoneid why``: what the policy means for whoever asks, and which rule says so."""

import pytest

from bot.models import Problem
from bot.policy import Decision, Rule, Verdict
from bot.sandbox.slack.trouble import Forced
from tests.english import PROBLEMS, problems
from tests.english import permissions as texts
from tests.scenarios.asking import TO_CHANNEL, TO_EACH
from tests.scenarios.scene import OpenScene

OFF: dict[str, str] = {}


@pytest.mark.parametrize(
    ("name", "settings", "sentences"),
    [
        (
            "Ana",
            OFF,
            [texts.YOU[Verdict.MAY], texts.YOUR_RULES[Rule.NO_APPROVALS], texts.NUMBERS_WAIT, texts.YOU_DO_NOT_APPROVE],
        ),
        (
            "Ana",
            TO_EACH,
            [
                texts.YOU[Verdict.MAY_WITH_APPROVAL],
                texts.YOU_DO_NOT_APPROVE,
                texts.your_approvers("<@U0KIM>, <@U0LEE>"),
            ],
        ),
        (
            "Lee",
            TO_CHANNEL,
            [
                texts.YOU[Verdict.MAY_WITH_APPROVAL],
                texts.YOU_APPROVE,
                texts.your_approvers("<!subteam^S0LEADS>"),
            ],
        ),
        (
            "Kim",
            TO_EACH | {"PHONEID_TRUSTED": "S0LEADS"},
            [texts.YOU[Verdict.MAY], texts.YOUR_RULES[Rule.TRUSTED], texts.YOU_APPROVE],
        ),
        (
            "Ana",
            TO_EACH | {"PHONEID_AGENTS": "S0LEADS"},
            [texts.YOU[Verdict.MAY_NOT], texts.YOUR_RULES[Rule.NOT_AN_AGENT], texts.YOU_DO_NOT_APPROVE],
        ),
        ("Gus", TO_EACH, [texts.YOU[Verdict.MAY_NOT], texts.YOUR_RULES[Rule.NOT_A_MEMBER], texts.YOU_DO_NOT_APPROVE]),
        (
            "Gus",  # being named does not make a guest decide
            TO_EACH | {"PHONEID_APPROVERS": "U0LEE,U0GUS"},
            [texts.YOU[Verdict.MAY_NOT], texts.YOUR_RULES[Rule.NOT_A_MEMBER], texts.YOU_DO_NOT_APPROVE],
        ),
    ],
    ids=["off", "agent", "approver", "trusted", "not an agent", "guest", "guest who is named"],
)
async def test_why_says_what_the_policy_means_for_a_person(
    scene_with: OpenScene, name: str, settings: dict[str, str], sentences: list[str]
) -> None:
    async with scene_with(**settings) as scene:
        human = scene.human(name)
        await human.runs("support", "/phoneid why")
        message = await scene.answer(human, sentences[0])
        assert message.is_ephemeral
        assert message.words.splitlines() == sentences
        assert await scene.lookups() == []
        assert list(scene.slack.complaints) == []


@pytest.mark.parametrize(
    ("word", "problem"), [("internal_error", Problem.WHO_UNKNOWN), ("ekm_access_denied", Problem.SLACK_FORBIDS)]
)
async def test_why_blames_no_rule_where_slack_did_not_say_who_somebody_is(
    scene_with: OpenScene, word: str, problem: Problem
) -> None:
    async with scene_with(**TO_EACH) as scene:
        scene.slack.forced["users.info"] = Forced(word)
        await scene.ana.runs("support", "/phoneid why")
        message = await scene.answer(scene.ana, texts.YOU[Verdict.MAY_NOT])
        assert message.words.splitlines() == [
            texts.YOU[Verdict.MAY_NOT],
            problems.in_full(PROBLEMS[problem]),
            texts.YOU_DO_NOT_APPROVE,
        ]


def test_whoever_has_to_wait_reads_why_and_until_when_and_not_that_they_never_can() -> None:
    decision = Decision(Verdict.MAY_NOT, Rule.GUESSES, Problem.TOO_MANY_GUESSES_OF_AGENT, 60.0)
    assert texts.what_you_can_do(decision, is_approver=False, wait=60.0) == [
        "You cannot get IDs at the moment.",
        "You have entered too many wrong codes in the last 24 hours.",
        "You can try again in 1 minute.",
        "You are not an approver.",
    ]


def test_every_rule_and_every_verdict_has_its_words() -> None:
    assert set(texts.RULES) == set(texts.YOUR_RULES) == set(Rule)
    assert set(texts.VERDICTS) == set(texts.YOU) == set(Verdict)
