"""``/phoneid history``: an agent's own lookups, for their eyes only, each ID behind a button."""

from collections.abc import Sequence

from bot.audit import Event
from bot.models import Actor, ApprovalState, PhoneNumber, Problem, State, Through
from bot.policy import Decision, Rule, Verdict
from bot.sandbox.slack.workspace import Message
from bot.slack.pages import PAGE
from bot.store import forgetting
from bot.texts.outcomes import Stand
from tests import factories
from tests.english import OUTCOMES, PROBLEMS, asking, requests
from tests.english import history as texts
from tests.scenarios.asking import GOOD, GOOD_ID, TO_EACH, find_card, finish, journal, record_of, request
from tests.scenarios.listing import THREE, lines, submit_list, window_with
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, dispatch, entry

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
NOT_ALLOWED = Decision(Verdict.MAY_NOT, Rule.NOT_AN_AGENT, Problem.NOT_ALLOWED)


async def look(scene: Scene, *, name: str = "Ana", containing: str = texts.TITLE) -> Message:
    human = scene.human(name)
    await human.runs("support", "/phoneid history")
    await finish(scene)  # what it said before may still be seen
    return await scene.answer(human, containing)


def said_of(stand: Stand) -> str:
    said = OUTCOMES[stand].history
    assert said
    return str(said)


async def fill(scene: Scene, count: int, *, agent: Actor = ANA, numbers: int = 1) -> Sequence[str]:
    """So many requests of somebody's, none of them allowed; their references, newest first."""
    async with record_of(scene) as record:
        asked = [await record.change(factories.asked, numbers, decision=NOT_ALLOWED, agent=agent) for _ in range(count)]
    return [each.id for each in reversed(asked)]


async def test_the_latest_are_listed_newest_first_in_words_and_for_their_agent_alone(scene: Scene) -> None:
    other = entry("Unknown.ResourceOwnerId")
    for asked in (GOOD, other):
        await scene.ask(asked)
        await finish(scene)
    message = await look(scene)
    assert message.is_ephemeral
    newest, oldest = await scene.lookups()
    for said in (message.words, message.text):
        assert said.index(newest.id) < said.index(oldest.id)
        assert "+1 202-555-0106" in said
        assert "+86 138 0000 1234" in said
        assert said_of(State.ANSWERED) in said
        assert PROBLEMS[Problem.NOT_YOURS].what in said
        assert GOOD_ID not in said
        assert f"<!date^{int(newest.asked_at)}^" in said  # each reader's local time
    assert message.buttons == [requests.TRY_AGAIN.one, requests.SHOW_ID]


async def test_show_id_opens_it_without_a_call_and_is_journalled(scene: Scene) -> None:
    await scene.ask(GOOD)
    await finish(scene)
    (lookup,) = await scene.lookups()
    message = await look(scene)
    await scene.ana.clicks(requests.SHOW_ID, message=message)
    modal = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    assert GOOD_ID in modal.words
    assert len(scene.cams.calls) == 1
    assert (await journal(scene, lookup.request_id))[-1].event is Event.SHOWN


async def test_try_again_opens_the_form_with_the_number_and_without_the_code(scene: Scene) -> None:
    refused = entry("Unknown.ResourceOwnerId")
    await scene.ask(refused)
    await finish(scene)
    message = await look(scene)
    await scene.ana.clicks(requests.TRY_AGAIN.one, message=message)
    modal = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    assert refused.phone in str(modal.content)
    assert refused.code not in str(modal.content)


async def test_nothing_asked_yet_is_said_with_the_way_to_begin(scene: Scene) -> None:
    await fill(scene, 1, agent=Actor(team_id="T0OTHER", user_id="U0ANA", through=Through.SLACK))
    await fill(scene, 1, agent=Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK))
    message = await look(scene, containing=texts.EMPTY)
    assert message.is_ephemeral
    assert message.buttons == [asking.OPEN_FORM]


