"""An agent asks: by command, by form, by shortcut; and gets the ID, or words."""

import pytest

from bot.errors import EntryMistake
from bot.models import State, Through
from tests.english import asking, usage
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, entry

GOOD = entry("The ID")
GOOD_ID = "920155500012345"


async def open_form(scene: Scene, line: str = "/phoneid") -> None:
    await scene.ana.runs("support", line)
    await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)


def shown_in(scene: Scene, field: str) -> str | None:
    modal = scene.ana.modal
    assert modal
    block_id = next(block["block_id"] for block in modal.blocks if block["block_id"].startswith(field))
    value: str | None = modal.value(block_id)
    return value


async def test_a_command_with_number_and_code_is_answered_directly(scene: Scene) -> None:
    await scene.ana.runs("support", "/phoneid +86 138 0000 1234 208312")
    answer = await scene.answer(scene.ana, GOOD_ID)
    assert answer.is_ephemeral
    assert "+86 138 0000 1234" in answer.text
    assert scene.ana.modal is None
    (call,) = scene.cams.calls
    assert call.phone == "8613800001234"


async def test_only_the_agent_sees_the_answer(scene: Scene) -> None:
    await scene.ask(GOOD)
    await scene.answer(scene.ana, GOOD_ID)
    for human in scene.slack.humans.values():
        if human is not scene.ana:
            for conversation in human.screen.conversations:
                assert not any(GOOD_ID in message.words for message in human.sees(conversation.id))


async def test_the_answer_holds_the_id_the_number_the_request_id_and_the_fragment(scene: Scene) -> None:
    await scene.ask(GOOD)
    words = (await scene.answer(scene.ana, GOOD_ID)).words.splitlines()
    assert GOOD_ID in words  # on a line of its own, ready to copy
    assert f'setup: {{ preVerifiedPhone: {{ ids: ["{GOOD_ID}"] }} }}' in words
    assert any("+86 138 0000 1234" in line for line in words)
    (lookup,) = await scene.lookups()
    assert lookup.result.request_id
    assert any(lookup.result.request_id in line and lookup.id in line for line in words)


async def test_an_id_that_is_not_digits_is_shown_as_it_is(scene: Scene) -> None:
    await scene.ask(entry("An ID with letters"))
    assert "pvn-7Q3xK9_demo" in (await scene.answer(scene.ana, "pvn-7Q3xK9_demo")).words


async def test_the_record_says_who_where_which_and_what_came_back(scene: Scene) -> None:
    await scene.ask(GOOD)
    await scene.answer(scene.ana, GOOD_ID)
    (lookup,) = await scene.lookups()
    assert lookup.state is State.ANSWERED
    assert (lookup.agent.team_id, lookup.agent.user_id) == ("T0SANDBOX", scene.ana.person.id)
    assert lookup.agent.through is Through.SLACK
    assert lookup.channel_id == "C0SUPPORT"
    assert lookup.phone.digits == "8613800001234"
    assert lookup.result.phone_number_id == GOOD_ID
    assert lookup.result.api_code == "OK"
    assert lookup.result.attempts == 1
    assert lookup.result.milliseconds is not None


async def test_the_form_gives_the_answer_in_the_window_and_where_it_was_asked(scene: Scene) -> None:
    await open_form(scene)
    scene.ana.fills(block_id="phone", text="+86 138 0000 1234")
    scene.ana.fills(block_id="code", text="208-312")
    scene.ana.fills(block_id="reason", text="ticket <!channel> & co")
    await scene.ana.submits()
    assert scene.ana.modal
    assert "Looking up" in scene.ana.modal.words  # progress at once, the code masked
    await scene.ana.until(lambda: scene.ana.modal and GOOD_ID in scene.ana.modal.words, timeout=PATIENCE)
    assert (await scene.answer(scene.ana, GOOD_ID)).is_ephemeral
    (lookup,) = await scene.lookups()
    assert lookup.reason == "ticket <!channel> & co"


async def test_a_closed_window_does_not_lose_the_answer(scene: Scene) -> None:
    await open_form(scene)
    slow = entry("The ID, after 3 seconds")
    scene.ana.fills(block_id="phone", text=slow.phone)
    scene.ana.fills(block_id="code", text=slow.code)
    await scene.ana.submits()
    await scene.ana.closes()
    await scene.answer(scene.ana, "phone number ID of +1 202-555-0108")


async def test_a_number_alone_opens_the_form_filled_in(scene: Scene) -> None:
    await open_form(scene, "/phoneid +86 138 0000 1234")
    assert shown_in(scene, "phone") == "+86 138 0000 1234"
    assert shown_in(scene, "code") is None


@pytest.mark.parametrize("behind", ["/5 208312", ";12 208312", " 12.08.2031", " 2031-08-12 208312"])
async def test_digits_that_are_neither_open_the_form_with_the_number_and_without_a_code(
    scene: Scene, behind: str
) -> None:
    await open_form(scene, f"/phoneid +86 138 0000 1234{behind}")
    assert (shown_in(scene, "phone"), shown_in(scene, "code")) == ("+86 138 0000 1234", None)
    assert scene.cams.calls == []


