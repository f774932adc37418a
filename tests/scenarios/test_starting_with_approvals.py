"""With approvals on, the bot starts only where somebody can decide and no outsider can; else nothing of them shows."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.models import NOT_NEEDED
from bot.sandbox.slack.people import UserGroup
from bot.sandbox.slack.trouble import Forced
from bot.sandbox.slack.workspace import Conversation, Workspace
from bot.texts import terminal
from bot.texts.requests import ChannelTrouble
from tests.english import asking
from tests.english import requests as texts
from tests.scenarios.asking import GOOD, GOOD_ID, TO_CHANNEL, TO_EACH, TOLD_ANSWERED, find_card, request, told
from tests.scenarios.scene import PATIENCE, OpenScene, open_scene, with_bot

Change = Callable[[Workspace], object]


def group(*members: str, is_disabled: bool = False) -> Change:
    """The usergroup of leads holds these."""
    leads = UserGroup(id="S0LEADS", handle="leads", name="Team leads", members=members, is_disabled=is_disabled)
    return lambda workspace: workspace.user_groups.update(S0LEADS=leads)


def channel(change: Callable[[Conversation], Conversation]) -> Change:
    """The approvers' channel becomes this."""
    return lambda workspace: workspace.conversations.update(C0APPROVALS=change(workspace.conversations["C0APPROVALS"]))


def nothing(_: Workspace) -> None:
    """The workspace is as it always is."""


async def words_of_refused_start(tmp_path: Path, settings: dict[str, str], change: Change = nothing) -> str:
    async with open_scene(tmp_path, settings=settings) as scene:
        change(scene.slack.workspace)
        with pytest.raises(SettingsError) as caught:
            async with with_bot(scene):
                raise AssertionError("it started")
        return str(caught.value)


@pytest.mark.parametrize(
    ("approvers", "change"),
    [
        ("U0IDA", nothing),  # left
        ("U0GUS", nothing),
        ("U0OLU", nothing),
        ("U0NOBODY", nothing),
        ("U0SID,U0IVO,USLACKBOT", nothing),
        ("U0IDA,U0GUS,U0OLU,U0NOBODY", nothing),
        ("S0UNKNOWN", nothing),
        ("S0LEADS", group()),
        ("S0LEADS", group("U0LEE", is_disabled=True)),
        ("S0LEADS", group("U0IDA", "U0GUS", "U0OLU")),
    ],
)
@pytest.mark.parametrize("place", [{}, {"PHONEID_APPROVAL_CHANNEL": "C0APPROVALS"}], ids=["to each", "to a channel"])
async def test_with_nobody_able_to_approve_there_is_no_start(
    tmp_path: Path, approvers: str, change: Change, place: dict[str, str]
) -> None:
    settings = {"PHONEID_APPROVAL": "always", "PHONEID_APPROVERS": approvers} | place
    words = await words_of_refused_start(tmp_path, settings, change)
    assert words == terminal.no_approver_left(", ".join(sorted(approvers.split(","))))


@pytest.mark.parametrize(
    ("method", "forced", "turn"),
    [
        ("users.info", Forced("ratelimited", 300), "start again in a minute"),
        ("users.info", Forced("internal_error"), "start again in a minute"),
        ("users.info", Forced("accesslimited"), "ask an administrator"),
        ("users.info", Forced("token_revoked"), "ask an administrator"),
        ("usergroups.users.list", Forced("ratelimited", 300), "start again in a minute"),
        ("usergroups.users.list", Forced("service_unavailable"), "start again in a minute"),
        ("usergroups.users.list", Forced("plan_upgrade_required"), "ask an administrator"),
    ],
)
@pytest.mark.parametrize("approvers", ["S0LEADS", "S0LEADS,U0IDA"])
async def test_a_slack_that_does_not_say_who_approvers_are_blames_no_setting(
    tmp_path: Path, approvers: str, method: str, forced: Forced, turn: str
) -> None:
    async with open_scene(tmp_path, settings={**TO_EACH, "PHONEID_APPROVERS": approvers}) as scene:
        scene.slack.forced[method] = forced
        with pytest.raises(SettingsError, match=f"This does not mean that the settings are wrong: {turn}") as caught:
            async with with_bot(scene):
                raise AssertionError("it started")
        assert f"({method}: " in str(caught.value)
        assert "nobody in" not in str(caught.value)


