"""An organisation of two workspaces (Enterprise Grid), with the app in one of them or on all of it.

Bea is in both, and her first one is the other; Tom and Sue are only in the other; Ana, Lee and Kim only in ours. The
channel ``commons`` is of both.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_people
from bot.checks import CheckVerdict
from bot.doctor import workspace
from bot.errors import AccessLost, SettingsError
from bot.guesses import FREE_FOR_AGENT
from bot.models import Actor, PhoneNumber, Problem, RequestId, Through
from bot.policy import Membership
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.installation import ENTERPRISE_ID, Installation
from bot.sandbox.slack.people import SISTER_TEAM_ID, TEAM_ID
from bot.sandbox.slack.trouble import Forced
from bot.settings import BotSettings, read
from bot.slack import connection
from bot.slack.pages import PAGE
from bot.slack.people import REMEMBERED
from bot.texts import terminal
from bot.texts.requests import ChannelTrouble
from tests import factories
from tests.english import PROBLEMS, asking, cards, history, views
from tests.english import requests as texts
from tests.scenarios.asking import (
    ANSWERED,
    AWAITING,
    GOOD,
    GOOD_ID,
    TOLD_ANSWERED,
    deny,
    find_card,
    finish,
    forbidden,
    record_of,
    standing_of,
    told,
)
from tests.scenarios.databases import hands_on
from tests.scenarios.listing import window_with
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, entry, open_scene, with_bot

REFUSED = entry("Unknown.ResourceOwnerId")
OUTSIDER = PROBLEMS[Problem.OUTSIDER].what

APPROVERS = {"PHONEID_APPROVAL": "always", "PHONEID_APPROVERS": "U0LEE,U0TOM,W0BEA"}
"""One of ours, one of the other, one of both."""

WAYS = (Installation.in_grid, Installation.org_wide)


def people_recorded(scene: Scene) -> set[tuple[str, str, str]]:
    """Whoever is in the record as having asked: organisation, workspace, user."""
    with hands_on(scene.database_url) as database:
        return {*database.execute("SELECT enterprise_id, team_id, user_id FROM requests")}


def cards_of(human: Human, request_id: RequestId) -> list[str]:
    """The conversations in which somebody sees a card of this request."""
    return [
        where.name or "dm"
        for where in human.screen.conversations
        for message in human.sees(where.id)
        if request_id in message.words and "Requested by" in message.words
    ]


async def ask_in(scene: Scene, channel: str, who: Human, *, reason: str = "ticket 7") -> RequestId:
    """Ask for approval in a channel, until it is asked for."""
    await who.runs(channel, f"/phoneid {GOOD.phone}")
    await who.until(lambda: who.modal, timeout=PATIENCE)
    who.fills(block_id="code", text=GOOD.code)
    who.fills(block_id="reason", text=reason)
    await who.submits()
    await window_with(who, "is waiting for approval")
    await who.closes()
    await finish(scene)
    return (await scene.lookups())[0].request_id


# Who is a member


@pytest.mark.parametrize("way", WAYS)
async def test_a_person_of_both_asks_here_and_is_one_person_in_what_they_click(
    scene_with: OpenScene, way: type[Installation]
) -> None:
    """Slack says of each of their clicks that they are of their first workspace, which is the other one."""
    async with scene_with(installation=way()) as scene:
        bea = scene.human("Bea")
        await scene.ask(REFUSED, human=bea)
        await scene.answer(bea, "No ID for")
        await bea.clicks(texts.TRY_AGAIN.one)
        await bea.until(lambda: bea.modal, timeout=PATIENCE)
        bea.fills(block_id="phone", text=GOOD.phone)
        bea.fills(block_id="code", text=GOOD.code)
        await bea.submits()
        await window_with(bea, GOOD_ID)
        assert people_recorded(scene) == {(ENTERPRISE_ID, TEAM_ID, "W0BEA")}
        assert forbidden(scene) == []
        assert list(scene.slack.complaints) == []


@pytest.mark.parametrize("is_http", [False, True], ids=["socket mode", "signed http"])
@pytest.mark.parametrize("way", WAYS)
async def test_whose_only_workspace_it_is_asks_as_ever(
    scene_with: OpenScene, way: type[Installation], *, is_http: bool
) -> None:
    async with scene_with(installation=way(), is_http=is_http) as scene:
        await scene.ask(GOOD)
        await scene.answer(scene.ana, GOOD_ID)
        assert people_recorded(scene) == {(ENTERPRISE_ID, TEAM_ID, "U0ANA")}


@pytest.mark.parametrize("way", WAYS)
async def test_guests_stay_guests_and_outsiders_outsiders(scene_with: OpenScene, way: type[Installation]) -> None:
    async with scene_with(installation=way(), **APPROVERS, PHONEID_APPROVAL_CHANNEL="C0COMMONS") as scene:
        gus = scene.human("Gus")
        await scene.ask(GOOD, human=gus)
        await scene.answer(gus, PROBLEMS[Problem.GUEST].what)
        request_id = await ask_in(scene, "support", scene.ana)
        olu, commons = scene.human("Olu"), scene.slack.workspace.conversations["C0COMMONS"]
        # What they could only do if the channel were shared with them a moment ago.
        scene.slack.workspace.conversations["C0COMMONS"] = replace(commons, members=commons.members | {"U0OLU"})
        await olu.clicks("Approve", message=find_card(olu, request_id, channel="commons"))
        await scene.answer(olu, OUTSIDER, channel="commons")
        assert await standing_of(scene, request_id) == AWAITING
        (tried,) = forbidden(scene)
        assert (tried.user_id, tried.team_id, tried.why) == ("U0OLU", "T0PARTNER", Problem.OUTSIDER)


@pytest.mark.parametrize("way", WAYS)
async def test_an_outsiders_submission_with_their_own_team_is_an_outsiders(
    scene_with: OpenScene, way: type[Installation]
) -> None:
    async with scene_with(installation=way()) as scene:
        await scene.ana.runs("support", "/phoneid")
        form = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
        olu = scene.human("Olu")
        scene.slack.workspace.set_modals("U0ANA", [])
        scene.slack.workspace.set_modals("U0OLU", [replace(form, user_id="U0OLU")])
        olu.fills(block_id="phone", text=GOOD.phone)
        olu.fills(block_id="code", text=GOOD.code)
        await olu.submits()
        payload = scene.slack.deliveries[-1].payload
        assert (payload["team"]["id"], payload["enterprise"]["id"]) == ("T0PARTNER", "E0PARTNER")
        await window_with(olu, OUTSIDER)
        await finish(scene)
        assert scene.cams.calls == []


async def test_somebody_of_the_other_workspace_alone_is_an_outsider_to_an_app_in_ours(scene_with: OpenScene) -> None:
    settings = {**APPROVERS, "PHONEID_APPROVAL_CHANNEL": "C0COMMONS"}
    async with scene_with(installation=Installation.in_grid(), **settings) as scene:
        request_id = await ask_in(scene, "support", scene.ana)
        tom = scene.human("Tom")
        await tom.clicks("Approve", message=find_card(tom, request_id, channel="commons"))
        await scene.answer(tom, OUTSIDER, channel="commons")
        assert await standing_of(scene, request_id) == AWAITING
        bea = scene.human("Bea")  # whose first workspace is that one, and who is in ours too
        await bea.clicks("Approve", message=find_card(bea, request_id, channel="commons"))
        await told(scene, TOLD_ANSWERED)
        assert await standing_of(scene, request_id) == ANSWERED


# The workspaces that the app was given


def given_ours_alone() -> Installation:
    """On the whole organisation, and given to ours."""
    return replace(Installation.org_wide(), given={TEAM_ID})


async def ask_by_shortcut(scene: Scene, who: Human) -> None:
    """Fill in and submit the form that the shortcut opens."""
    await who.uses_shortcut(views.SHORTCUT)
    await who.until(lambda: who.modal, timeout=PATIENCE)
    who.fills(block_id="phone", text=GOOD.phone)
    who.fills(block_id="code", text=GOOD.code)
    who.fills(block_id="reason", text="ticket 7")
    await who.submits()
    await finish(scene)


async def test_a_shortcut_is_of_the_one_workspace_of_theirs_that_the_app_was_given(scene_with: OpenScene) -> None:
    """Slack names their first workspace, where the app is not: its people see nothing of it and decide nothing."""
    async with scene_with(installation=given_ours_alone(), **APPROVERS) as scene:
        bea, lee, tom = (scene.human(name) for name in ("Bea", "Lee", "Tom"))
        await ask_by_shortcut(scene, bea)
        assert people_recorded(scene) == {(ENTERPRISE_ID, TEAM_ID, "W0BEA")}
        request_id = (await scene.lookups())[0].request_id
        assert [cards_of(each, request_id) for each in (lee, tom)] == [["dm"], []]
        assert list(scene.slack.complaints) == []


@pytest.mark.parametrize("action_id", [cards.APPROVE, cards.DENY, cards.DETAILS])
async def test_members_of_a_workspace_that_the_app_was_not_given_do_nothing_to_a_request(
    scene_with: OpenScene, action_id: str
) -> None:
    """Also to one that says it was asked there."""
    async with scene_with(installation=given_ours_alone(), **APPROVERS) as scene:
        there = Actor(team_id=SISTER_TEAM_ID, user_id="U0SUE", through=Through.SLACK, enterprise_id=ENTERPRISE_ID)
        async with record_of(scene) as record:
            request = await record.change(factories.asked, decision=factories.NEEDS_APPROVAL, agent=there)
        ours, tom = await ask_in(scene, "support", scene.ana), scene.human("Tom")
        lee = scene.human("Lee")
        await lee.clicks("Details", message=find_card(lee, ours))
        await finish(scene)

        def forge(payload: dict[str, Any]) -> None:
            payload["user"] |= {"id": "U0TOM", "team_id": SISTER_TEAM_ID}
            payload["actions"] = [{"action_id": action_id, "block_id": "b", "type": "button", "value": request.id}]

        await scene.slack.redeliver(edit=forge, with_new_trigger=True)
        await finish(scene)
        assert await standing_of(scene, request.id) == AWAITING
        assert [(each.user_id, each.why) for each in forbidden(scene)] == [("U0TOM", Problem.OUTSIDER)]
        assert cards_of(tom, request.id) == []


async def test_a_workspace_that_is_given_later_is_served_without_a_start(scene_with: OpenScene) -> None:
    installation = given_ours_alone()
    async with scene_with(installation=installation, **APPROVERS) as scene:
        installation.given.add(SISTER_TEAM_ID)
        sue, tom = scene.human("Sue"), scene.human("Tom")
        request_id = await ask_in(scene, "sister", sue)
        await tom.clicks("Approve", message=find_card(tom, request_id))
        await scene.answer(sue, TOLD_ANSWERED, channel=sue.dm)


async def test_a_workspace_that_is_taken_away_is_served_for_a_minute_more_at_the_most(scene_with: OpenScene) -> None:
    installation = Installation.org_wide()
    async with scene_with(installation=installation, **APPROVERS) as scene:
        sue, tom, lee = (scene.human(name) for name in ("Sue", "Tom", "Lee"))
        theirs = await ask_in(scene, "sister", sue)
        installation.given.remove(SISTER_TEAM_ID)
        await scene.clock.sleep(REMEMBERED)
        await tom.clicks("Approve", message=find_card(tom, theirs))  # the card still stands in a direct message
        await finish(scene)
        assert await standing_of(scene, theirs) == AWAITING
        assert [(each.user_id, each.why) for each in forbidden(scene)] == [("U0TOM", Problem.OUTSIDER)]
        ours = await ask_in(scene, "support", scene.ana)
        await lee.clicks("Approve", message=find_card(lee, ours))
        await finish(scene)
        assert await standing_of(scene, ours) == ANSWERED


async def test_while_slack_does_not_say_what_was_taken_away_those_that_were_given_are_served(
    scene_with: OpenScene,
) -> None:
    async with scene_with(installation=Installation.org_wide()) as scene:
        scene.slack.forced["auth.teams.list"] = Forced("internal_error")
        await scene.clock.sleep(REMEMBERED)
        sue = scene.human("Sue")
        await sue.runs("sister", f"/phoneid {GOOD.phone} {GOOD.code}")
        await scene.answer(sue, GOOD_ID, channel="sister")


async def test_while_slack_does_not_say_which_workspaces_are_given_nobody_of_a_new_one_is_served(
    scene_with: OpenScene,
) -> None:
    installation = given_ours_alone()
    async with scene_with(installation=installation) as scene:
        installation.given.add(SISTER_TEAM_ID)
        scene.slack.forced["auth.teams.list"] = Forced("internal_error")
        sue = scene.human("Sue")
        await sue.runs("sister", f"/phoneid {GOOD.phone} {GOOD.code}")
        await scene.answer(sue, PROBLEMS[Problem.WHO_UNKNOWN].what, channel="sister")
        del scene.slack.forced["auth.teams.list"]
        await sue.runs("sister", f"/phoneid {GOOD.phone} {GOOD.code}")
        await scene.answer(sue, GOOD_ID, channel="sister")


async def test_workspaces_that_slack_names_page_by_page_are_all_served(scene_with: OpenScene) -> None:
    async with scene_with(installation=replace(Installation.org_wide(), most_teams_a_page=1)) as scene:
        sue = scene.human("Sue")
        await sue.runs("sister", f"/phoneid {GOOD.phone} {GOOD.code}")
        await scene.answer(sue, GOOD_ID, channel="sister")
        asked = [each for each in scene.slack.inspector.entries() if each.title == "auth.teams.list"]
        assert len(asked) == 2  # both at the start


@pytest.mark.parametrize("user_id", ["U0LEE", "U0TOM"])
async def test_a_workspace_without_an_approver_is_named_at_the_start_and_who_asks_there_is_told(
    scene_with: OpenScene, caplog: pytest.LogCaptureFixture, user_id: str
) -> None:
    settings = {"PHONEID_APPROVAL": "always", "PHONEID_APPROVERS": user_id}
    async with scene_with(installation=Installation.org_wide(), **settings) as scene:
        name = "Sister (T0SISTER)" if user_id == "U0LEE" else "Sandbox (T0SANDBOX)"
        assert terminal.no_approver_in(user_id, name) in caplog.text
        ana, sue = scene.ana, scene.human("Sue")
        await ask_in(scene, "support", ana)
        await ask_in(scene, "sister", sue)
        told_so = [
            texts.NOBODY_DECIDES in f"{who.sees(channel)}" for who, channel in ((ana, "support"), (sue, "sister"))
        ]
        assert told_so == [user_id == "U0TOM", user_id == "U0LEE"]


# Nothing of one workspace shows in another


async def test_cards_go_to_those_who_decide_in_the_workspace_it_was_asked_in(scene_with: OpenScene) -> None:
    async with scene_with(installation=Installation.org_wide(), **APPROVERS) as scene:
        lee, tom, bea = (scene.human(name) for name in ("Lee", "Tom", "Bea"))
        ours = await ask_in(scene, "support", scene.ana)
        theirs = await ask_in(scene, "sister", scene.human("Sue"))
        assert [cards_of(each, ours) for each in (lee, tom, bea)] == [["dm"], [], ["dm"]]
        assert [cards_of(each, theirs) for each in (lee, tom, bea)] == [[], ["dm"], ["dm"]]
        assert people_recorded(scene) == {
            (ENTERPRISE_ID, TEAM_ID, "U0ANA"),
            (ENTERPRISE_ID, SISTER_TEAM_ID, "U0SUE"),
        }
        await deny(tom, "not this one", message=find_card(tom, theirs))
        await finish(scene)
        assert await standing_of(scene, ours) == AWAITING
        assert list(scene.slack.complaints) == []


@pytest.mark.parametrize("action_id", [cards.APPROVE, cards.DENY, cards.DETAILS])
async def test_an_approver_of_the_other_workspace_does_nothing_to_a_request_of_ours(
    scene_with: OpenScene, action_id: str
) -> None:
    async with scene_with(installation=Installation.org_wide(), **APPROVERS) as scene:
        ours = await ask_in(scene, "support", scene.ana)
        theirs = await ask_in(scene, "sister", scene.human("Sue"))
        tom = scene.human("Tom")
        await tom.clicks("Details", message=find_card(tom, theirs))
        await finish(scene)

        def forge(payload: dict[str, object]) -> None:
            payload["actions"] = [{"action_id": action_id, "block_id": "b", "type": "button", "value": ours}]

        await scene.slack.redeliver(edit=forge, with_new_trigger=True)
        await scene.answer(tom, OUTSIDER, channel=tom.dm)
        assert await standing_of(scene, ours) == AWAITING
        assert [(each.user_id, each.why) for each in forbidden(scene)] == [("U0TOM", Problem.OUTSIDER)]


async def test_a_usergroup_is_that_of_the_workspace_it_was_asked_in(scene_with: OpenScene) -> None:
    settings = {"PHONEID_APPROVAL": "always", "PHONEID_APPROVERS": "S0LEADS,S0SISTER"}
    async with scene_with(installation=Installation.org_wide(), **settings) as scene:
        lee, tom, bea = (scene.human(name) for name in ("Lee", "Tom", "Bea"))
        ours = await ask_in(scene, "support", scene.ana)
        theirs = await ask_in(scene, "sister", scene.human("Sue"))
        assert [cards_of(each, ours) for each in (lee, tom, bea)] == [["dm"], [], []]
        assert [cards_of(each, theirs) for each in (lee, tom, bea)] == [[], ["dm"], ["dm"]]
        await tom.clicks("Approve", message=find_card(tom, theirs))
        await scene.answer(scene.human("Sue"), TOLD_ANSWERED, channel=scene.human("Sue").dm)


async def test_a_history_is_of_the_workspace_it_is_looked_at_in(scene_with: OpenScene) -> None:
    async with scene_with(installation=Installation.org_wide()) as scene:
        bea = scene.human("Bea")
        await bea.runs("sister", f"/phoneid {GOOD.phone} {GOOD.code}")
        await scene.answer(bea, GOOD_ID, channel="sister")
        await bea.runs("support", "/phoneid history")
        assert GOOD.phone not in (await scene.answer(bea, history.EMPTY)).words
        await bea.runs("sister", "/phoneid history")
        shown = await scene.answer(bea, history.TITLE, channel="sister")
        await bea.clicks(texts.SHOW_ID, message=shown)
        await window_with(bea, GOOD_ID)


async def test_older_ones_are_of_that_workspace_too(scene_with: OpenScene) -> None:
    async with scene_with(installation=Installation.org_wide()) as scene:
        bea, here = scene.human("Bea"), factories.phones(PAGE + 1)
        async with record_of(scene) as record:
            for team_id, each in [(TEAM_ID, each) for each in here] + [(SISTER_TEAM_ID, PhoneNumber("8613800009999"))]:
                agent = Actor(team_id=team_id, user_id="W0BEA", through=Through.SLACK, enterprise_id=ENTERPRISE_ID)
                await record.change(factories.finished, [each], factories.ANSWERED, agent=agent)
        await bea.runs("support", "/phoneid history")
        await bea.clicks(history.OLDER, message=await scene.answer(bea, history.TITLE))
        shown = await scene.answer(bea, history.OLDER_TITLE)
        assert here[0].international in shown.words


async def test_what_is_asked_by_a_form_belongs_to_the_workspace_of_its_command(scene_with: OpenScene) -> None:
    """The form's own payload names no workspace, or the person's first one."""
    async with scene_with(installation=Installation.org_wide()) as scene:
        bea = scene.human("Bea")
        for channel in ("support", "sister"):
            await bea.runs(channel, "/phoneid")
            await bea.until(lambda: bea.modal, timeout=PATIENCE)
            bea.fills(block_id="phone", text=GOOD.phone)
            bea.fills(block_id="code", text=GOOD.code)
            await bea.submits()
            await window_with(bea, GOOD_ID)
            await bea.closes()
        assert people_recorded(scene) == {(ENTERPRISE_ID, each, "W0BEA") for each in (TEAM_ID, SISTER_TEAM_ID)}


@pytest.mark.parametrize("line", ["/phoneid help", "/phoneid history"])
async def test_so_does_what_is_asked_by_the_form_of_a_message_there(scene_with: OpenScene, line: str) -> None:
    async with scene_with(installation=Installation.org_wide()) as scene:
        bea = scene.human("Bea")
        await bea.runs("support", line)
        await bea.until(lambda: bea.sees("support"), timeout=PATIENCE)
        await finish(scene)
        await bea.clicks(asking.OPEN_FORM)
        await bea.until(lambda: bea.modal, timeout=PATIENCE)
        bea.fills(block_id="phone", text=GOOD.phone)
        bea.fills(block_id="code", text=GOOD.code)
        await bea.submits()
        await window_with(bea, GOOD_ID)
        assert people_recorded(scene) == {(ENTERPRISE_ID, TEAM_ID, "W0BEA")}


async def test_refused_codes_count_against_a_person_in_whatever_workspace(scene_with: OpenScene) -> None:
    async with scene_with(installation=Installation.org_wide()) as scene:
        there = Actor(team_id=SISTER_TEAM_ID, user_id="W0BEA", through=Through.SLACK, enterprise_id=ENTERPRISE_ID)
        async with record_of(scene) as record:
            for each in factories.phones(FREE_FOR_AGENT):
                await record.change(factories.finished, [each], factories.REFUSED, agent=there)
        await scene.ask(GOOD, human=scene.human("Bea"))
        await scene.answer(scene.human("Bea"), "You can try again in 1 minute.")
        await scene.ask(GOOD)  # nobody else is kept waiting
        await scene.answer(scene.ana, GOOD_ID)


# The approval channel


@pytest.mark.parametrize("way", WAYS)
async def test_a_channel_of_several_workspaces_is_used_with_a_warning(
    scene_with: OpenScene, caplog: pytest.LogCaptureFixture, way: type[Installation]
) -> None:
    async with scene_with(installation=way(), **APPROVERS, PHONEID_APPROVAL_CHANNEL="C0COMMONS") as scene:
        assert terminal.channel_org_shared("C0COMMONS") in caplog.text
        request_id = await ask_in(scene, "support", scene.ana)
        assert cards_of(scene.human("Sue"), request_id) == ["commons"]


async def test_a_request_of_another_workspace_than_the_channel_goes_to_each_approver(scene_with: OpenScene) -> None:
    settings = {**APPROVERS, "PHONEID_APPROVAL_CHANNEL": "C0APPROVALS"}
    async with scene_with(installation=Installation.org_wide(), **settings) as scene:
        ours = await ask_in(scene, "support", scene.ana)
        theirs = await ask_in(scene, "sister", scene.human("Sue"))
        lee, tom = scene.human("Lee"), scene.human("Tom")
        assert [cards_of(each, ours) for each in (lee, tom)] == [["approvals"], []]
        assert [cards_of(each, theirs) for each in (lee, tom)] == [[], ["dm"]]
        assert texts.sent_directly("<#C0APPROVALS>", ChannelTrouble.ELSEWHERE) in find_card(tom, theirs).words


@pytest.mark.parametrize("way", WAYS)
async def test_a_channel_shared_outside_the_organisation_is_refused_as_ever(
    tmp_path: Path, way: type[Installation]
) -> None:
    settings = {**APPROVERS, "PHONEID_APPROVAL_CHANNEL": "C0COMMONS"}
    async with open_scene(tmp_path, settings=settings, installation=way()) as scene:
        channels = scene.slack.workspace.conversations
        channels["C0COMMONS"] = replace(channels["C0COMMONS"], is_ext_shared=True)
        with pytest.raises(SettingsError, match=ChannelTrouble.SHARED):
            async with with_bot(scene):
                raise AssertionError("it started")


# The token of a whole organisation


@pytest.mark.parametrize("way", [Installation, *WAYS])
async def test_a_removed_app_ends_its_bot_wherever_it_was_installed(
    scene_with: OpenScene, way: Callable[[], Installation]
) -> None:
    """On a whole organisation the event names no workspace. It is heeded at once, and not at the next look."""
    async with scene_with(installation=way()) as scene:
        assert scene.bot
        removed_at = scene.clock.monotonic()
        await scene.slack.uninstall()
        with pytest.raises(AccessLost) as caught:
            await scene.bot.until_lost()
        assert scene.clock.monotonic() - removed_at < 5
        assert ("team_id" in scene.slack.deliveries[-1].payload) is not scene.slack.installation.is_org_wide
    assert caught.value.mistakes == (terminal.bot_token_refused("account_inactive"),)


@pytest.mark.parametrize("way", WAYS)
async def test_a_workspace_that_is_being_moved_into_an_organisation_is_no_mistake_of_the_settings(
    tmp_path: Path, way: type[Installation]
) -> None:
    async with open_scene(tmp_path, installation=way()) as scene:
        scene.slack.forced["auth.test"] = Forced("team_added_to_org")
        with pytest.raises(SettingsError) as caught:
            async with with_bot(scene):
                raise AssertionError("it started")
        assert caught.value.mistakes == (terminal.slack_not_now("team_added_to_org"),)
        del scene.slack.forced["auth.test"]
        async with with_bot(scene) as running:  # it has passed
            await running.ask(GOOD)
            await running.answer(running.ana, GOOD_ID)


async def test_the_command_line_says_what_the_policy_means_for_somebody_of_any_workspace(tmp_path: Path) -> None:
    settings = {"PHONEID_APPROVAL": "always", "PHONEID_APPROVERS": "S0LEADS,S0SISTER"}
    async with (
        open_scene(tmp_path, settings=settings, installation=Installation.org_wide()) as scene,
        open_people(read(BotSettings, scene.environment)) as people,
    ):
        standings = [
            await people.standing(Actor(team_id="", user_id=user_id, through=Through.SLACK))
            for user_id in ("W0BEA", "U0TOM", "U0LEE", "U0GUS", "U0OLU")
        ]
    full, groups = Membership.FULL, [frozenset({"S0SISTER"})] * 2 + [frozenset({"S0LEADS"})] + [frozenset()] * 2
    assert [each.membership for each in standings] == [full, full, full, Membership.GUEST, Membership.OUTSIDER]
    assert [each.groups for each in standings] == groups


async def test_the_doctor_is_told_whose_the_tokens_are_and_knows_the_usergroups_of_all(tmp_path: Path) -> None:
    settings = {"PHONEID_APPROVAL": "always", "PHONEID_APPROVERS": "S0LEADS,S0SISTER"}
    async with open_scene(tmp_path, settings=settings, installation=Installation.org_wide()) as scene:
        bot_settings = read(BotSettings, scene.environment)
        async with connection.open_web(
            token=scene.slack.bot_token, base_url=scene.slack.api_url, clock=scene.clock
        ) as web:
            identity, found = await workspace.examine_tokens(bot_settings, web)
            assert identity
            found += await workspace.check_app(bot_settings, web, identity)
            found += await workspace.check_usergroups(bot_settings, web, identity)
    assert [each for each in found if each.verdict is not CheckVerdict.OK] == []
    assert list(scene.slack.complaints) == []


async def test_what_names_no_workspace_of_an_organisation_is_refused(scene_with: OpenScene) -> None:
    """It could be seen from all of them."""
    async with scene_with(installation=Installation.org_wide()) as scene:
        await scene.human("Bea").uses_shortcut(views.SHORTCUT)

        def forget_where(payload: dict[str, Any]) -> None:
            del payload["user"]["team_id"]

        await scene.slack.redeliver(edit=forget_where, with_new_trigger=True)
        await window_with(scene.human("Bea"), OUTSIDER)


async def test_what_names_none_is_of_the_one_that_is_theirs_and_was_given(scene_with: OpenScene) -> None:
    async with scene_with(installation=given_ours_alone()) as scene:
        bea = scene.human("Bea")
        await bea.uses_shortcut(views.SHORTCUT)
        await bea.until(lambda: bea.modal, timeout=PATIENCE)
        await bea.closes()

        def forget_where(payload: dict[str, Any]) -> None:
            del payload["user"]["team_id"]

        await scene.slack.redeliver(edit=forget_where, with_new_trigger=True)
        await bea.until(lambda: bea.modal, timeout=PATIENCE)
        assert OUTSIDER not in f"{bea.modal}"


async def test_an_app_that_no_workspace_was_given_to_does_not_start(tmp_path: Path) -> None:
    installation = Installation.org_wide()
    installation.given.clear()
    async with open_scene(tmp_path, installation=installation) as scene:
        with pytest.raises(SettingsError) as caught:
            async with with_bot(scene):
                raise AssertionError("it started")
    assert terminal.NO_WORKSPACES in str(caught.value)


async def test_a_token_of_the_organisation_has_to_say_whose_usergroup_it_means(scene_with: OpenScene) -> None:
    """The sandbox is as strict: without it the bot's start would be refused."""
    async with scene_with(installation=Installation.org_wide(), **APPROVERS, PHONEID_AGENTS="S0LEADS") as scene:
        await scene.ask(GOOD, human=scene.human("Lee"))
        await scene.human("Lee").until(lambda: scene.human("Lee").modal, timeout=PATIENCE)
        asked = [each for each in scene.slack.inspector.entries() if each.title == "usergroups.users.list"]
        assert {each.request["body"].get("team_id") for each in asked} == {TEAM_ID}


async def test_a_channel_of_a_workspace_that_was_not_given_is_told_as_such(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    installation = Installation.org_wide()
    installation.given.remove(SISTER_TEAM_ID)
    settings = {**APPROVERS, "PHONEID_APPROVAL_CHANNEL": "C0SISTER"}
    async with open_scene(tmp_path, settings=settings, installation=installation) as scene, with_bot(scene):
        assert "C0SISTER cannot be used: the app was not added to its workspace." in caplog.text
