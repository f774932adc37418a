"""A canary code goes every way there is, every logger at DEBUG; then everything that is left is searched for it."""

import gc
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretBytes, SecretStr

from bot.models import Problem
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.book import BOOK, Entry
from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.slack.delivery import DeliveryKind
from bot.sandbox.slack.signed_http import pack
from bot.sandbox.slack.trouble import SlackTrouble
from tests.canaries import CANARY, CANARY_BOOK, found_in, outcomes, search_files, search_what_was_said, with_canary
from tests.english import PROBLEMS, asking, history, requests, results
from tests.scenarios.asking import TO_EACH, fill_in
from tests.scenarios.databases import locked, written_down
from tests.scenarios.listing import message_with, open_list_form, submit_list, window_with
from tests.scenarios.scene import PATIENCE, Scene, entry, open_scene, with_bot

LOUD_BOT = str(Path(__file__).with_name("loud_bot.py"))


OUTCOMES = outcomes("canary in Slack")


@asynccontextmanager
async def loud_scene(
    tmp_path: Path, *, is_http: bool, book: Sequence[Entry] = CANARY_BOOK, settings: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Scene, BotProcess]]:
    """The bot in a process of its own, as loud as can be, over a book in which every code is the canary."""
    loud = {"LOG_LEVEL": "DEBUG", "TMPDIR": str(tmp_path), **(settings or {})}
    async with open_scene(tmp_path, is_http=is_http, book=book, settings=loud) as scene:
        with (tmp_path / "bot.log").open("wb") as log:
            bot = BotProcess(folder=tmp_path, output=log, program=(LOUD_BOT,))
            try:
                yield scene, bot
            finally:
                await bot.kill()


@pytest.mark.more_at_night
async def test_the_canary_is_nowhere_over_socket_mode(tmp_path: Path) -> None:
    async with loud_scene(tmp_path, is_http=False) as (scene, bot):
        await bot.start_with(scene.environment)
        await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
        await ask_for_every_outcome(scene)
        await type_it_in_the_wrong_place(scene)
        await fill_in_the_form(scene)
        await ask_for_a_list(scene)
        await ask_as_a_guest(scene)
        await ask_while_slack_is_away(scene)
        await ask_while_the_database_is_locked(scene)
        scene.cams.trouble = ApiTrouble.HANG
        await scene.ask(canary_entry("The ID"))
        await submit_list(scene, LIST)
        await message_with(scene.ana, results.asking_for(len(LIST.splitlines())))
        await bot.kill()  # whatever a crash leaves in the files is searched too
        search(tmp_path, scene)


async def test_the_canary_is_nowhere_over_signed_http(tmp_path: Path, unused_tcp_port: int) -> None:
    async with loud_scene(tmp_path, is_http=True) as (scene, bot):
        await bot.start_with(scene.environment | {"PORT": str(unused_tcp_port)})
        scene.slack.request_url = f"http://127.0.0.1:{unused_tcp_port}/slack/events"
        await wait_for_port(scene)
        await scene.ask(canary_entry("The ID"))
        await scene.answer(scene.ana, "The phone number ID")
        await fill_in_the_form(scene)
        await send_what_cannot_be_handled(scene)
        await bot.stop()
        search(tmp_path, scene)


async def test_the_canary_is_nowhere_after_guesses_and_in_the_history(tmp_path: Path) -> None:
    settings = {"PHONEID_APPROVERS": "U0LEE", "PHONEID_LOG_FORMAT": "text"}
    async with loud_scene(tmp_path, is_http=False, book=BOOK, settings=settings) as (scene, bot):
        await bot.start_with(scene.environment)
        await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
        await scene.ask(entry("The ID"))
        await scene.answer(scene.ana, "The phone number ID")
        for number in range(6):
            await scene.ask(entry("The ID"), code=CANARY)
            await scene.slack.until(lambda least=number + 2: answers(scene) >= least, timeout=PATIENCE)  # type: ignore[misc]  # a default binds the loop's value
        lee = scene.human("Lee")
        await message_with(lee, requests.ALARM_HEADING)
        await scene.ana.runs("support", "/phoneid history")
        await scene.answer(scene.ana, history.TITLE)
        await scene.ana.clicks(requests.SHOW_ID)
        await window_with(scene.ana, "920155500012345")
        await scene.ana.closes()
        await scene.ana.runs("support", "/phoneid why")
        await scene.answer(scene.ana, "You can get IDs.")
        await bot.stop()
        search(tmp_path, scene)


