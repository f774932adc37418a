"""One number, where somebody else has to approve."""

from collections.abc import Mapping

from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.workspace import Message
from bot.store.decisions import USED_WITHIN
from tests.golden.plain import WRONG_CODES
from tests.golden.scenario import Scenarios
from tests.golden.scenes_alone import GOOD, ask, entry
from tests.golden.stage import SWEEPING, Stage

APPROVALS = Scenarios()

TO_EACH: Mapping[str, str] = {"PHONEID_APPROVAL": "always", "PHONEID_APPROVERS": "U0LEE,U0KIM"}
"""A card to each approver."""

TO_CHANNEL: Mapping[str, str] = {
    "PHONEID_APPROVAL": "always",
    "PHONEID_APPROVERS": "S0LEADS",
    "PHONEID_APPROVAL_CHANNEL": "C0APPROVALS",
}
"""One card, in the approvers' channel."""

DAY = 86_400.0


async def request(
    stage: Stage, *, name: str = "Ana", asked: Entry = GOOD, code: str | None = GOOD.code, reason: str = "ticket 7"
) -> None:
    """Ask for approval with the form."""
    await stage.runs(name, f"/phoneid {asked.phone}", until=lambda: stage.human(name).modal)
    await stage.submits(name, **({"code": code} if code else {}), reason=reason)
    await stage.closes(name)


async def card(stage: Stage, name: str) -> Message:
    return await stage.sees(name, "Requested by")


async def opens(stage: Stage, name: str, button: str) -> None:
    """Click something that opens a window."""
    await stage.clicks(name, button, until=lambda: stage.human(name).modal)


@APPROVALS.add(
    "A request with its code is approved; the ID is asked for at once, and shown as often.", settings=TO_EACH
)
async def approved_with_code(stage: Stage) -> None:
    await request(stage)
    kims = await card(stage, "Kim")
    await stage.clicks("Lee", "Approve")
    await stage.clicks_stale("Kim", "Approve", kims)
    await opens(stage, "Ana", "Show ID")


@APPROVALS.add("A request without its code is approved, and the agent enters the code.", settings=TO_CHANNEL)
async def approved_without_code(stage: Stage) -> None:
    await request(stage, code=None)
    await stage.clicks("Kim", "Approve")
    await nobody_has_the_codes(stage, "Enter the verification code")
    asked = await stage.sees("Ana", "Enter the verification code")
    await opens(stage, "Ana", "Enter code")
    await stage.submits("Ana", code="no code!")
    await stage.submits("Ana", code=GOOD.code)
    await stage.closes("Ana")
    await stage.clicks_stale("Ana", "Enter code", asked)


@APPROVALS.add("What was approved is refused: the code is wrong, or the number is not the account's.", settings=TO_EACH)
async def approved_and_refused(stage: Stage) -> None:
    await request(stage, code=WRONG_CODES[0])
    await stage.clicks("Lee", "Approve")
    other = entry("Unknown.ResourceOwnerId")
    await request(stage, asked=other, code=other.code)
    await stage.clicks("Lee", "Approve")


@APPROVALS.add("A request is denied, with a reason that the agent reads; a reason is needed.", settings=TO_EACH)
async def denied(stage: Stage) -> None:
    await request(stage)
    await opens(stage, "Lee", "Deny")
    await stage.submits("Lee", reason=" ")
    await stage.submits("Lee", reason="not your shop's number & <b>")
    await opens(stage, "Ana", "Try again")


@APPROVALS.add("A request is withdrawn; an approver who still sees its buttons is told.", settings=TO_CHANNEL)
async def withdrawn(stage: Stage) -> None:
    await request(stage)
    leads = await stage.sees("Lee", "Requested by", channel="approvals")
    receipt = await stage.sees("Ana", "is waiting for approval", channel="support")
    await stage.clicks("Ana", "Withdraw")
    await stage.clicks_stale("Lee", "Approve", leads)
    await stage.clicks_stale("Ana", "Withdraw", receipt)


