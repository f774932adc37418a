"""``/phoneid history``: an agent's own lookups, for their eyes only, each ID behind a button."""

from collections.abc import Sequence

from bot.app import open_store
from bot.models import Actor, BatchId, Event, NewLookup, PhoneNumber, Place, Problem, State, Through
from bot.sandbox.slack.workspace import Message
from bot.settings import RecordSettings, read
from bot.slack.history import PAGE
from bot.texts import approvals, asking, problems
from bot.texts import history as texts
from tests.scenarios.asking import GOOD, GOOD_ID, TO_EACH, find_card, finish, journal, request
from tests.scenarios.listing import THREE, lines, submit_list, window_with
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, dispatch, entry

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)


async def look(scene: Scene, *, name: str = "Ana", containing: str = texts.TITLE) -> Message:
    human = scene.human(name)
    await human.runs("support", "/phoneid history")
    return await scene.answer(human, containing)


async def record(scene: Scene, count: int, *, agent: Actor = ANA, place: Place | None = None) -> Sequence[str]:
    """So many lookups of somebody's, as if long ended; their references, newest first."""
    ids = []
    async with open_store(read(RecordSettings, {"DATABASE_URL": scene.environment["DATABASE_URL"]})) as store:
        for number in range(count):
            key = f"{agent.team_id} {agent.user_id} {number}"
            phone = PhoneNumber(f"1202555{number:04}")
            new = NewLookup(agent=agent, phone=phone, reason="", channel_id="", submission_key=key, place=place)
            lookup, _ = await store.accept(new, state=State.REJECTED, problem=Problem.NOT_ALLOWED)
            await store.told(lookup.id, lookup.state)
            ids.append(lookup.id)
    return ids[::-1]


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
        assert texts.BECAME[State.ANSWERED] in said
        assert problems.PROBLEMS[Problem.NOT_YOURS].what in said
        assert GOOD_ID not in said
        assert f"<!date^{int(newest.created_at)}^" in said  # each reader's local time
    assert message.buttons == [asking.TRY_AGAIN, approvals.SHOW_ID]


async def test_show_id_opens_it_without_a_call_and_is_journalled(scene: Scene) -> None:
    await scene.ask(GOOD)
    await finish(scene)
    (lookup,) = await scene.lookups()
    message = await look(scene)
    await scene.ana.clicks(approvals.SHOW_ID, message=message)
    modal = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    assert GOOD_ID in modal.words
    assert len(scene.cams.calls) == 1
    assert (await journal(scene, lookup.id))[-1].event is Event.SHOWN


async def test_try_again_opens_the_form_with_the_number_and_without_the_code(scene: Scene) -> None:
    refused = entry("Unknown.ResourceOwnerId")
    await scene.ask(refused)
    await finish(scene)
    message = await look(scene)
    await scene.ana.clicks(asking.TRY_AGAIN, message=message)
    modal = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    assert refused.phone in str(modal.content)
    assert refused.code not in str(modal.content)


async def test_nothing_asked_yet_is_said_with_the_way_to_begin(scene: Scene) -> None:
    await record(scene, 1, agent=Actor(team_id="T0OTHER", user_id="U0ANA", through=Through.SLACK))
    await record(scene, 1, agent=Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK))
    message = await look(scene, containing=texts.EMPTY)
    assert message.is_ephemeral
    assert message.buttons == [asking.OPEN_FORM]


async def test_older_ones_are_a_click_away(scene: Scene) -> None:
    ids = await record(scene, 2 * PAGE + 1)
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
        (theirs,) = await record(scene, 1, agent=Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK))
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
    await record(scene, 1, agent=Actor(team_id="T0SANDBOX", user_id="U0GUS", through=Through.SLACK))
    message = await look(scene, name="Gus", containing=problems.PROBLEMS[Problem.GUEST].what)
    assert message.is_ephemeral
    assert "L-" not in message.words


async def test_a_number_of_a_list_says_its_place(scene: Scene) -> None:
    await record(scene, 1, place=Place(batch_id=BatchId("B-1"), number=3, of=12))
    assert "number 3 of 12 in a list" in (await look(scene)).words


async def test_what_needs_approval_says_how_it_stands_and_what_can_be_done(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        approved = await request(scene, code=None)
        await scene.human("Lee").clicks("Approve", message=find_card(scene.human("Lee"), approved))
        await finish(scene)
        awaiting = await request(scene)
        message = await look(scene)
        assert message.words.index(awaiting) < message.words.index(approved)
        assert texts.BECAME[State.AWAITING] in message.words
        assert texts.BECAME[State.APPROVED] in message.words
        assert message.buttons == [approvals.WITHDRAW, approvals.ENTER_CODE]
        await scene.ana.clicks(approvals.WITHDRAW, message=message)
        await finish(scene)
        assert texts.BECAME[State.WITHDRAWN] in (await look(scene)).words
        assert list(scene.slack.complaints) == []


async def test_beside_a_number_of_a_list_it_says_that_the_whole_list_is_withdrawn(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        await submit_list(scene, lines(THREE), reason="ticket 7")
        await window_with(scene.ana, "awaits approval")
        await scene.ana.closes()
        message = await look(scene)
        assert message.buttons == [approvals.WITHDRAW_LIST] * 3
        assert approvals.withdraw_list_label(3) in str(message.blocks)
        assert list(scene.slack.complaints) == []


async def test_a_forgotten_number_says_so_and_has_nothing_to_press(scene: Scene) -> None:
    await scene.ask(GOOD)
    await finish(scene)
    async with open_store(read(RecordSettings, {"DATABASE_URL": scene.environment["DATABASE_URL"]})) as store:
        await store.forget(PhoneNumber(GOOD.digits), actor=ANA)
    message = await look(scene)
    assert texts.FORGOTTEN in message.words
    assert "1234" not in message.words
    assert message.buttons == []


def test_every_end_has_its_words() -> None:
    own_reason = {State.REJECTED, State.REFUSED, State.FAILED, State.INTERRUPTED}
    assert set(texts.BECAME) == set(State) - own_reason
