"""One number, where nobody has to approve."""

from dataclasses import replace

from bot.sandbox.cams.book import BOOK, Entry
from bot.sandbox.cams.trouble import ApiTrouble
from tests.golden.plain import WRONG_CODES
from tests.golden.scenario import Scenarios
from tests.golden.stage import SWEEPING, WAITS, Stage

ALONE = Scenarios()


def entry(outcome: str) -> Entry:
    """A test number of the book, by what it shows."""
    return next(each for each in BOOK if each.outcome == outcome)


GOOD = entry("The ID")


async def ask(stage: Stage, asked: Entry = GOOD, *, name: str = "Ana", code: str | None = None) -> None:
    await stage.runs(name, f"/phoneid {asked.phone} {code or asked.code}")


@ALONE.add("A number and its code are typed behind the command, and the ID comes back; then the same from the form.")
async def asked_by_command_and_form(stage: Stage) -> None:
    await ask(stage)
    await stage.runs("Ana", "/phoneid", until=lambda: stage.human("Ana").modal)
    opaque = entry("An ID with letters")
    await stage.submits("Ana", phone=opaque.phone, code=opaque.code, reason="ticket 7")


@ALONE.add("The form says what is wrong with what was typed; one opened with the number only takes it along.")
async def mistakes_in_the_form(stage: Stage) -> None:
    await stage.runs("Ana", f"/phoneid {GOOD.phone}", until=lambda: stage.human("Ana").modal)
    await stage.submits("Ana", phone="+86 138", code="no code!")
    await stage.submits("Ana", phone=GOOD.phone, code=GOOD.code, reason=f"the code is {GOOD.code}")
    await stage.submits("Ana", phone=GOOD.phone, code=GOOD.code, reason="")


@ALONE.add("A wrong code is refused, and the form opens again with the number in it.")
async def wrong_code(stage: Stage) -> None:
    await ask(stage, code=WRONG_CODES[0])
    await stage.clicks("Ana", "Try again", until=lambda: stage.human("Ana").modal)
    await stage.submits("Ana", code=GOOD.code)


@ALONE.add("Alibaba Cloud says no for reasons of the account's, the number's or its own; each once.")
async def refusals_of_the_api(stage: Stage) -> None:
    for outcome in (
        "Product.Unsubscript",
        "Ram.PermissionDeny",
        "Unknown.ResourceOwnerId",
        "InvalidParameter.PhoneNumberError",
        "OK without an ID",
        "HTTP 200 with an error",
        "An unknown error that repeats the verification code",
    ):
        await ask(stage, entry(outcome))


@ALONE.add("The account's credentials are wrong.")
async def bad_credentials(stage: Stage) -> None:
    stage.cams.trouble = ApiTrouble.DELETED
    await ask(stage)


@ALONE.add("What fails for a moment is asked again.")
async def trouble_that_passes(stage: Stage) -> None:
    await ask(stage, entry("InternalError once, then the ID"))


@ALONE.add("The account is over its limit at each call.")
async def throttled(stage: Stage) -> None:
    await ask(stage, entry("System.LimitControl, always"))


@ALONE.add("The API takes the request and never answers.", waits=replace(WAITS, api_reading=0.2))
async def no_answer(stage: Stage) -> None:
    stage.cams.trouble = ApiTrouble.HANG
    await ask(stage)


@ALONE.add("What cannot be read as a number, what could be read in two ways, and the help.")
async def unreadable_and_help(stage: Stage) -> None:
    await stage.runs("Ana", "/phoneid hello there")
    await stage.runs("Ana", "/phoneid help")
    await stage.clicks("Ana", "Open the form", until=lambda: stage.human("Ana").modal)
    await stage.closes("Ana")
    await stage.runs("Ana", f"/phoneid {GOOD.digits}{GOOD.code}", until=lambda: stage.human("Ana").modal)


@ALONE.add(
    "Somebody asks whom PHONEID_AGENTS does not name, a guest does, and somebody of another workspace.",
    settings={"PHONEID_AGENTS": "S0LEADS,U0GUS"},
)
async def people_who_may_not_ask(stage: Stage) -> None:
    await ask(stage)
    await stage.runs("Ana", "/phoneid", until=lambda: stage.human("Ana").modal)
    await stage.closes("Ana")
    await ask(stage, name="Gus")
    await stage.runs("Gus", "/phoneid history")
    await ask(stage, name="Lee")


@ALONE.add(
    "Codes are tried: after five the next attempt has to wait, and those who decide are told once.",
    settings={"PHONEID_APPROVERS": "U0LEE,U0KIM"},
    waits=SWEEPING,
)
async def guessing(stage: Stage) -> None:
    for code in WRONG_CODES[:4]:
        await ask(stage, code=code)
    await stage.runs("Ana", f"/phoneid {GOOD.phone} {WRONG_CODES[4]}", until=lambda: _are_warned(stage))
    await ask(stage)
    await stage.runs("Ana", f"/phoneid {GOOD.phone}", until=lambda: stage.human("Ana").modal)
    await stage.closes("Ana")
    await stage.passes("A minute passes", 60.0, lambda: True)
    await ask(stage)


def _are_warned(stage: Stage) -> bool:
    leads = (stage.human("Lee"), stage.human("Kim"))
    return all("code guessing" in message.text for lead in leads for message in lead.sees(lead.dm)[-1:]) and all(
        lead.sees(lead.dm) for lead in leads
    )


@ALONE.add("Slack delivers the same command and the same form once more: each is asked once.")
async def delivered_twice(stage: Stage) -> None:
    await ask(stage)
    await stage.step("Slack delivers it again", stage.slack.redeliver(edit=lambda payload: None))
    await stage.runs("Ana", "/phoneid", until=lambda: stage.human("Ana").modal)
    await stage.submits("Ana", phone=GOOD.phone, code=GOOD.code)
    await stage.step("Slack delivers it again", stage.slack.redeliver(edit=lambda payload: None))


@ALONE.add("Agents look at their own lookups, and at an ID once more; first when there are none, then page by page.")
async def history(stage: Stage) -> None:
    await stage.runs("Ana", "/phoneid history")
    await ask(stage)
    await ask(stage, entry("Unknown.ResourceOwnerId"))
    for _ in range(10):
        await ask(stage, entry("An ID with letters"))
    await stage.runs("Ana", "/phoneid history")
    await stage.clicks("Ana", "Older")
    await stage.clicks("Ana", "Show ID", until=lambda: stage.human("Ana").modal)


@ALONE.add("/phoneid why, where no approvals are needed and some may ask.", settings={"PHONEID_AGENTS": "S0LEADS"})
async def why_without_approvals(stage: Stage) -> None:
    for name in ("Ana", "Lee", "Gus"):
        await stage.runs(name, "/phoneid why")
