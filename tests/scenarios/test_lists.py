"""Ana asks for several numbers at once."""

from bot.models import State
from bot.texts import lists as texts
from tests.scenarios.listing import THREE, lines, listed, message_with, submit_list, window_with
from tests.scenarios.scene import Scene


async def test_each_number_of_a_list_is_a_lookup_with_a_result_of_its_own(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE), reason="ticket 7")
    words = await window_with(ana, "is done")
    print(words)
    told = await message_with(ana, "is done")
    print(told.words, told.buttons)
    found = await listed(scene)
    assert [each.state for each in found] == [State.ANSWERED, State.ANSWERED, State.REFUSED]
    assert "8613800001234\t920155500012345" in words
    assert "920155500012345" not in told.words + told.text
    assert texts.SHOW_RESULTS in told.buttons
    await ana.closes()
    await ana.clicks(texts.SHOW_RESULTS)
    assert "8613800001234\t920155500012345" in await window_with(ana, "is done")
    assert len(scene.cams.calls) == 3