@APPROVALS.add(
    "Nobody decides: approvers are reminded once, then the request expires.", settings=TO_EACH, waits=SWEEPING
)
async def expired(stage: Stage) -> None:
    await request(stage)
    kims = await card(stage, "Kim")
    await stage.passes("Half a day passes", DAY / 2, lambda: _see(stage, ("Lee", "Kim"), "Still waiting"))
    await stage.passes("The rest of the day passes", DAY / 2, lambda: _see(stage, ("Ana",), "expired"))
    await stage.clicks_stale("Kim", "Approve", kims)
    await opens(stage, "Ana", "Try again")


@APPROVALS.add("An approval is not used in time.", settings=TO_EACH, waits=SWEEPING)
async def lapsed(stage: Stage) -> None:
    await request(stage, code=None)
    await stage.clicks("Lee", "Approve")
    await nobody_has_the_codes(stage, "Enter the verification code")
    asked = await stage.sees("Ana", "Enter the verification code")
    await stage.passes("A day passes", DAY + 1, lambda: _see(stage, ("Ana",), "approval expired"))
    await stage.clicks_stale("Ana", "Enter code", asked)


@APPROVALS.add("Of two approvers the second is told who was first, whichever button they click.", settings=TO_EACH)
async def second_approver(stage: Stage) -> None:
    await request(stage)
    kims = await card(stage, "Kim")
    await opens(stage, "Kim", "Deny")
    await stage.clicks("Lee", "Approve")
    await stage.submits("Kim", reason="not today")
    await stage.clicks_stale("Kim", "Details", kims)


@APPROVALS.add("Nobody decides on their own request, not even an approver.", settings=TO_CHANNEL)
async def own_request(stage: Stage) -> None:
    await request(stage, name="Lee")
    for button in ("Approve", "Deny"):
        await stage.clicks("Lee", button)
    await stage.clicks("Kim", "Approve")


@APPROVALS.add("An approver looks at the details; a second request for the number shows in its card.", settings=TO_EACH)
async def details(stage: Stage) -> None:
    await request(stage, reason="ticket <7> & *more*")
    await opens(stage, "Kim", "Details")
    await stage.closes("Kim")
    await request(stage, reason="ticket 8")
    await stage.runs("Ana", "/phoneid history")


@APPROVALS.add(
    "Where approvals are on, the trusted need one after too many refused codes, and the card says so.",
    settings={**TO_EACH, "PHONEID_TRUSTED": "U0ANA"},
    waits=SWEEPING,
)
async def trusted_who_guesses(stage: Stage) -> None:
    for code in WRONG_CODES[:4]:
        await ask(stage, code=code)
    await stage.runs(
        "Ana", f"/phoneid {GOOD.phone} {WRONG_CODES[4]}", until=lambda: _see(stage, ("Lee", "Kim"), "code guessing")
    )
    await stage.runs("Ana", f"/phoneid {GOOD.phone} {GOOD.code}", until=lambda: stage.human("Ana").modal)
    await stage.submits("Ana", code=GOOD.code, reason="ticket 7")
    await stage.closes("Ana")
    await stage.clicks("Lee", "Approve")


@APPROVALS.add("/phoneid why, and a submission without a reason, where approvals are on.", settings=TO_CHANNEL)
async def why_with_approvals(stage: Stage) -> None:
    for name in ("Ana", "Lee", "Gus"):
        await stage.runs(name, "/phoneid why")
    await ask(stage)
    await stage.submits("Ana", reason="  ")


async def nobody_has_the_codes(stage: Stage, asked: str) -> None:
    """What was approved is used by no process for a few seconds."""
    await stage.passes("A few seconds pass", USED_WITHIN, lambda: _see(stage, ("Ana",), asked))


def _see(stage: Stage, names: tuple[str, ...], words: str) -> bool:
    humans = [stage.human(name) for name in names]
    return all(any(words in message.text + message.words for message in each.sees(each.dm)) for each in humans)
