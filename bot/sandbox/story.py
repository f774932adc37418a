"""A short story that shows the whole job on a terminal, and checks itself while it plays."""

import asyncio
import os
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

from bot.sandbox.cams.book import BOOK, WRONG_CODE, Entry
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.inspector import Wire
from bot.sandbox.run import Sandbox, Say, open_sandbox
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.workspace import Message

CHANNEL = "support"
PATIENCE = 30.0
"""Seconds to wait for an answer: one that does not come is what the story is there to find."""


async def play(say: Say) -> int:
    """Play it, each scene printed as it happens. The exit code: 0 when everything was as it should be."""
    async with open_sandbox(logs_to_file=True) as sandbox:
        story = _Story(sandbox, say)
        try:
            for scene in (
                story.command,
                story.form,
                story.wrong_code,
                story.bad_number,
                story.account,
                story.outage,
                story.record,
                story.secrecy,
            ):
                await scene()
        except Exception as error:  # noqa: BLE001 - the story's top: whatever broke is told, with the bot's own log
            say(f"\nThe story broke off: {error}")
            if sandbox.bot_log:
                say(f"\nThe bot's log:\n{sandbox.bot_log.read_text()}")
            return 1
        say(f"\n{story.told}")
        return 1 if story.wrong else 0


class _Story:
    """The scenes, and what was wrong in them."""

    def __init__(self, sandbox: Sandbox, say: Say) -> None:
        self.wrong: list[str] = []
        self._sandbox = sandbox
        self._ana = next(human for human in sandbox.slack.humans.values() if human.person.name == "Ana")
        self._say = say
        self._checks = 0

    @property
    def told(self) -> str:
        if self.wrong:
            return f"{len(self.wrong)} of {self._checks} checks were off:\n" + "\n".join(self.wrong)
        return f"All {self._checks} checks were as they should be."

    async def command(self) -> None:
        self._scene("Ana types the number and its code")
        entry = _entry("The ID")
        await self._asks(entry)
        message = await self._answer()
        self._check("she gets the ID", _id_of(entry) in message.text)
        self._check("only she sees it", message.is_ephemeral and not self._others_see(message))

    async def form(self) -> None:
        self._scene("Ana fills in the form")
        entry = _entry("An ID that is not digits")
        await self._types("/phoneid")
        await self._ana.until(lambda: self._ana.modal)
        self._fills(entry.phone, entry.code)
        before = self._seen()
        await self._ana.submits()
        self._shows_modal()
        await self._ana.until(lambda: self._ana.modal and _id_of(entry) in self._ana.modal.words, timeout=PATIENCE)
        self._shows_modal()
        message = await self._answer(before)
        modal = self._ana.modal
        self._check("the window shows the ID", modal is not None and _id_of(entry) in modal.words)
        self._check("the message where she typed shows it too", _id_of(entry) in message.text)
        await self._ana.closes()

    async def wrong_code(self) -> None:
        self._scene("Ana mistypes the code")
        entry = _entry("The ID")
        await self._asks(entry, code="999999")
        message = await self._answer()
        self._check("she is told, with Alibaba Cloud's Code", WRONG_CODE.code in message.text)
        self._check("nothing repeats the code", "999999" not in message.words)

    async def bad_number(self) -> None:
        self._scene("Ana mistypes the number")
        await self._types("/phoneid")
        await self._ana.until(lambda: self._ana.modal)
        self._fills("+86 138", "208312")
        await self._ana.submits()
        self._shows_modal()
        modal = self._ana.modal
        self._check(
            "the mistake stands under its field", bool(modal and "too short" in " ".join(modal.errors.values()))
        )
        await self._ana.closes()

    async def account(self) -> None:
        self._scene("The account has not subscribed to the product")
        await self._asks(_entry("Product.Unsubscript"))
        message = await self._answer()
        self._check("she learns whose turn it is", "administrator" in message.text)
        self._check("with the Code", "Product.Unsubscript" in message.text)

    async def outage(self) -> None:
        self._scene("The API goes down, and comes back")
        entry = _entry("The ID")
        self._sandbox.cams.trouble = ApiTrouble.DOWN
        await self._asks(entry)
        message = await self._answer()
        self._check("she is told that there was no answer", "did not answer" in message.text)
        self._sandbox.cams.trouble = ApiTrouble.NONE
        self._say("  (the API is back)")
        await self._asks(entry)
        self._check("and the next try works", _id_of(entry) in (await self._answer()).text)

    async def record(self) -> None:
        self._scene("What an auditor sees: phoneid log")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "log",
            env={**os.environ, "DATABASE_URL": f"sqlite:///{self._sandbox.database}"},
            cwd=self._sandbox.database.parent,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        table = output.decode()
        self._say(textwrap.indent(table.rstrip(), "  "))
        states = [state for state in ("answered", "refused", "failed") if state in table]
        self._check("it holds every request and how it ended", len(table.splitlines()) == 7 and len(states) == 3)

    async def secrecy(self) -> None:
        self._scene("Where the codes are")
        codes = {_entry("The ID").code, _entry("An ID that is not digits").code, "999999", "310294"}
        sent = [each for each in self._sandbox.inspector.entries() if each.wire is Wire.BOT_TO_SLACK]
        files = [*self._sandbox.database.parent.iterdir()]
        self._check("nowhere in what the bot sent to Slack", not _found(codes, (repr(each.request) for each in sent)))
        self._check("nowhere in its database and its log", not _found(codes, map(_content, files)))
        self._check("Slack had nothing to complain about", not list(self._sandbox.slack.complaints))

    # --- telling it ---

    def _scene(self, title: str) -> None:
        self._say(f"\n{title}\n{'─' * len(title)}")

    def _check(self, what: str, is_so: bool) -> None:  # noqa: FBT001 - reads as a sentence where it is called
        self._checks += 1
        self._say(f"  {'✓' if is_so else '✗'} {what}")
        if not is_so:
            self.wrong.append(what)

    async def _asks(self, entry: Entry, *, code: str | None = None) -> None:
        await self._types(f"/phoneid {entry.phone} {code or entry.code}")

    async def _types(self, line: str) -> None:
        self._before = self._seen()
        self._say(f"  Ana types  {line}")
        await self._ana.runs(CHANNEL, line)

    def _fills(self, phone: str, code: str) -> None:
        self._say(f"  Ana fills in  {phone}  {code}")
        self._ana.fills(block_id="phone", text=phone)
        self._ana.fills(block_id="code", text=code)

    def _seen(self) -> int:
        return len(self._ana.sees(CHANNEL))

    async def _answer(self, before: int | None = None) -> Message:
        """The answer to what was typed last; a word that it is still under way may come first."""
        start = self._before if before is None else before

        def arrived() -> Message | None:
            new = self._ana.sees(CHANNEL)[start:]
            return next((message for message in new if "Reference" in message.words), None)

        message = await self._ana.until(arrived, timeout=PATIENCE)
        self._say(_box("Only visible to Ana", message.words))
        return message

    def _shows_modal(self) -> None:
        if self._ana.modal:
            self._say(_box("Window", self._ana.modal.words))

    def _others_see(self, message: Message) -> bool:
        others: Iterable[Human] = (human for human in self._sandbox.slack.humans.values() if human is not self._ana)
        return any(message.ts == seen.ts for human in others for seen in _messages_of(human))


def _messages_of(human: Human) -> list[Message]:
    return [message for conversation in human.screen.conversations for message in human.sees(conversation.id)]


def _entry(outcome: str) -> Entry:
    return next(entry for entry in BOOK if entry.outcome == outcome)


def _id_of(entry: Entry) -> str:
    return str(getattr(entry.replies[0], "phone_number_id", ""))


def _box(title: str, text: str) -> str:
    lines = [piece for line in text.splitlines() for piece in textwrap.wrap(line, 92) or [""]]
    return "\n".join([f"  ┌ {title}", *(f"  │ {line}" for line in lines), "  └"])


def _found(codes: Iterable[str], texts: Iterable[str]) -> bool:
    kept = list(texts)
    return any(code in text for code in codes for text in kept)


def _content(file: Path) -> str:
    return file.read_bytes().decode(errors="replace")
