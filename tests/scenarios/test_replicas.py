"""Several bots on one database: any of them may get any click, and what one of them holds the others need not have."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from bot.models import Actor, ApprovalState, RequestId, Through
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.workspace import Message
from bot.store import decisions
from bot.store.decisions import USED_WITHIN
from bot.store.processes import SILENT_FOR
from tests import factories
from tests.amounts import scaled
from tests.english import requests as texts
from tests.english import results
from tests.scenarios.asking import (
    GOOD,
    TO_EACH,
    TOLD_ANSWERED,
    TOLD_DENIED,
    TOLD_ENTER_CODE,
    TOLD_WITHDRAWN,
    deny,
    find_card,
    open_modal,
    record_of,
    request,
    told,
)
from tests.scenarios.listing import THREE, lines, message_with, submit_list, window_with
from tests.scenarios.racing import REFERENCE, numbers
from tests.scenarios.scene import PATIENCE, Scene, open_scene, with_bot
from tests.scenarios.several import open_several
from tests.scenarios.test_codes_that_wait import codes_kept

SOON = 1.0
"""Seconds in which the others notice what one has done."""

ASKED_WITHIN = USED_WITHIN + 3.0
"""Seconds in which an agent is asked for a code that nobody has: two looks later than at the earliest."""

LEE = Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK)


def tellings(scene: Scene, words: str) -> int:
    """How many direct messages with these words Ana got."""
    return sum(words in each.text for each in scene.ana.sees(scene.ana.dm))


def calls_for(scene: Scene, book: Sequence[Entry]) -> int:
    """How many calls there were for these numbers: a process that starts makes one of its own."""
    digits = {each.digits for each in book}
    return sum(call.phone in digits for call in scene.cams.calls)


async def seconds_until(scene: Scene, words: str) -> float:
    """How long it takes until Ana is told something with these words in it."""
    started = scene.clock.monotonic()
    await told(scene, words)
    return scene.clock.monotonic() - started


async def test_a_code_is_used_by_the_bot_that_has_it_whoever_gets_the_click(tmp_path: Path) -> None:
    before = codes_kept()
    async with open_several(tmp_path, 3) as several:
        scene = several.scene
        for asked_through, approved_through in ((0, 1), (1, 2), (2, 0), (1, 1)):
            several.turn_to(asked_through)
            await request(several.bots[asked_through])
            several.turn_to(approved_through)
            told_before = tellings(scene, TOLD_ANSWERED)
            started = scene.clock.monotonic()
            await scene.human("Lee").clicks("Approve")
            await scene.slack.until(lambda: tellings(scene, TOLD_ANSWERED) > told_before, timeout=PATIENCE)  # noqa: B023 - it is awaited here
            assert scene.clock.monotonic() - started < SOON
        await asyncio.sleep(ASKED_WITHIN)
        await several.finish()
        assert tellings(scene, TOLD_ENTER_CODE) == 0
        assert len(scene.cams.calls) == 4
        assert codes_kept() == before


async def test_the_codes_of_a_list_are_used_by_the_bot_that_has_them(tmp_path: Path) -> None:
    async with open_several(tmp_path) as several:
        several.turn_to(0)
        ana = await submit_list(several.scene, lines(THREE), reason="ticket 7")
        await window_with(ana, "is waiting for approval")
        await ana.closes()
        await several.finish()
        several.turn_to(1)
        await several.scene.human("Lee").clicks("Approve")
        await message_with(ana, "numbers is done")
        await several.finish()
        assert tellings(several.scene, TOLD_ENTER_CODE) == 0
        assert len(several.scene.cams.calls) == len(THREE)


async def test_when_the_bot_that_has_the_code_is_gone_the_agent_is_asked_after_a_few_seconds(tmp_path: Path) -> None:
    async with open_several(tmp_path) as several:
        scene = several.scene
        async with with_bot(scene) as third:
            await request(third)
        several.turn_to(0)
        await scene.human("Lee").clicks("Approve")
        assert USED_WITHIN <= await seconds_until(scene, TOLD_ENTER_CODE) < ASKED_WITHIN
        await asyncio.sleep(ASKED_WITHIN)
        await several.finish()
        assert tellings(scene, TOLD_ENTER_CODE) == 1
        assert scene.cams.calls == []


@pytest.mark.parametrize("is_code_there", [True, False])
async def test_when_the_process_that_took_the_click_dies_the_others_do_what_follows(
    tmp_path: Path, *, is_code_there: bool
) -> None:
    async with open_several(tmp_path) as several:
        scene = several.scene
        several.turn_to(0)
        request_id = await request(several.bots[0], code=GOOD.code if is_code_there else None)
        async with record_of(scene) as of_the_dead:
            approved, good_for = ApprovalState.APPROVED, factories.HOUR
            await of_the_dead.change(decisions.decide, request_id, approved, actor=LEE, good_for=good_for)
        seconds = await seconds_until(scene, TOLD_ANSWERED if is_code_there else TOLD_ENTER_CODE)
        assert seconds < (SOON if is_code_there else ASKED_WITHIN)


@pytest.mark.parametrize("is_denied", [True, False])
async def test_codes_of_what_has_ended_through_another_bot_are_forgotten_at_once(
    tmp_path: Path, *, is_denied: bool
) -> None:
    before = codes_kept()
    async with open_several(tmp_path) as several:
        several.turn_to(0)
        await request(several.bots[0])
        assert codes_kept() == before + 1
        several.turn_to(1)
        if is_denied:
            await deny(several.scene.human("Lee"), "no")
        else:
            await several.scene.ana.clicks(texts.WITHDRAW)
        await told(several.scene, TOLD_DENIED if is_denied else TOLD_WITHDRAWN)
        await asyncio.sleep(SOON)
        assert codes_kept() == before


async def test_a_list_that_is_stopped_through_another_bot_stops_at_once(tmp_path: Path) -> None:
    book = numbers(60)
    async with open_several(tmp_path, book=book, settings={"PHONEID_APPROVAL": "never"}) as several:
        scene = several.scene
        several.turn_to(0)
        ana = await submit_list(scene, lines(book))
        await message_with(ana, results.STOP)
        await ana.closes()
        await scene.slack.until(lambda: scene.cams.calls, timeout=PATIENCE)
        several.turn_to(1)
        await ana.clicks(results.STOP)
        started = scene.clock.monotonic()
        await message_with(ana, "You stopped your list of 60 numbers.")
        assert scene.clock.monotonic() - started < SOON
        await several.finish()
        assert 0 < len(scene.cams.calls) < len(book)


# --- many approvals, whose clicks go to whichever bot Slack likes ---


@dataclass(frozen=True)
class Approvals:
    """From each click to what it was for, in seconds, by request."""

    seconds: list[float]
    asked_again: int

    def __str__(self) -> str:
        ordered = sorted(self.seconds)
        p95 = ordered[round(0.95 * (len(ordered) - 1))]
        return (
            f"{len(ordered)} approvals: median {median(ordered):.2f} s, 95 % within {p95:.2f} s,"
            f" longest {ordered[-1]:.2f} s; asked again {self.asked_again}\n"
        )


async def approve_each(scene: Scene, cards: dict[RequestId, Message], *, every: float) -> Approvals:
    """Let Lee approve one after the other, and wait until Ana has heard of all."""
    clicked, heard = dict[RequestId, float](), dict[RequestId, float]()
    read = 0

    def hear() -> None:
        nonlocal read
        new = scene.ana.sees(scene.ana.dm)[read:]
        read += len(new)
        for message in new:
            found = REFERENCE.search(message.words)
            if found and TOLD_ANSWERED in message.text:
                heard[RequestId(found[1])] = scene.clock.monotonic()

    scene.slack.on_change(hear)
    clicks = []
    for request_id, card in cards.items():
        clicked[request_id] = scene.clock.monotonic()
        clicks.append(asyncio.create_task(scene.human("Lee").clicks_stale(card, "Approve")))
        await scene.clock.sleep(every)
    await asyncio.gather(*clicks)
    await scene.slack.until(lambda: heard.keys() == clicked.keys(), timeout=PATIENCE)
    return Approvals([heard[each] - clicked[each] for each in clicked], tellings(scene, TOLD_ENTER_CODE))


async def ask_for_each(scene: Scene, book: Sequence[Entry]) -> dict[RequestId, Message]:
    """Let Ana ask for approval of each number, with its code. Lee's cards."""
    asked = [await request(scene, asked=each, code=each.code) for each in book]
    lee = scene.human("Lee")
    ids = {RequestId(found[1]) for each in lee.sees(lee.dm) if (found := REFERENCE.search(each.words))}
    await lee.until(lambda: ids >= {*asked}, timeout=PATIENCE)
    return {each: find_card(lee, each) for each in asked}


