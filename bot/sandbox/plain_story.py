"""Ana's day where nobody has to approve anything."""

from collections.abc import Iterable

from bot.sandbox.cams.book import WRONG_CODE, Entry
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.props import PATIENCE, Scene, check_secrecy, entry_of, human_of, id_of, show_log
from bot.sandbox.run import Sandbox
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.workspace import Message
from bot.sandbox.teller import Teller

CHANNEL = "support"


def scenes(sandbox: Sandbox, teller: Teller) -> Iterable[Scene]:
    """The scenes, in order."""
    story = PlainStory(sandbox, teller)
    return (
        story.command,
        story.form,
        story.wrong_code,
        story.bad_number,
        story.account,
        story.outage,
        story.record,
        story.secrecy,
    )


class PlainStory:
    """Asks, mistypes, and lives through an outage."""

    def __init__(self, sandbox: Sandbox, teller: Teller) -> None:
        self._sandbox = sandbox
        self._ana = human_of(sandbox, "Ana")
        self._teller = teller
        self._check = teller.check
        self._scene = teller.scene

    async def command(self) -> None:
        self._scene("Ana types the number and its code")
        entry = entry_of("The ID")
        await self._asks(entry)
        message = await self._answer()
        self._check("She gets the ID", id_of(entry) in message.text)
        self._check("Only she sees it", message.is_ephemeral and not self._others_see(message))

    async def form(self) -> None:
        self._scene("Ana fills in the form")
        entry = entry_of("An ID with letters")
        await self._types("/phoneid")
        await self._ana.until(lambda: self._ana.modal)
        self._fills(entry.phone, entry.code)
        before = self._seen()
        await self._ana.submits()
        self._shows_modal()
        await self._ana.until(lambda: self._ana.modal and id_of(entry) in self._ana.modal.words, timeout=PATIENCE)
        self._shows_modal()
        message = await self._answer(before)
        modal = self._ana.modal
        self._check("The window shows the ID", modal is not None and id_of(entry) in modal.words)
        self._check("So does the message in the conversation", id_of(entry) in message.text)
        await self._ana.closes()

    async def wrong_code(self) -> None:
        self._scene("Ana mistypes the code")
        entry = entry_of("The ID")
        await self._asks(entry, code="999999")
        message = await self._answer()
        self._check("She is told, with Alibaba Cloud's error", WRONG_CODE.code in message.text)
        self._check("Nothing repeats the code", "999999" not in message.words)

    async def bad_number(self) -> None:
        self._scene("Ana mistypes the number")
        await self._types("/phoneid")
        await self._ana.until(lambda: self._ana.modal)
        self._fills("+86 138", "208312")
        await self._ana.submits()
        self._shows_modal()
        modal = self._ana.modal
        self._check(
            "The error is shown below the field", bool(modal and "too short" in " ".join(modal.errors.values()))
        )
        await self._ana.closes()

    async def account(self) -> None:
        self._scene("The account has not subscribed to the product")
        await self._asks(entry_of("Product.Unsubscript"))
        message = await self._answer()
        self._check("She reads that her administrator can help", "administrator" in message.text)
        self._check("and Alibaba Cloud's error", "Product.Unsubscript" in message.text)

    async def outage(self) -> None:
        self._scene("The API is down for a while")
        entry = entry_of("The ID")
        self._sandbox.cams.trouble = ApiTrouble.DOWN
        await self._asks(entry)
        message = await self._answer()
        self._check("She is told that there was no answer", "did not respond" in message.text)
        self._sandbox.cams.trouble = ApiTrouble.NONE
        self._teller.act("(the API works again)")
        await self._asks(entry)
        self._check("The next try succeeds", id_of(entry) in (await self._answer()).text)

    async def record(self) -> None:
        self._scene("What an auditor sees: phoneid log")
        table = await show_log(self._sandbox, self._teller)
        states = [state for state in ("answered", "refused", "failed") if state in table]
        self._check("It lists every request and its outcome", len(table.splitlines()) == 7 and len(states) == 3)

    async def secrecy(self) -> None:
        self._scene("Where the codes are")
        codes = {entry_of("The ID").code, entry_of("An ID with letters").code, "999999", "310294"}
        check_secrecy(self._sandbox, self._teller, codes)

    # --- telling it ---

    async def _asks(self, entry: Entry, *, code: str | None = None) -> None:
        await self._types(f"/phoneid {entry.phone} {code or entry.code}")

    async def _types(self, line: str) -> None:
        self._before = self._seen()
        self._teller.act(f"Ana types  {line}")
        await self._ana.runs(CHANNEL, line)

    def _fills(self, phone: str, code: str) -> None:
        self._teller.act(f"Ana fills in  {phone}  {code}")
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
        self._teller.box("Only visible to Ana", message.words)
        return message

    def _shows_modal(self) -> None:
        if self._ana.modal:
            self._teller.box("Window", self._ana.modal.words)

    def _others_see(self, message: Message) -> bool:
        others: Iterable[Human] = (human for human in self._sandbox.slack.humans.values() if human is not self._ana)
        return any(message.ts == seen.ts for human in others for seen in _messages_of(human))


def _messages_of(human: Human) -> list[Message]:
    return [message for conversation in human.screen.conversations for message in human.sees(conversation.id)]
