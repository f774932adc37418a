"""A canary code goes every way there is, every logger at DEBUG; then everything that is left is searched for it."""

import base64
import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.answers import Refusal
from bot.sandbox.cams.book import BOOK, Entry
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.inspector import Wire
from bot.sandbox.slack.delivery import DeliveryKind
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.signed_http import pack
from bot.sandbox.slack.trouble import SlackTrouble
from bot.texts import asking, lists
from tests.scenarios.listing import message_with, open_list_form, submit_list, window_with
from tests.scenarios.scene import PATIENCE, Scene, entry, open_scene

CANARY = "73019284"
LOUD_BOT = str(Path(__file__).with_name("loud_bot.py"))


def with_canary(listed: Entry) -> Entry:
    """The same number, whose code is the canary; what the API says of the code says it of the canary."""
    replies = tuple(
        replace(reply, code=reply.code.replace(listed.code, CANARY), message=reply.message.replace(listed.code, CANARY))
        if isinstance(reply, Refusal)
        else reply
        for reply in listed.replies
    )
    return replace(listed, code=CANARY, replies=replies)


def forms_of(secret: str) -> dict[str, bytes]:
    """What to look for: the secret in every form in which it is often written."""
    raw = secret.encode()
    shifted = {
        # Base64 looks different at each of three offsets; the ends depend on the neighbours and are left out.
        f"base64 at {offset}": base64.b64encode(b"\0" * offset + raw)[(0, 2, 3)[offset] : -3]
        for offset in range(3)
    }
    digests = {name: hashlib.new(name, raw).hexdigest().encode() for name in ("md5", "sha1", "sha256", "sha512")}
    return {
        "raw": raw,
        "in groups": b" ".join((raw[:4], raw[4:])),
        "reversed": raw[::-1],
        "percent": "".join(f"%{byte:02X}" for byte in raw).encode(),
        "json escapes": "".join(f"\\u{byte:04x}" for byte in raw).encode(),
        "hex": raw.hex().encode(),
        "utf-16": secret.encode("utf-16-le"),
        "utf-16, other end": secret.encode("utf-16-be"),
        **shifted,
        **digests,
    }


def found_in(content: bytes) -> list[str]:
    return [name for name, form in forms_of(CANARY).items() if form in content]


@asynccontextmanager
async def loud_scene(tmp_path: Path, *, is_http: bool) -> AsyncIterator[tuple[Scene, BotProcess]]:
    """The bot in a process of its own, as loud as can be, over a book in which every code is the canary."""
    book = [with_canary(listed) for listed in BOOK]
    async with open_scene(tmp_path, is_http=is_http, book=book, settings={"LOG_LEVEL": "DEBUG"}) as scene:
        with (tmp_path / "bot.log").open("wb") as log:
            bot = BotProcess(folder=tmp_path, output=log, program=(LOUD_BOT,))
            try:
                yield scene, bot
            finally:
                await bot.kill()


async def test_the_search_finds_the_canary_in_every_form() -> None:
    for name, form in forms_of(CANARY).items():
        assert name in found_in(b"before " + form + b" after")
    for offset in range(3):
        assert found_in(base64.b64encode(b"x" * offset + CANARY.encode() + b"tail"))


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
        await ask_while_the_database_is_locked(scene, tmp_path)
        scene.cams.trouble = ApiTrouble.HANG
        await scene.ask(canary_entry("The ID"))
        await submit_list(scene, LIST)
        await message_with(scene.ana, lists.asking_for(len(LIST.splitlines())))
        await bot.kill()  # whatever a crash leaves in the files is searched too
        search(tmp_path, scene.slack)


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
        search(tmp_path, scene.slack)


def canary_entry(outcome: str) -> Entry:
    return with_canary(entry(outcome))


async def ask_for_every_outcome(scene: Scene) -> None:
    for listed in BOOK:
        if listed.outcome == "No answer":  # hangs for as long as the bot is patient
            continue
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
    await scene.ana.clicks(asking.TRY_AGAIN)
    await scene.ana.until(lambda: scene.ana.modal and scene.ana.modal.can_submit, timeout=PATIENCE)
    await scene.ana.closes()


LIST = "\n".join(f"{each.phone} {CANARY}" for each in BOOK if each.outcome != "No answer")
"""Every kind of answer the API has, in one list."""


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
    words = await ana.until(lambda: ana.modal.words if ana.modal and "is done" in ana.modal.words else "", timeout=60)
    assert "VerifyCode.Used" in words
    await ana.clicks(lists.ASK_AGAIN)
    await window_with(ana, lists.FORM_INTRO)
    await ana.closes()
    await ana.clicks(lists.SHOW_RESULTS)
    await window_with(ana, "is done")
    await ana.closes()


async def ask_as_a_guest(scene: Scene) -> None:
    gus = scene.human("Gus")
    await scene.ask(canary_entry("The ID"), human=gus)
    await scene.answer(gus, "Guests")


async def ask_while_slack_is_away(scene: Scene) -> None:
    scene.slack.trouble = SlackTrouble.UNREACHABLE
    await scene.ask(canary_entry("An ID that is not digits"))
    await scene.slack.until(lambda: scene.cams.calls[-1].phone == "12025550101", timeout=PATIENCE)
    scene.slack.trouble = SlackTrouble.NONE
    await scene.answer(scene.ana, "pvn-7Q3xK9_demo")


async def ask_while_the_database_is_locked(scene: Scene, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "phoneid.db")
    try:
        other.execute("BEGIN IMMEDIATE")
        await scene.ask(canary_entry("The ID"))
        await scene.answer(scene.ana, "cannot use its database right now")
    finally:
        other.rollback()
        other.close()


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
        for _ in range(200):
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                await scene.slack.clock.sleep(0.05)
    pytest.fail("the bot never got ready")


def search(tmp_path: Path, slack: LocalSlack) -> None:
    """Everything the bot wrote and everything it said to Slack."""
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"phoneid.db", "bot.log"} <= {path.name for path in files}
    assert "DEBUG" in (tmp_path / "bot.log").read_text()
    for path in files:
        assert found_in(path.read_bytes()) == [], path.name
    for exchange in slack.inspector.entries():
        if exchange.wire is Wire.BOT_TO_API:  # the one place it must go to
            continue
        said = exchange.request if exchange.wire is Wire.BOT_TO_SLACK else exchange.response
        assert found_in(json.dumps(said, default=str).encode()) == [], exchange.title
