"""Who may not decide cannot, by whatever they click or forge; each try gets its sentence and is in the journal."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from bot.models import Problem, RequestId
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.human import Human
from tests.english import PROBLEMS, asking
from tests.scenarios.asking import (
    AWAITING,
    GOOD,
    TO_CHANNEL,
    TO_EACH,
    TOLD_ANSWERED,
    TOLD_DENIED,
    Forbidden,
    deny,
    find_card,
    finish,
    forbidden,
    open_modal,
    request,
    standing_of,
    told,
)
from tests.scenarios.scene import OpenScene, Scene

IN_SUPPORT = TO_CHANNEL | {"PHONEID_APPROVAL_CHANNEL": "C0SUPPORT"}
"""Where Ana and Gus see the cards too."""


def sentence(problem: Problem) -> str:
    return str(PROBLEMS[problem].what)


def share_with_partner(scene: Scene) -> None:
    """Share the support channel with Olu's workspace: nobody asks the bot."""
    channels = scene.slack.workspace.conversations
    support = channels["C0SUPPORT"]
    channels["C0SUPPORT"] = replace(support, is_ext_shared=True, members=support.members | {"U0OLU"})


MAY_NOT = {
    "Ana": Problem.NOT_AN_APPROVER,
    "Kim": Problem.NOT_AN_APPROVER,
    "Gus": Problem.GUEST,
    "Olu": Problem.OUTSIDER,
}
ACTIONS = {"Approve": "approve", "Deny": "deny", "Details": "see details"}


async def test_who_sees_a_card_and_may_not_decide_is_told_so(scene_with: OpenScene) -> None:
    async with scene_with(**IN_SUPPORT | {"PHONEID_APPROVERS": "U0LEE,U0GUS,U0OLU"}) as scene:
        request_id = await request(scene)
        share_with_partner(scene)
        tried = []
        for (name, problem), (button, action) in product(MAY_NOT.items(), ACTIONS.items()):
            human = scene.human(name)
            before = human.sees("support")
            await human.clicks(button, message=find_card(human, request_id, channel="support"))
            await finish(scene)
            (said,) = [each for each in human.sees("support") if each not in before]
            assert sentence(problem) in said.text, (name, button)
            assert said.is_ephemeral
            assert human.modal is None, (name, button)
            tried.append(Forbidden(human.person.id, human.person.team_id, request_id, action, problem.value))
            assert forbidden(scene) == tried
        assert await standing_of(scene, request_id) == AWAITING
        assert scene.cams.calls == []
        assert list(scene.slack.complaints) == []


@pytest.mark.parametrize("approvers", ["U0ANA,U0LEE", "S0LEADS,U0ANA"])
@pytest.mark.parametrize("button", ["Approve", "Deny"])
async def test_nobody_decides_on_their_own_request(scene_with: OpenScene, approvers: str, button: str) -> None:
    async with scene_with(**IN_SUPPORT | {"PHONEID_APPROVERS": approvers}) as scene:
        request_id = await request(scene)
        await scene.ana.clicks(button, message=find_card(scene.ana, request_id, channel="support"))
        await scene.answer(scene.ana, sentence(Problem.OWN_REQUEST))
        assert await standing_of(scene, request_id) == AWAITING
        assert [each.why for each in forbidden(scene)] == ["own request"]
        await scene.human("Lee").clicks("Approve")
        await told(scene, TOLD_ANSWERED)


async def test_by_usergroup_too_nobody_decides_on_their_own_request(scene_with: OpenScene) -> None:
    async with scene_with(**TO_CHANNEL) as scene:
        lee = scene.human("Lee")
        request_id = await request(scene, human=lee)
        await lee.clicks("Approve", message=find_card(lee, request_id, channel="approvals"))
        await scene.answer(lee, sentence(Problem.OWN_REQUEST), channel="approvals")
        assert [each.why for each in forbidden(scene)] == ["own request"]
        assert await standing_of(scene, request_id) == AWAITING