@pytest.mark.parametrize("settings", [{}, TO_EACH], ids=["at once", "with approval"])
async def test_no_code_is_left_in_memory_once_its_lookup_has_ended(tmp_path: Path, settings: Mapping[str, str]) -> None:
    async with open_scene(tmp_path, book=CANARY_BOOK, settings=settings) as quiet, with_bot(quiet) as scene:
        ana, lee = scene.ana, scene.human("Lee")
        before = codes_in_memory()  # other tests of this process may hold theirs still
        if settings:
            await fill_in(scene, code=CANARY)
            await window_with(ana, "is waiting for approval")
            await ana.closes()
            assert codes_in_memory() == before + 1
            await lee.clicks(requests.APPROVE)
        else:
            await scene.ask(canary_entry("The ID"))
        await submit_list(scene, LIST, reason="ticket 7")
        if settings:
            await window_with(ana, "is waiting for approval")
            assert codes_in_memory() >= before + len(OUTCOMES)
            await message_with(lee, "IDs of")
            await lee.clicks(requests.APPROVE)
            await ana.closes()
        await message_with(ana, "numbers is done", patience=60)
        assert scene.bot
        assert await scene.bot.jobs.drain(PATIENCE)
        assert codes_in_memory() <= before


def codes_in_memory() -> int:
    gc.collect()
    secrets = (each for each in gc.get_objects() if isinstance(each, SecretStr | SecretBytes))
    return sum(CANARY in str(each.get_secret_value()) for each in secrets)


def answers(scene: Scene) -> int:
    return sum("Reference" in message.words for message in scene.ana.sees("support"))


def canary_entry(outcome: str) -> Entry:
    return with_canary(entry(outcome))


async def ask_for_every_outcome(scene: Scene) -> None:
    for listed in OUTCOMES:
        before = len(scene.ana.sees("support"))
        await scene.ask(with_canary(listed))
        await scene.ana.until(lambda since=before: _outcome_since(scene, since), timeout=40)  # type: ignore[misc]  # a default binds the loop's value


def _outcome_since(scene: Scene, before: int) -> bool:
    return any("Reference" in message.words for message in scene.ana.sees("support")[before:])


async def type_it_in_the_wrong_place(scene: Scene) -> None:
    for line in (
        f"/phoneid {CANARY}",
        f"/phoneid help {CANARY}",
        f"/phoneid +49 30 1234 {CANARY}",
        f"/phoneid x {CANARY}",
    ):
        await scene.ana.runs("support", line)
        await scene.slack.until(lambda: scene.ana.modal or scene.ana.sees("support"), timeout=PATIENCE)
        if scene.ana.modal:
            await scene.ana.closes()


async def fill_in_the_form(scene: Scene) -> None:
    await scene.ana.runs("support", "/phoneid")
    await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    good, echo = "+86 138 0000 1234", "+1 202 555 0115"
    for phone, code, reason in (
        (CANARY[:5], CANARY, ""),
        (good, f"{CANARY}!", ""),
        (good, CANARY, f"the code is {CANARY}"),
        (echo, CANARY, ""),
    ):
        scene.ana.fills(block_id="phone", text=phone)
        scene.ana.fills(block_id="code", text=code)
        scene.ana.fills(block_id="reason", text=reason)
        await scene.ana.submits()
    await scene.ana.until(lambda: scene.ana.modal and "No ID for" in scene.ana.modal.words, timeout=PATIENCE)
    await scene.ana.clicks(requests.TRY_AGAIN.one)
    await scene.ana.until(lambda: scene.ana.modal and scene.ana.modal.can_submit, timeout=PATIENCE)
    await scene.ana.closes()