async def test_of_a_dozen_approvals_through_three_bots_nobody_is_asked_again(tmp_path: Path) -> None:
    before, book = codes_kept(), numbers(12)
    async with open_several(tmp_path, 3, book=book) as several:
        cards = dict[RequestId, Message]()
        for number, each in enumerate(book):
            several.turn_to(number % 3)
            cards |= await ask_for_each(several.scene, [each])
            await several.finish()
        several.turn_to(1)
        done = await approve_each(several.scene, cards, every=0.3)
        assert done.asked_again == 0
        assert median(done.seconds) < SOON
        assert codes_kept() == before


@pytest.mark.nightly
@pytest.mark.real_time
@pytest.mark.timeout(600)
async def test_of_a_hundred_approvals_through_three_processes_nobody_is_asked_again(
    tmp_path: Path, database_url: str
) -> None:
    book = numbers(scaled(100, least=10))
    settings = {**TO_EACH, "PHONEID_OPEN_REQUESTS": str(len(book)), "LOG_LEVEL": "WARNING"}
    settings["DATABASE_URL"] = database_url
    async with open_scene(tmp_path, book=book, settings=settings) as scene:
        bots = [BotProcess(folder=tmp_path) for _ in range(3)]
        try:
            await asyncio.gather(*(bot.start_with(scene.environment) for bot in bots))
            # Each keeps two: the second comes soon after the first.
            await scene.slack.until(lambda: scene.slack.connections >= len(bots), timeout=PATIENCE)
            done = await approve_each(scene, await ask_for_each(scene, book), every=0.3)
        finally:
            await asyncio.gather(*(bot.stop() for bot in bots))
        sys.stdout.write(str(done))
        assert done.asked_again == 0
        assert median(done.seconds) < SOON
        assert calls_for(scene, book) == len(book)
        assert list(scene.slack.complaints) == []