async def test_an_approver_gets_no_card_for_their_own_request(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        lee, kim = scene.human("Lee"), scene.human("Kim")
        request_id = await request(scene, human=lee)
        assert find_card(kim, request_id).buttons == ["Approve", "Deny", "Details"]
        assert lee.sees(lee.dm) == []


# --- forged ---

Edit = Callable[[dict[str, Any]], object]


async def forge(scene: Scene, *edits: Edit) -> None:
    """Lee looks at a request's details; then the same click comes once more, changed."""
    lee = scene.human("Lee")
    await open_modal(lee, "Details")
    await lee.closes()

    def change(payload: dict[str, Any]) -> None:
        for edit in edits:
            edit(payload)

    forged = await scene.slack.redeliver(_click(scene), edit=change, with_new_trigger=True)
    assert forged.is_acknowledged
    await finish(scene)


def _click(scene: Scene) -> Delivery:
    return next(each for each in reversed(scene.slack.deliveries) if each.title == "block_actions · details")


def approving(payload: dict[str, Any]) -> None:
    payload["actions"][0]["action_id"] = "approve"


def as_user(user_id: str, team_id: str = "T0SANDBOX") -> Edit:
    return lambda payload: payload["user"].update(id=user_id, team_id=team_id)


def about(request_id: str) -> Edit:
    return lambda payload: payload["actions"][0].update(value=request_id)


FORGED = (
    (as_user("U0LEE", "T0PARTNER"), Problem.OUTSIDER),
    (as_user("U0ANA", "T0PARTNER"), Problem.OUTSIDER),
    (as_user("U0OLU", "T0SANDBOX"), Problem.OUTSIDER),  # their team as claimed is not believed
    (as_user("U0GUS"), Problem.GUEST),
    (as_user("U0ANA"), Problem.NOT_AN_APPROVER),
    (as_user("U0IDA"), Problem.NOT_A_MEMBER),  # deactivated
    (as_user("U0NOBODY"), Problem.NOT_A_MEMBER),
    (as_user("U0SID"), Problem.OUTSIDER),  # a stranger
    (as_user("U0IVO"), Problem.NOT_A_MEMBER),  # invited, and not here yet
    (as_user("USLACKBOT"), Problem.NOT_A_MEMBER),
)


async def test_a_click_forged_for_somebody_else_is_refused(scene_with: OpenScene) -> None:
    approvers = "U0LEE,U0KIM,U0GUS,U0OLU,U0IDA,U0SID,U0IVO,USLACKBOT"
    async with scene_with(**TO_EACH | {"PHONEID_APPROVERS": approvers}) as scene:
        request_id = await request(scene)
        lee = scene.human("Lee")  # whose response URL it is
        for count, (edit, problem) in enumerate(FORGED, start=1):
            before = lee.sees(lee.dm)
            # With a trigger of their own, or Slack would not even show them a window.
            await forge(scene, approving, edit)
            tried = forbidden(scene)
            assert len(tried) == count, f"row {count}: {problem}"
            assert (tried[-1].action, tried[-1].why, tried[-1].request_id) == ("approve", problem.value, request_id)
            (said,) = [each for each in lee.sees(lee.dm) if each not in before]
            assert sentence(problem) in said.text, tried[-1]
            assert await standing_of(scene, request_id) == AWAITING
        assert scene.cams.calls == []


async def test_an_edited_button_leads_to_no_request_that_is_not_there(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        await request(scene)
        await forge(scene, approving, about("R-FORGED00"))
        assert forbidden(scene) == [Forbidden("U0LEE", "T0SANDBOX", None, "approve", "not your request")]
        lee = scene.human("Lee")
        await scene.answer(lee, asking.NOT_IN_THIS_RECORD, channel=lee.dm)


@pytest.mark.parametrize("value", ["", "R-X' OR 1=1 --", "🙂" * 500])
async def test_a_button_with_any_value_gets_a_sentence(scene_with: OpenScene, value: str) -> None:
    async with scene_with(**TO_EACH) as scene:
        request_id = await request(scene)
        await forge(scene, approving, about(value))
        assert [each.why for each in forbidden(scene)] == ["not your request"]
        assert await standing_of(scene, request_id) == AWAITING


async def test_an_edited_button_leads_to_ones_own_request_and_no_further(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        await request(scene)
        own = await request(scene, human=scene.human("Lee"))
        await forge(scene, approving, about(own))
        assert [(each.request_id, each.why) for each in forbidden(scene)] == [(own, "own request")]
        assert await standing_of(scene, own) == AWAITING


@pytest.mark.parametrize("action_id", ["withdraw", "enter_code", "show_id"])
async def test_what_is_for_the_agent_alone_is_not_for_an_approver(scene_with: OpenScene, action_id: str) -> None:
    async with scene_with(**TO_EACH) as scene:
        request_id = await request(scene)
        await forge(scene, lambda payload: payload["actions"][0].update(action_id=action_id))
        assert [(each.request_id, each.why) for each in forbidden(scene)] == [(request_id, "not your request")]
        assert scene.human("Lee").modal is None
        assert await standing_of(scene, request_id) == AWAITING


@pytest.mark.parametrize(("form", "field"), [("denial_form", "reason"), ("code_form", "code")])
async def test_a_form_edited_to_be_about_anothers_request_is_refused(
    scene_with: OpenScene, form: str, field: str
) -> None:
    async with scene_with(**TO_EACH) as scene:
        lee = scene.human("Lee")
        await request(scene)
        own = await request(scene, human=lee)
        await deny(lee, "no")
        await told(scene, TOLD_DENIED)

        def change(payload: dict[str, Any]) -> None:
            view = payload["view"]
            view["callback_id"] = form
            view["private_metadata"] = json.dumps({"request_id": own, "numbers": GOOD.digits})
            view["state"] = {"values": {"x": {field: {"type": "plain_text_input", "value": "x1"}}}}
            if form == "code_form":
                payload["user"]["id"] = "U0ANA"

        submission = next(each for each in scene.slack.deliveries if each.title == "view_submission · denial_form")
        await scene.slack.redeliver(submission, edit=change)
        await finish(scene)
        expected = "own request" if form == "denial_form" else "not your request"
        assert [(each.request_id, each.why) for each in forbidden(scene)] == [(RequestId(own), expected)]
        assert await standing_of(scene, own) == AWAITING


async def test_a_stale_card_is_answered_and_its_buttons_go(scene_with: OpenScene) -> None:
    async with scene_with(**TO_CHANNEL) as scene:
        request_id = await request(scene)
        people: list[Human] = [scene.human("Lee"), scene.human("Kim")]
        seen = find_card(people[0], request_id, channel="approvals")
        await deny(people[0], "no", message=seen)
        await told(scene, TOLD_DENIED)
        for button in ("Approve", "Deny"):
            for human in people:
                await human.clicks_stale(seen, button)
                await scene.answer(human, "Denied by <@", channel="approvals")
                assert human.modal is None
        await finish(scene)
        assert [each.why for each in forbidden(scene)] == ["too late"] * 4
        assert find_card(people[1], request_id, channel="approvals").buttons == []