async def test_an_uncertain_end_of_the_number_opens_the_form_and_guesses_nothing(scene: Scene) -> None:
    await open_form(scene, "/phoneid +49 30 12345 208312")
    assert scene.ana.modal
    assert asking.NUMBER_UNCERTAIN in scene.ana.modal.words
    assert "208312" not in str(scene.ana.modal.content)
    assert scene.cams.calls == []


@pytest.mark.parametrize(
    ("line", "mistake", "kept"),
    [
        ("/phoneid 138 0000 1234 208312", EntryMistake.NUMBER_WITHOUT_COUNTRY, "138 0000 1234"),
        ("/phoneid +86 138 0000 123O 208312", EntryMistake.NUMBER_HOLDS_LETTERS, "+86 138 0000"),
        ("/phoneid +86 138 0000 1234 208312 +1 202 555 0100", EntryMistake.NUMBERS_FUSED, "+86 138 0000 1234"),
        ("/phoneid 208312", EntryMistake.NUMBER_MISSING, None),
    ],
)
async def test_a_command_that_cannot_be_read_names_its_mistake_and_keeps_what_is_the_number(
    scene: Scene, line: str, mistake: EntryMistake, kept: str | None
) -> None:
    await open_form(scene, line)
    assert scene.ana.modal
    assert asking.unread(mistake) in scene.ana.modal.words
    assert (shown_in(scene, "phone") or None) == kept
    assert "208312" not in str(scene.ana.modal.content)
    assert scene.cams.calls == []


@pytest.mark.parametrize("line", ["/phoneid help", "/phoneid ?", "/phoneid hello there", "/phoneid +", "/phoneid 🙂"])
async def test_help_and_nonsense_get_the_usage_with_a_button(scene: Scene, line: str) -> None:
    await scene.ana.runs("support", line)
    told = await scene.answer(scene.ana, usage.GET_ID)
    assert told.is_ephemeral
    assert "hello there" not in told.words
    await scene.ana.clicks(asking.OPEN_FORM)
    await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)


async def test_mistakes_stand_under_their_fields_and_keep_what_was_typed(scene: Scene) -> None:
    await open_form(scene)
    scene.ana.fills(block_id="phone", text="+86 138")
    scene.ana.fills(block_id="code", text="no code!")
    await scene.ana.submits()
    modal = scene.ana.modal
    assert modal
    by_field = {block_id.split("-")[0]: sentence for block_id, sentence in modal.errors.items()}
    assert by_field.keys() == {"phone", "code"}
    assert "too short" in by_field["phone"]
    assert shown_in(scene, "phone") == "+86 138"
    assert await scene.lookups() == []


@pytest.mark.parametrize(
    "typed",
    [
        "+8613800001234",
        "0086 138 0000 1234",
        "８６１３８００００１２３４",
        "<tel:+8613800001234|+86 138 0000 1234>",
        "+86\u00a0138\u200b-0000-1234",
        "86 138 0000 1234",
    ],
)
async def test_numbers_are_read_as_people_paste_them(scene: Scene, typed: str) -> None:
    await open_form(scene)
    scene.ana.fills(block_id="phone", text=typed)
    scene.ana.fills(block_id="code", text="\u200b208 312 ")
    await scene.ana.submits()
    await scene.answer(scene.ana, GOOD_ID)
    assert [call.phone for call in scene.cams.calls] == ["8613800001234"]


async def test_national_numbers_are_read_where_a_region_is_set(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_DEFAULT_REGION="CN") as scene:
        await scene.ana.runs("support", "/phoneid 138 0000 1234 208312")
        await scene.answer(scene.ana, GOOD_ID)


async def test_the_shortcut_answers_in_the_window_and_by_direct_message(scene: Scene) -> None:
    await scene.ana.uses_shortcut("get_phone_number_id")
    await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    scene.ana.fills(block_id="phone", text=GOOD.phone)
    scene.ana.fills(block_id="code", text=GOOD.code)
    await scene.ana.submits()
    await scene.ana.until(lambda: scene.ana.modal and GOOD_ID in scene.ana.modal.words, timeout=PATIENCE)
    await scene.answer(scene.ana, GOOD_ID, channel=scene.ana.dm)


async def test_the_command_works_where_the_bot_is_not_a_member(scene: Scene) -> None:
    await scene.ana.runs("tea-room", f"/phoneid {GOOD.phone} {GOOD.code}")
    await scene.answer(scene.ana, GOOD_ID, channel="tea-room")


async def test_another_number_starts_over_with_an_empty_form(scene: Scene) -> None:
    await open_form(scene, f"/phoneid {GOOD.phone}")
    scene.ana.fills(block_id="code", text=GOOD.code)
    await scene.ana.submits()
    await scene.ana.until(lambda: scene.ana.modal and GOOD_ID in scene.ana.modal.words, timeout=PATIENCE)
    await scene.ana.clicks(asking.ANOTHER_NUMBER)
    await scene.ana.until(lambda: scene.ana.modal and scene.ana.modal.can_submit, timeout=PATIENCE)
    assert shown_in(scene, "phone") is None
    assert shown_in(scene, "code") is None


async def test_a_long_wait_gets_a_word_and_then_the_answer(scene: Scene) -> None:
    await scene.ask(entry("The ID, after 3 seconds"))
    await scene.answer(scene.ana, "Still looking up")
    await scene.answer(scene.ana, "phone number ID of +1 202-555-0108")
