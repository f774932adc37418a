"""Several numbers at once."""

from bot.sandbox.cams.book import Entry
from tests.golden.plain import WRONG_CODES
from tests.golden.scenario import Scenarios
from tests.golden.scenes_alone import GOOD, ask, entry
from tests.golden.scenes_approvals import TO_CHANNEL, TO_EACH, nobody_has_the_codes, opens
from tests.golden.stage import Stage

LISTS = Scenarios()

OPAQUE, REFUSED = entry("An ID with letters"), entry("Unknown.ResourceOwnerId")
THREE = (GOOD, OPAQUE, REFUSED)
"""Two with an ID and one without."""


def lines(*entries: Entry, with_codes: bool = True) -> str:
    """As an agent types a list."""
    return "\n".join(f"{each.phone} {each.code}" if with_codes else each.phone for each in entries)


async def open_form(stage: Stage) -> None:
    await stage.runs("Ana", "/phoneid list", until=lambda: stage.human("Ana").modal)


async def request(stage: Stage, *, with_codes: bool = True) -> None:
    """Ask for approval of three numbers."""
    await open_form(stage)
    await stage.submits("Ana", numbers=lines(*THREE, with_codes=with_codes), reason="ticket 7")
    await stage.closes("Ana")


@LISTS.add("Three numbers, one of which is refused; the results once more, and the form for the rest.")
async def list_of_three(stage: Stage) -> None:
    await open_form(stage)
    await stage.submits("Ana", numbers=lines(*THREE), reason="ticket 7")
    await stage.closes("Ana")
    await opens(stage, "Ana", "Show results")
    await stage.closes("Ana")
    await opens(stage, "Ana", "Try the rest again")
    await stage.closes("Ana")
    await stage.runs("Ana", "/phoneid history")


@LISTS.add("What cannot be read in a list is named by line.")
async def mistakes_in_a_list(stage: Stage) -> None:
    await open_form(stage)
    typed = f"{GOOD.phone} {GOOD.code}\n\nno number at all\n{GOOD.phone} 111111\n{OPAQUE.phone}"
    await stage.submits("Ana", numbers=typed, reason=f"it is {GOOD.code}")
    await stage.submits("Ana", numbers=lines(GOOD), reason="")


@LISTS.add("A list is stopped while its first number is asked.", settings={"PHONEID_QPS": "1"}, is_held=True)
async def list_stopped(stage: Stage) -> None:
    await open_form(stage)
    ana = stage.human("Ana")
    await stage.begins("Ana", lambda: stage.gate.held.is_set() and ana.sees(ana.dm), numbers=lines(*THREE))
    await stage.closes("Ana")
    message = await stage.sees("Ana", "of 3 done")

    async def stop() -> None:
        await ana.clicks("Stop")
        await stage.sees("Ana", "Stopping")
        stage.gate.opened.set()

    await stage.step("Ana clicks Stop, and then the first number is answered", stop())
    await stage.clicks_stale("Ana", "Stop", message)
    await opens(stage, "Ana", "Show results")


@LISTS.add("A list with its codes is approved as a whole.", settings=TO_EACH)
async def list_approved_with_codes(stage: Stage) -> None:
    await request(stage)
    await opens(stage, "Kim", "Details")
    await stage.closes("Kim")
    await stage.clicks("Lee", "Approve")
    await opens(stage, "Ana", "Show results")


@LISTS.add("A list without codes is approved; its agent enters them, with mistakes at first.", settings=TO_CHANNEL)
async def list_approved_without_codes(stage: Stage) -> None:
    await request(stage, with_codes=False)
    await stage.clicks("Kim", "Approve")
    await nobody_has_the_codes(stage, "Enter the verification codes")
    await opens(stage, "Ana", "Enter codes")
    await stage.submits("Ana", numbers=lines(GOOD, OPAQUE))
    await stage.submits("Ana", numbers=lines(*reversed(THREE)))


@LISTS.add("A list is denied, another is withdrawn.", settings=TO_EACH)
async def lists_denied_and_withdrawn(stage: Stage) -> None:
    await request(stage)
    await opens(stage, "Lee", "Deny")
    await stage.submits("Lee", reason="Which ticket?")
    await opens(stage, "Ana", "Try again")
    await stage.closes("Ana")
    await request(stage)
    await stage.clicks("Ana", "Withdraw")


@LISTS.add("Slack delivers a list once more; and one of its numbers has to wait after too many refused codes.")
async def list_delivered_twice_and_guarded(stage: Stage) -> None:
    for code in WRONG_CODES[:5]:
        await ask(stage, code=code)
    await open_form(stage)
    await stage.submits("Ana", numbers=lines(*THREE))
    await stage.step("Slack delivers it again", stage.slack.redeliver(edit=lambda payload: None))
