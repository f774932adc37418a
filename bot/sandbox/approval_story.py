"""A day on which the team leads decide: an approval, a denial, a withdrawal and an expiry."""

from collections.abc import Iterable

from bot.sandbox.cams.book import Entry
from bot.sandbox.props import PATIENCE, Scene, check_secrecy, entry_of, human_of, id_of, show_log
from bot.sandbox.run import APPROVALS, Sandbox, environment, wait_until_connected
from bot.sandbox.slack.workspace import Message
from bot.sandbox.teller import Teller, as_read

CHANNEL = "support"
APPROVALS_CHANNEL = "approvals"
HURRY = "3s"
"""How long a decision is waited for where it is to come too late."""


def scenes(sandbox: Sandbox, teller: Teller) -> Iterable[Scene]:
    """The scenes, in order."""
    story = ApprovalStory(sandbox, teller)
    return (story.approval, story.denial, story.withdrawal, story.expiry, story.record, story.secrecy)


class ApprovalStory:
    """Ana asks four times; Lee decides twice."""

    def __init__(self, sandbox: Sandbox, teller: Teller) -> None:
        self._sandbox = sandbox
        self._teller = teller
        self._ana, self._lee = human_of(sandbox, "Ana"), human_of(sandbox, "Lee")
        self._check = teller.check

    async def approval(self) -> None:
        self._teller.scene("Ana requests an ID, and Lee approves")
        entry = entry_of("The ID")
        card = await self._asks(entry, reason="New customer, ticket 4711")
        self._check("The card hides the middle of the number", entry.phone.split()[2] not in card.words)
        self._check("and does not show the code", entry.code not in card.words)
        self._teller.act("Lee clicks  Approve, and confirms")
        await self._lee.clicks("Approve", message=card)
        told = await self._told("ready")
        self._check("The direct message hides the ID behind a button", id_of(entry) not in told.words)
        self._teller.act("Ana clicks  Show ID")
        await self._ana.clicks("Show ID", message=told)
        modal = await self._ana.until(lambda: self._ana.modal, timeout=PATIENCE)
        self._teller.box("Window", modal.words)
        self._check("and the button shows it", id_of(entry) in modal.words)
        await self._ana.closes()

    async def denial(self) -> None:
        self._teller.scene("Ana requests an ID, and Lee denies")
        card = await self._asks(entry_of("An ID with letters"), reason="They called")
        self._teller.act("Lee clicks  Deny, and types  Which ticket is this?")
        await self._lee.clicks("Deny", message=card)
        await self._lee.until(lambda: self._lee.modal, timeout=PATIENCE)
        self._lee.fills(block_id="reason", text="Which ticket is this?")
        await self._lee.submits()
        told = await self._told("Denied")
        self._check("Ana reads the reason", "Which ticket is this?" in told.words)
        card = await self._card("Denied")
        is_closed = "@Lee" in self._read(card) and not card.buttons
        self._check("The card shows who denied it, and has no buttons any more", is_closed)

    async def withdrawal(self) -> None:
        self._teller.scene("Ana requests an ID, and withdraws the request")
        await self._asks(entry_of("Product.Unsubscript"), reason="Ticket 4712")
        self._teller.act("Ana clicks  Withdraw")
        await self._ana.clicks("Withdraw")
        await self._told("withdrew")
        card = await self._card("Withdrawn")
        self._check("Nobody can approve it any more", not card.buttons)

    async def expiry(self) -> None:
        self._teller.scene("Ana requests an ID, and nobody decides")
        self._teller.act(f"(the bot is restarted with PHONEID_APPROVAL_TTL={HURRY})")
        await self._start_again(HURRY)
        await self._asks(entry_of("The ID"), reason="Ticket 4713")
        told = await self._told("expired")
        self._check("She is told, and can try again", "Try again" in told.buttons)
        card = await self._card("expired")
        self._check("The card has no buttons any more", not card.buttons)

    async def record(self) -> None:
        self._teller.scene("What an auditor sees: phoneid log")
        table = (await show_log(self._sandbox, self._teller)).splitlines()
        ends = [(decided_by, result) for *_, decided_by, result in (row.split() for row in table[1:])]
        lee, ana = self._lee.person.id, self._ana.person.id
        as_played = [("bot", "expired"), (ana, "withdrawn"), (lee, "denied"), (lee, id_of(entry_of("The ID")))]
        self._check("It lists every request, its outcome, and who decided", ends == as_played)
        self._check("Only the approved request called the API", len(self._sandbox.cams.lookups) == 1)

    async def secrecy(self) -> None:
        self._teller.scene("Where the codes are")
        outcomes = ("The ID", "An ID with letters", "Product.Unsubscript")
        check_secrecy(self._sandbox, self._teller, {entry_of(outcome).code for outcome in outcomes})

    # --- telling it ---

    async def _asks(self, entry: Entry, *, reason: str) -> Message:
        """Ana fills in the form. The card of her request."""
        self._teller.act("Ana types  /phoneid")
        await self._ana.runs(CHANNEL, "/phoneid")
        await self._ana.until(lambda: self._ana.modal, timeout=PATIENCE)
        self._teller.act(f"Ana fills in  {entry.phone}  {entry.code}  {reason}")
        for block_id, text in (("phone", entry.phone), ("code", entry.code), ("reason", reason)):
            self._ana.fills(block_id=block_id, text=text)
        await self._ana.submits()
        await self._ana.until(lambda: self._ana.modal and "is waiting" in self._ana.modal.words, timeout=PATIENCE)
        await self._ana.closes()
        return await self._card(reason, title="In #approvals, where Lee and Kim are")

    async def _card(self, words: str, *, title: str = "The card now") -> Message:
        """The newest card, once it has these words."""

        def find() -> Message | None:
            card = self._lee.sees(APPROVALS_CHANNEL)[-1:]
            return card[0] if card and words in card[0].words else None

        card = await self._lee.until(find, timeout=PATIENCE)
        self._teller.box(title, self._read(card))
        return card

    async def _told(self, words: str) -> Message:
        """The newest direct message to Ana, once it has these words."""

        def find() -> Message | None:
            message = self._ana.sees(self._ana.dm)[-1:]
            return message[0] if message and words in message[0].words else None

        message = await self._ana.until(find, timeout=PATIENCE)
        self._teller.box("Direct message to Ana", self._read(message))
        return message

    def _read(self, message: Message) -> str:
        return as_read(message.words, self._sandbox.slack.workspace)

    async def _start_again(self, patience: str) -> None:
        sandbox = self._sandbox
        await sandbox.bot.stop()
        settings = environment(sandbox.slack, sandbox.cams, sandbox.database)
        await sandbox.bot.start_with({**settings, **APPROVALS, "PHONEID_APPROVAL_TTL": patience})
        await wait_until_connected(sandbox.slack, sandbox.bot)