async def test_older_ones_are_a_click_away(scene: Scene) -> None:
    ids = await fill(scene, 2 * PAGE + 1)
    message = await look(scene)
    pages = [message]
    for _ in range(2):
        await scene.ana.clicks(texts.OLDER, message=pages[-1])
        await finish(scene)
        pages.append(await scene.answer(scene.ana, texts.OLDER_TITLE))
    listed = [[each for each in ids if each in page.words] for page in pages]
    assert listed == [list(ids[:PAGE]), list(ids[PAGE : 2 * PAGE]), list(ids[2 * PAGE :])]
    assert [texts.OLDER in page.buttons for page in pages] == [True, True, False]


async def test_who_forges_a_page_sees_nothing_of_others(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        (theirs,) = await fill(scene, 1, agent=Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK))
        await scene.ana.runs("support", "/phoneid help")
        await finish(scene)
        await dispatch(
            scene,
            {
                "type": "block_actions",
                "user": {"id": "U0ANA", "team_id": "T0SANDBOX"},
                "team": {"id": "T0SANDBOX"},
                "trigger_id": "1.2.forged",
                "actions": [{"action_id": "older", "block_id": "b", "type": "button", "value": theirs}],
            },
        )
        await finish(scene)
        told = await scene.answer(scene.ana, asking.GONE, channel=scene.ana.dm)
        assert theirs not in told.words


async def test_guests_get_the_usual_refusal(scene: Scene) -> None:
    await fill(scene, 1, agent=Actor(team_id="T0SANDBOX", user_id="U0GUS", through=Through.SLACK))
    message = await look(scene, name="Gus", containing=PROBLEMS[Problem.GUEST].what)
    assert message.is_ephemeral
    assert "R-" not in message.words


async def test_a_number_of_a_list_says_its_place(scene: Scene) -> None:
    (request_id,) = await fill(scene, 1, numbers=12)
    words = (await look(scene)).words
    assert f"Reference {request_id}/3 · Number 3 of 12 in a list" in words


async def test_what_needs_approval_says_how_it_stands_and_what_can_be_done(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        approved = await request(scene, code=None)
        await scene.human("Lee").clicks("Approve", message=find_card(scene.human("Lee"), approved))
        await finish(scene)
        awaiting = await request(scene)
        message = await look(scene)
        assert message.words.index(awaiting) < message.words.index(approved)
        assert said_of(ApprovalState.AWAITING) in message.words
        assert said_of(ApprovalState.APPROVED) in message.words
        assert message.buttons == [requests.WITHDRAW, requests.ENTER_CODE.one]
        await scene.ana.clicks(requests.WITHDRAW, message=message)
        await finish(scene)
        assert said_of(ApprovalState.WITHDRAWN) in (await look(scene)).words
        assert list(scene.slack.complaints) == []


async def test_beside_a_number_of_a_list_it_says_that_the_whole_list_is_withdrawn(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        await submit_list(scene, lines(THREE), reason="ticket 7")
        await window_with(scene.ana, "is waiting for approval")
        await scene.ana.closes()
        message = await look(scene)
        assert message.buttons == [requests.WITHDRAW_BESIDE_NUMBER.several] * 3
        assert "your request for all 3 numbers" in str(message.blocks)
        assert list(scene.slack.complaints) == []


async def test_a_forgotten_number_says_so_and_has_nothing_to_press(scene: Scene) -> None:
    await scene.ask(GOOD)
    await finish(scene)
    async with record_of(scene) as record:
        await record.change(forgetting.forget, PhoneNumber(GOOD.digits), actor=ANA)
    message = await look(scene)
    assert texts.FORGOTTEN in message.words
    assert "1234" not in message.words
    assert message.buttons == []


def test_every_end_has_its_words() -> None:
    own_reason = {State.REJECTED, State.REFUSED, State.FAILED, State.INTERRUPTED, State.DROPPED}
    assert {stand for stand, outcome in OUTCOMES.items() if outcome.history is None} == own_reason
    assert set(OUTCOMES) == {*ApprovalState, *State} - {State.HELD}  # one that is held stands as its approval
