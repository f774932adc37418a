"""There is no ID: the agent learns what happened, what to do next and whose turn it is, and can try again."""

from copy import deepcopy

import pytest

from bot.models import Problem, State
from bot.sandbox.cams.trouble import ApiTrouble
from bot.texts.problems import Side
from tests.english import PROBLEMS, asking, requests
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, dispatch, entry

GOOD_ID = "920155500012345"


@pytest.mark.parametrize(
    ("outcome", "problem", "state", "turn"),
    [
        ("Product.Unsubscript", Problem.NOT_SUBSCRIBED, State.REFUSED, Side.ADMIN),
        ("Ram.PermissionDeny", Problem.NOT_AUTHORIZED, State.REFUSED, Side.ADMIN),
        ("Unknown.ResourceOwnerId", Problem.NOT_YOURS, State.REFUSED, Side.AGENT),
        ("InvalidParameter.PhoneNumberError", Problem.BAD_NUMBER, State.REFUSED, Side.AGENT),
        ("HTTP 502 with a page", Problem.SERVICE_TROUBLE, State.FAILED, Side.ALIBABA),
        ("HTTP 500, empty", Problem.SERVICE_TROUBLE, State.FAILED, Side.ALIBABA),
        ("Connection reset", Problem.NO_ANSWER, State.FAILED, Side.ALIBABA),
        ("HTTP 200 with an error", Problem.NOT_YOURS, State.REFUSED, Side.AGENT),
        ("OK without an ID", Problem.NO_ID, State.FAILED, Side.ALIBABA),
        ("An unknown error that repeats the verification code", Problem.UNKNOWN_CODE, State.REFUSED, Side.AGENT),
    ],
)
async def test_each_kind_of_no_has_its_words(
    scene_with: OpenScene, outcome: str, problem: Problem, state: State, turn: Side
) -> None:
    async with scene_with() as scene:
        await scene.ask(entry(outcome))
        message = await scene.answer(scene.ana, "No ID for")
        (lookup,) = await scene.lookups()
        assert (lookup.state, lookup.result.problem) == (state, problem)
        explanation = PROBLEMS[problem]
        assert explanation.turn is turn
        for text in (message.text, message.words):
            assert explanation.what in text
            assert explanation.next in text
            assert "What to do:" in text
            assert lookup.id in text
        if lookup.result.api_code:
            assert entry(outcome).code not in message.text
        assert list(scene.slack.complaints) == []


