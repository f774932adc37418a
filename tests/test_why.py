"""``phoneid why``, run as people run it."""

from pathlib import Path

import pytest

from bot.policy import Rule, Verdict
from bot.sandbox.slack.trouble import Forced
from bot.texts import permissions
from tests import factories
from tests.guessing import use_up
from tests.records import record_in
from tests.scenarios.scene import open_scene
from tests.shell import QuickShell
from tests.world import ANA

APPROVALS = {"PHONEID_APPROVAL": "always", "PHONEID_APPROVERS": "S0LEADS,U0GUS"}


@pytest.mark.parametrize(
    ("settings", "user", "said"),
    [
        ({}, "U0ANA", ["Can get IDs without approval.", "PHONEID_APPROVAL is never, so no request needs approval."]),
        ({"PHONEID_AGENTS": "U0KIM"}, "U0ANA", ["Cannot get IDs.", "PHONEID_AGENTS names neither this person"]),
        (
            APPROVALS,
            "U0ANA",
            [
                "Can request IDs. Each request needs an approval.",
                "PHONEID_APPROVAL is always.",
                "Is not an approver",
                "Requests are approved by S0LEADS, U0GUS. Nobody can approve their own.",
            ],
        ),
        (
            {**APPROVALS, "PHONEID_TRUSTED": "S0LEADS"},
            "U0LEE",
            ["Can get IDs without", "PHONEID_TRUSTED names"],
        ),
        (APPROVALS, "U0KIM", ["Can request IDs.", "Can approve other people's requests"]),
        (APPROVALS, "U0GUS", ["Cannot get IDs.", "Only full members", permissions.GUESTS_NEVER_APPROVE]),
        (APPROVALS, "U0OLU", ["Cannot get IDs.", "Only full members", "Is not an approver"]),
    ],
)
async def test_why_says_what_the_policy_means_for_somebody(
    tmp_path: Path, settings: dict[str, str], user: str, said: list[str]
) -> None:
    async with open_scene(tmp_path, settings=settings) as scene:
        ran = await QuickShell(tmp_path, scene.environment).run("why", user)
        assert list(scene.slack.complaints) == []
    assert (ran.status, ran.said) == (0, "")
    for sentence in said:
        assert sentence in ran.out
    assert not (tmp_path / "phoneid.db").exists()  # it only asks


async def test_why_tells_of_a_wait_that_is_on_record(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        async with record_in(tmp_path / "phoneid.db") as record:
            for phone in factories.phones(2):
                await use_up(record, ANA, phone)
        ran = await QuickShell(tmp_path, scene.environment).run("why", "U0ANA")
        other = await QuickShell(tmp_path, scene.environment).run("why", "U0KIM")
    assert (ran.status, ran.said) == (0, "")
    assert ran.out.splitlines()[:2] == [permissions.VERDICTS[Verdict.MAY_NOT], permissions.RULES[Rule.GUESSES]]
    assert ran.out.splitlines()[-1] == "Can try again in 1 minute."
    assert permissions.VERDICTS[Verdict.MAY] in other.out


async def test_why_without_a_record_that_can_be_read_says_so_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "phoneid.db").write_text("no database")
    async with open_scene(tmp_path) as scene:
        ran = await QuickShell(tmp_path, scene.environment).run("why", "U0ANA")
    assert ran.status == 0
    assert "a wait after wrong codes is not shown" in ran.err
    assert permissions.VERDICTS[Verdict.MAY] in ran.out


@pytest.mark.parametrize("user", ["U0NOBODY", "U0IDA", "U0IVO", "USLACKBOT"])
async def test_why_somebody_slack_does_not_vouch_for_is_a_sentence_and_exits_2(tmp_path: Path, user: str) -> None:
    async with open_scene(tmp_path) as scene:
        ran = await QuickShell(tmp_path, scene.environment).run("why", user)
    assert (ran.status, ran.out) == (2, "")
    assert f"Error: {user} is not an active full member of this workspace." in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("word", ["internal_error", "team_added_to_org", "ekm_access_denied"])
async def test_why_somebody_slack_says_nothing_of_is_another_sentence(tmp_path: Path, word: str) -> None:
    async with open_scene(tmp_path) as scene:
        scene.slack.forced["users.info"] = Forced(word)
        ran = await QuickShell(tmp_path, scene.environment).run("why", "U0ANA")
    assert (ran.status, ran.out) == (2, "")
    assert "Error: Slack did not report who U0ANA is." in ran.err
    assert word in ran.err


@pytest.mark.parametrize("user", ["ana", "@Ana", "ana@example.com", "S0LEADS", "U0ANA,U0LEE", ""])
async def test_why_is_asked_about_one_user_id(tmp_path: Path, user: str) -> None:
    ran = await QuickShell(tmp_path, {}).run("why", user)
    assert (ran.status, ran.out) == (2, "")
    assert "USER must be a Slack user ID such as U012AB3CD" in ran.err


async def test_why_where_slack_takes_no_token_is_a_sentence_and_exits_2(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings={"SLACK_BOT_TOKEN": "xoxb-of-another-app"}) as scene:
        ran = await QuickShell(tmp_path, scene.environment).run("why", "U0ANA")
    assert (ran.status, ran.out) == (2, "")
    assert "Slack does not accept SLACK_BOT_TOKEN" in ran.err
