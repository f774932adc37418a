"""Every function that ever holds the code crashes once, in its midst: the traceback is logged, the code is not.

By day some of them do, at night all.
"""

import gc
import io
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from bot import logs
from bot.entry.table import read_table
from bot.errors import ListError
from bot.models import Problem, State
from bot.slack import buttons
from tests.amounts import IS_NIGHT, some_of
from tests.canaries import CANARY, found_in, search_what_was_said
from tests.sabotage import Place, Saboteur
from tests.scenarios.asking import TO_EACH, fill_in, finish, open_modal, request
from tests.scenarios.databases import hands_on
from tests.scenarios.listing import GOOD, OPAQUE, request_in, submit_list, window_with
from tests.scenarios.scene import PATIENCE, QUICK, OpenScene, Scene


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the bot logs, with every logger at DEBUG."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.TextFormatter())
    handler.addFilter(logs.NoPayloads())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


async def type_it(scene: Scene) -> None:
    await scene.ask(GOOD, code=CANARY)


async def fill_it_in(scene: Scene) -> None:
    await scene.ana.runs("support", "/phoneid")
    await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    scene.ana.fills(block_id="phone", text=GOOD.phone)
    scene.ana.fills(block_id="code", text=CANARY)
    await scene.ana.submits()


TWO = f"{GOOD.phone} {CANARY}\n{OPAQUE.phone} {CANARY}"


async def ask_for_a_list(scene: Scene) -> None:
    await submit_list(scene, TWO)


async def ask_with_it(scene: Scene) -> None:
    await fill_in(scene, code=CANARY)
    if await approve(scene):
        return
    await scene.ana.closes()


async def bring_it_later(scene: Scene) -> None:
    request_id = await request(scene, code=None)
    await approve(scene, request_id)
    await enter(scene, request_id, block_id="code", text=CANARY)


async def ask_for_a_list_with_them(scene: Scene) -> None:
    await submit_list(scene, TWO, reason="ticket 7")
    await approve(scene)


async def bring_them_later(scene: Scene) -> None:
    await submit_list(scene, f"{GOOD.phone}\n{OPAQUE.phone}", reason="ticket 7")
    request_id = request_in(await window_with(scene.ana, "is waiting for approval"))
    await scene.ana.closes()
    await approve(scene, request_id)
    await enter(scene, request_id, block_id="numbers", text=TWO)


async def enter(scene: Scene, request_id: str, *, block_id: str, text: str) -> None:
    """Enter the codes of an approved request, if nothing crashed that asks for them."""
    ana = scene.ana
    await finish(scene)
    told = [each for each in ana.sees(ana.dm) if request_id in each.words and each.buttons]
    if told:
        await open_modal(ana, buttons.ENTER_CODE, message=told[-1])
        ana.fills(block_id=block_id, text=text)
        await ana.submits()


async def approve(scene: Scene, request_id: str = "") -> bool:
    """Whether there was anything to approve. Without a request it is the newest."""
    await finish(scene)  # a card need not be there before the receipt
    lee = scene.human("Lee")
    cards = [each for each in lee.sees(lee.dm) if "Approve" in each.buttons and request_id in each.words]
    if cards:
        await lee.clicks("Approve", message=cards[-1])
    return bool(cards)


Way = Callable[[Scene], Awaitable[None]]

SLOWED = replace(QUICK, settling=(0.7,), sweeping=3600.0)
"""What is watched takes its time: an acknowledgement, too, which would paint over what overtook it. And no sweep uses
what an earlier crash left: a code that is refused then makes the next card an old one."""

TRIES = 3
"""Of a way until it comes to the victim: a code that an earlier crash left on its way may be refused in between, and
then the click on the card approves nothing."""

ROOMS = {"slack", "entry", "requests", "lookups", "cams"}
"""Where the code comes through, whichever way it takes."""

WAYS: Mapping[str, tuple[dict[str, str], tuple[Way, ...], set[str]]] = {
    "without approval": ({}, (type_it, fill_it_in, ask_for_a_list), ROOMS),
    "with approval": (TO_EACH, (ask_with_it, bring_it_later), {*ROOMS, "pending_codes"}),
    "lists with approval": (TO_EACH, (ask_for_a_list_with_them, bring_them_later), {*ROOMS, "pending_codes"}),
}


async def go(scene: Scene, way: Way) -> None:
    with hands_on(scene.database_url) as database:  # after a few wrong codes nothing would get as far any more
        database.execute("DELETE FROM refused_codes")
    await way(scene)
    await finish(scene)
    if scene.ana.modal:
        await scene.ana.closes()


@pytest.mark.more_at_night
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")  # whoever was to start it crashed
@pytest.mark.parametrize("name", WAYS)
async def test_no_crash_brings_the_code_to_light(scene_with: OpenScene, written: io.StringIO, name: str) -> None:
    settings, ways, rooms = WAYS[name]
    async with scene_with(waits=SLOWED, **settings) as scene:
        crashed: set[Place] = set()
        for way in ways:
            saboteur = Saboteur()
            with saboteur.watching():
                await go(scene, way)
            assert saboteur.leaks == set()
            for victim in some_of(sorted(saboteur.holders - crashed), 3, what=f"{name} {way.__name__}"):
                for _ in range(TRIES):
                    with saboteur.watching(victim):
                        await go(scene, way)
                    if saboteur.has_crashed:
                        break
                assert saboteur.has_crashed, victim
                crashed.add(victim)
        log = written.getvalue()
        assert not IS_NIGHT or rooms <= {place.module.split(".")[1] for place in crashed}
        assert log.count("Crash: on purpose") >= len(crashed) / 2
        assert found_in(log.encode()) == []
        search_what_was_said(scene.slack)
    gc.collect()  # what was never awaited is told here, and not in the midst of another test


async def test_what_a_crash_left_is_waited_for_by_nobody(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        saboteur = Saboteur()
        with saboteur.watching(Place("bot.slack.runner", "Runner.run")):
            await type_it(scene)
            await finish(scene)
        assert saboteur.has_crashed
        await type_it(scene)
        await finish(scene)
        second, first = await scene.lookups()
        assert (first.state, first.result.problem) == (State.FAILED, Problem.INTERNAL)
        assert (second.state, second.follows) == (State.REFUSED, None)  # it was called, and its code is another


def test_no_value_shows_a_code_while_a_list_is_read() -> None:
    saboteur = Saboteur()
    list_ = f"phone_number,code\n{GOOD.phone},{CANARY}\n+1 202 555 0101,x{CANARY}!\n"
    with saboteur.watching():
        with pytest.raises(ListError) as refusal:
            read_table(list_.encode(), region=None)
        read_table(f"{GOOD.phone} {CANARY}\n".encode(), region=None)
    assert found_in(f"{refusal.value!r} {refusal.value}".encode()) == []
    assert saboteur.holders
    assert saboteur.leaks == set()