async def test_account_details_of_a_denial_never_reach_slack(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        await scene.ask(entry("Ram.PermissionDeny"))
        await scene.answer(scene.ana, "No ID for")
        sent = [repr(each.request) for each in scene.slack.inspector.entries()]
        assert any("Ram.PermissionDeny" in each for each in sent)
        assert not any("AccessDeniedDetail" in each or "AuthPrincipal" in each for each in sent)


@pytest.mark.parametrize("outcome", ["System.LimitControl once, then the ID", "InternalError once, then the ID"])
async def test_what_passes_is_asked_again_and_answered(scene_with: OpenScene, outcome: str) -> None:
    async with scene_with() as scene:
        await scene.ask(entry(outcome))
        await scene.answer(scene.ana, "The phone number ID of")
        (lookup,) = await scene.lookups()
        assert lookup.result.attempts == 2


async def test_a_no_about_the_code_is_never_asked_again(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        await scene.ask(entry("The ID"), code="999999")
        await scene.answer(scene.ana, "No ID for")
        assert len(scene.cams.calls) == 1


async def test_try_again_opens_the_form_with_the_number_and_without_the_code(scene: Scene) -> None:
    await scene.ask(entry("The ID"), code="999999")
    await scene.answer(scene.ana, "No ID for")
    await scene.ana.clicks(requests.TRY_AGAIN.one)
    modal = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    assert "+86 138 0000 1234" in str(modal.values)
    assert "999999" not in str(modal.content) + str(modal.values)
    scene.ana.fills(block_id="code", text="208312")
    await scene.ana.submits()
    await scene.answer(scene.ana, GOOD_ID)


async def test_try_again_in_the_window_forgets_the_code(scene: Scene) -> None:
    await scene.ana.runs("support", "/phoneid +86 138 0000 1234")
    await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    scene.ana.fills(block_id="code", text="999999")
    scene.ana.fills(block_id="reason", text="ticket 7")
    await scene.ana.submits()
    await scene.ana.until(lambda: scene.ana.modal and "No ID for" in scene.ana.modal.words, timeout=PATIENCE)
    await scene.ana.clicks(requests.TRY_AGAIN.one)
    modal = await scene.ana.until(
        lambda: scene.ana.modal if scene.ana.modal and scene.ana.modal.can_submit else None, timeout=PATIENCE
    )
    assert "+86 138 0000 1234" in str(modal.values)
    assert "ticket 7" in str(modal.values)
    assert "999999" not in str(modal.content) + str(modal.values)


async def test_nobody_can_reopen_somebody_elses_lookup(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        await scene.ask(entry("The ID"), code="999999")
        await scene.answer(scene.ana, "No ID for")
        (anas,) = await scene.lookups()
        lee = scene.human("Lee")
        await scene.ask(entry("The ID"), human=lee, code="888888")
        await scene.answer(lee, "No ID for")
        await lee.clicks(requests.TRY_AGAIN.one)
        await lee.until(lambda: lee.modal, timeout=PATIENCE)
        await lee.closes()
        # The same click once more, with Ana's lookup written into the button.
        clicked = deepcopy(scene.slack.deliveries[-1].payload)
        clicked["actions"][0]["value"] = anas.id
        await dispatch(scene, clicked)
        await scene.answer(lee, asking.GONE)
        assert lee.modal is None


@pytest.mark.parametrize("value", ["", "L-00000000", "x" * 2000, "'; drop table lookups; --", "\x00"])
async def test_an_edited_button_gets_a_sentence(scene_with: OpenScene, value: str) -> None:
    async with scene_with() as scene:
        await scene.ask(entry("The ID"), code="999999")
        await scene.answer(scene.ana, "No ID for")
        await scene.ana.clicks(requests.TRY_AGAIN.one)
        await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
        await scene.ana.closes()
        clicked = deepcopy(scene.slack.deliveries[-1].payload)
        clicked["actions"][0]["value"] = value
        await dispatch(scene, clicked)
        await scene.answer(scene.ana, asking.NOT_IN_THIS_RECORD)


async def test_a_button_of_an_older_release_gets_a_sentence(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        await scene.ana.runs("support", "/phoneid help")
        await scene.ana.clicks(asking.OPEN_FORM)
        await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
        await scene.ana.closes()
        clicked = deepcopy(scene.slack.deliveries[-1].payload)
        clicked["actions"][0]["action_id"] = "a_button_that_is_gone"
        await dispatch(scene, clicked)
        await scene.answer(scene.ana, asking.NOTHING_THERE)


async def test_an_outage_is_told_and_the_next_try_works(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        scene.cams.trouble = ApiTrouble.DOWN
        await scene.ask(entry("The ID"))
        await scene.answer(scene.ana, "did not respond")
        scene.cams.trouble = ApiTrouble.NONE
        await scene.ask(entry("The ID"))
        await scene.answer(scene.ana, GOOD_ID)


@pytest.mark.parametrize("line", ["/phoneid", "/phoneid +86 138 0000 1234"])
async def test_a_guest_gets_a_sentence_instead_of_the_form(scene: Scene, line: str) -> None:
    gus = scene.human("Gus")
    await gus.runs("support", line)
    modal = await gus.until(lambda: gus.modal, timeout=PATIENCE)
    assert PROBLEMS[Problem.GUEST].what in modal.words
    assert not modal.can_submit


async def test_a_guests_request_is_refused_and_recorded(scene: Scene) -> None:
    gus = scene.human("Gus")
    await scene.ask(entry("The ID"), human=gus)
    await scene.answer(gus, PROBLEMS[Problem.GUEST].what)
    (lookup,) = await scene.lookups()
    assert (lookup.state, lookup.result.problem) == (State.REJECTED, Problem.GUEST)
    assert scene.cams.calls == []


async def test_who_is_not_listed_may_not_ask(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_AGENTS="U0LEE") as scene:
        await scene.ask(entry("The ID"))
        await scene.answer(scene.ana, PROBLEMS[Problem.NOT_ALLOWED].what)
        assert scene.cams.calls == []
        await scene.ask(entry("The ID"), human=scene.human("Lee"))
        await scene.answer(scene.human("Lee"), GOOD_ID)