LIST = "\n".join(f"{each.phone} {CANARY}" for each in OUTCOMES)
"""Every kind of answer the API has, by day only some, in one list."""


async def ask_for_a_list(scene: Scene) -> None:
    ana = await open_list_form(scene)
    for typed, reason in (
        (f"{LIST}\n{CANARY}\n{CANARY} {CANARY}\n{CANARY}{CANARY}\n+86 138 0000 1234 {CANARY}", ""),
        (LIST, f"all of them have {CANARY}"),
        (LIST, ""),
    ):
        ana.fills(block_id="numbers", text=typed)
        ana.fills(block_id="reason", text=reason)
        await ana.submits()
    words = await ana.until(
        lambda: ana.modal.words if ana.modal and "numbers is done" in ana.modal.words else "", timeout=60
    )
    assert PROBLEMS[Problem.UNKNOWN_CODE].what in words
    await ana.clicks(results.ASK_AGAIN)
    await window_with(ana, asking.FORM_INTRO.several)
    await ana.closes()
    await message_with(ana, "numbers is done")  # the window may say it first
    await ana.clicks(results.SHOW_RESULTS)
    await window_with(ana, "numbers is done")
    await ana.closes()


async def ask_as_a_guest(scene: Scene) -> None:
    gus = scene.human("Gus")
    await scene.ask(canary_entry("The ID"), human=gus)
    await scene.answer(gus, "Guests")


async def ask_while_slack_is_away(scene: Scene) -> None:
    scene.slack.trouble = SlackTrouble.UNREACHABLE
    await scene.ask(canary_entry("An ID with letters"))
    await scene.slack.until(lambda: scene.cams.calls[-1].phone == "12025550101", timeout=PATIENCE)
    scene.slack.trouble = SlackTrouble.NONE
    await scene.answer(scene.ana, "pvn-7Q3xK9_demo")


async def ask_while_the_database_is_locked(scene: Scene) -> None:
    with locked(scene.database_url):
        await scene.ask(canary_entry("The ID"))
        await scene.answer(scene.ana, "Nothing was recorded")


async def send_what_cannot_be_handled(scene: Scene) -> None:
    view = {
        "id": "V1",
        "type": "modal",
        "hash": "1.a",
        "callback_id": "lookup_form",
        "state": {"values": {"x": {"code": {"value": CANARY}}}},
    }
    interaction: dict[str, Any] = {"type": "view_submission", "user": {"id": "U0ANA"}, "team": None, "view": view}
    command = {"command": "/phoneid", "text": CANARY, "user_id": ["a", "b"]}
    for kind, payload in ((DeliveryKind.INTERACTION, interaction), (DeliveryKind.COMMAND, command)):
        for secret in (scene.slack.signing_secret, "forged"):
            parcel = pack(kind, title="", payload=payload, signing_secret=SecretStr(secret), clock=scene.slack.clock)
            assert scene.slack.request_url
            async with (
                aiohttp.ClientSession() as session,
                session.post(scene.slack.request_url, data=parcel.body, headers=parcel.headers) as response,
            ):
                assert response.status == (200 if secret != "forged" else 401), kind
                assert found_in(await response.read()) == []


async def wait_for_port(scene: Scene) -> None:
    assert scene.slack.request_url
    url = scene.slack.request_url.replace("/slack/events", "/readyz")
    async with aiohttp.ClientSession() as session:
        for _ in range(1200):  # a minute: it starts as a process of its own, on a machine that may be busy
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                await scene.slack.clock.sleep(0.05)
    pytest.fail("the bot never got ready")


def search(tmp_path: Path, scene: Scene) -> None:
    """Everything the bot wrote and everything it said to Slack, for the code and for every credential."""
    slack = scene.slack
    secrets = (
        CANARY,
        slack.bot_token,
        slack.app_token,
        slack.signing_secret,
        SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
    )
    written_down(scene.database_url, tmp_path / "phoneid.db")
    assert {"phoneid.db", "bot.log"} <= search_files(tmp_path, secrets=secrets)
    assert "DEBUG" in (tmp_path / "bot.log").read_text()
    search_what_was_said(slack, secrets=secrets)