async def test_a_start_says_whom_it_asks_about_before_slack_has_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of hundreds who left it asks one after the other."""
    caplog.set_level(logging.INFO)
    many = ",".join(("S0LEADS", *(f"U{number:03}" for number in range(800))))
    async with open_scene(tmp_path, settings={**TO_EACH, "PHONEID_APPROVERS": many}) as scene:
        scene.slack.forced["users.info"] = Forced("ratelimited", 300)
        with pytest.raises(SettingsError):
            async with with_bot(scene):
                raise AssertionError("it started")
    (said,) = [vars(each) for each in caplog.records if each.message == "asking Slack who can approve"]
    assert (said["levelname"], said["facts"]) == ("INFO", {"people": 800, "usergroups": 1})


@pytest.mark.parametrize("approvers", ["U0IDA,U0LEE", "S0UNKNOWN,U0LEE", "S0LEADS"])
async def test_one_who_can_approve_is_enough(scene_with: OpenScene, approvers: str) -> None:
    async with scene_with(PHONEID_APPROVAL="always", PHONEID_APPROVERS=approvers) as scene:
        assert scene.slack.is_connected


@pytest.mark.parametrize(
    ("channel_id", "change"),
    [
        ("C0PARTNER", nothing),
        ("C0APPROVALS", channel(lambda now: replace(now, is_ext_shared=True))),
        ("C0APPROVALS", channel(lambda now: replace(now, is_pending_ext_shared=True))),
    ],
    ids=["shared with a partner", "private and shared", "a partner is invited"],
)
async def test_a_channel_where_others_would_see_the_cards_is_a_sentence(
    tmp_path: Path, channel_id: str, change: Change
) -> None:
    words = await words_of_refused_start(tmp_path, TO_CHANNEL | {"PHONEID_APPROVAL_CHANNEL": channel_id}, change)
    said = terminal.approval_channel_unusable(channel_id, ChannelTrouble.SHARED)
    assert words == f"{said} {terminal.CHANNEL_OF_OUR_OWN}"


@pytest.mark.parametrize(
    ("channel_id", "change", "trouble"),
    [
        ("C0NOWHERE", nothing, ChannelTrouble.UNKNOWN),
        ("C0TEAROOM", nothing, ChannelTrouble.NOT_JOINED),
        (
            "C0APPROVALS",
            channel(lambda now: replace(now, members=now.members - {"U0BOT"})),
            ChannelTrouble.UNKNOWN,
        ),
        ("C0APPROVALS", channel(lambda now: replace(now, is_archived=True)), ChannelTrouble.ARCHIVED),
        ("C0APPROVALS", channel(lambda now: replace(now, is_read_only=True)), ChannelTrouble.READ_ONLY),
        ("C0APPROVALS", channel(lambda now: replace(now, is_restricted=True)), ChannelTrouble.REFUSES),
    ],
    ids=["unknown", "not joined", "private and not joined", "archived", "read-only", "restricted"],
)
async def test_with_a_channel_that_cannot_be_used_the_cards_go_to_each_approver_with_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, channel_id: str, change: Change, trouble: ChannelTrouble
) -> None:
    settings = TO_CHANNEL | {"PHONEID_APPROVAL_CHANNEL": channel_id}
    async with open_scene(tmp_path, settings=settings) as scene:
        change(scene.slack.workspace)
        async with with_bot(scene) as running:
            request_id = await request(running)
            for name in ("Lee", "Kim"):
                card = find_card(running.human(name), request_id)
                assert texts.sent_directly(f"<#{channel_id}>", trouble) in card.words
            noted = [each.__dict__["facts"]["why"] for each in caplog.records if "channel unusable" in each.message]
            assert noted == [trouble.value]
            await running.human("Lee").clicks("Approve")
            await told(running, TOLD_ANSWERED)
        assert list(scene.slack.complaints) == []


async def test_without_approvers_there_is_no_start(tmp_path: Path) -> None:
    assert await words_of_refused_start(tmp_path, {"PHONEID_APPROVAL": "always"}) == terminal.APPROVERS_MISSING


# --- off ---


async def test_without_approvals_nothing_of_them_shows(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_APPROVERS="U0LEE") as scene:
        await scene.ana.runs("support", "/phoneid")
        modal = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
        assert "approv" not in str(modal.content).lower()
        assert modal.content["submit"]["text"] == asking.FORM_SUBMIT.one
        scene.ana.fills(block_id="phone", text=GOOD.phone)
        await scene.ana.submits()
        assert scene.ana.modal
        assert [each.split("-")[0] for each in scene.ana.modal.errors] == ["code"]  # required; the reason is not
        scene.ana.fills(block_id="code", text=GOOD.code)
        await scene.ana.submits()
        assert "approv" not in str(scene.ana.modal.content).lower()
        message = await scene.answer(scene.ana, GOOD_ID)
        assert message.is_ephemeral
        assert "approv" not in str(message).lower()
        assert scene.ana.sees(scene.ana.dm) == []
        assert scene.human("Lee").sees(scene.human("Lee").dm) == []
        (lookup,) = await scene.lookups()
        assert lookup.approval == NOT_NEEDED


async def test_without_approvals_slack_is_asked_for_nothing_that_only_they_need(scene_with: OpenScene) -> None:
    # An app installed before there were approvals lacks the scopes for it.
    async with scene_with(PHONEID_APPROVAL_CHANNEL="C0NOWHERE") as scene:
        await scene.ask(GOOD)
        await scene.answer(scene.ana, GOOD_ID)
        called = {exchange.title for exchange in scene.slack.inspector.entries()}
        assert not any(name.startswith(("usergroups", "conversations")) for name in called), called


async def test_who_is_trusted_needs_no_approval_and_others_do(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH | {"PHONEID_TRUSTED": "U0ANA"}) as scene:
        await scene.ask(GOOD)
        await scene.answer(scene.ana, GOOD_ID)
        kim = scene.human("Kim")
        await scene.ask(GOOD, human=kim)
        modal = await kim.until(lambda: kim.modal, timeout=PATIENCE)
        assert asking.CODE_NOT_YET.one in modal.words