@pytest.mark.nightly
@pytest.mark.real_time
@pytest.mark.timeout(300)
async def test_a_process_that_is_frozen_past_its_heartbeat_and_woken_uses_no_code_that_was_asked_for_meanwhile(
    tmp_path: Path, database_url: str, unused_tcp_port_factory: Callable[[], int]
) -> None:
    settings = {**TO_EACH, "DATABASE_URL": database_url}
    async with open_scene(tmp_path, is_http=True, settings=settings) as scene:
        frozen, other = (BotProcess(folder=tmp_path) for _ in range(2))
        ports = [unused_tcp_port_factory() for _ in range(2)]
        urls = [f"http://127.0.0.1:{port}/slack/events" for port in ports]
        try:
            for bot, port in zip((frozen, other), ports, strict=True):
                await bot.start_with({**scene.environment, "PORT": str(port)})
                await until_it_listens(port)
            scene.slack.request_url = urls[0]
            await request(scene)
            lee = scene.human("Lee")
            await scene.answer(lee, "Approval needed", channel=lee.dm)
            assert frozen.pid
            os.kill(frozen.pid, signal.SIGSTOP)
            scene.slack.request_url = urls[1]
            await lee.clicks("Approve")
            await told(scene, TOLD_ENTER_CODE)
            await asyncio.sleep(SILENT_FOR + 5)
            os.kill(frozen.pid, signal.SIGCONT)
            await asyncio.sleep(ASKED_WITHIN)
            assert calls_for(scene, [GOOD]) == 0
            await open_modal(scene.ana, texts.ENTER_CODE.one)
            scene.ana.fills(block_id="code", text=GOOD.code)
            await scene.ana.submits()
            await told(scene, TOLD_ANSWERED)
        finally:
            await asyncio.gather(*(bot.stop() for bot in (frozen, other)))
        assert [tellings(scene, words) for words in (TOLD_ENTER_CODE, TOLD_ANSWERED)] == [1, 1]
        assert calls_for(scene, [GOOD]) == 1
        assert list(scene.slack.complaints) == []


async def until_it_listens(port: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)
