"""A code that was typed where it is kept, while its own field was empty, is gone as soon as it is known to be one."""

import pytest

from bot.audit import Event
from bot.errors import EntryMistake
from bot.models import ApprovalState, PhoneNumber, State
from bot.slack import buttons
from bot.store import verification
from bot.store.engine import Tx
from tests.english import asking, cards
from tests.slack.test_deciding import read_by_ana
from tests.slack.workplace import Bot, Workplace, text_of, workplace
from tests.world import ANA, KIM, LEE

__all__ = ["bot", "workplace"]

pytestmark = pytest.mark.virtual_time

CODE = "208312"
PLAIN, FUSED, OTHER = "43158858", "43158858208312", "12025550101"
TABLES = ("requests", "lookups", "refused_codes", "journal", "outbox", "messages", "alarms", "state")


@pytest.fixture
async def bot(workplace: Workplace) -> Bot:
    return await workplace.open()


async def everything(bot: Bot) -> str:
    """All that stands in the record."""

    return str([await bot.process.record.read(rows_of, table) for table in TABLES])


def rows_of(tx: Tx, table: str) -> list[list[object]]:
    return [[*row.values()] for row in tx.all(f"SELECT * FROM {table}")]


def on_cards(bot: Bot) -> list[str]:
    """What the copies of cards say now, the newest of each."""
    now = {(said.place): text_of(said.message) for said in bot.messenger.said if said.place in ("U0LEE", "U0KIM")}
    return [*(now | {ref.channel_id: text_of(message) for ref, message in bot.messenger.updated}).values()]


async def ask(bot: Bot, numbers: tuple[str, ...], reason: str) -> None:
    form = await bot.form(is_several=len(numbers) > 1)
    several = {"numbers": "\n".join(f"+{each}" for each in numbers), "reason": reason}
    typed = several if len(numbers) > 1 else {"phone": f"+{numbers[0]}", "code": "", "reason": reason}
    await bot.submits(form, typed)


async def enter(bot: Bot, typed: dict[str, str]) -> None:
    request = await bot.last_request()
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    await bot.presses(buttons.ENTER_CODE, request.id)
    await bot.submits(bot.messenger.opened[-1][1], typed, view_id="V2")


@pytest.mark.parametrize(
    ("numbers", "reason", "entered"),
    [
        ((FUSED,), "ticket 7", {"code": CODE}),
        ((OTHER,), f"code is {CODE}", {"code": CODE}),
        ((OTHER,), "it is 208 312", {"code": CODE}),
        ((OTHER,), "ＰＩＮ ２０８３１２", {"code": CODE}),
        ((OTHER, FUSED), "ticket 7", {"numbers": f"+{OTHER} 777111\n+{FUSED} {CODE}"}),
        (
            (OTHER, FUSED),
            "ticket 7",
            {"numbers": f"+{OTHER} 777111\n+{PLAIN}, {CODE}"},
        ),
        ((OTHER, "12025550102"), f"with {CODE}", {"numbers": f"+{OTHER} 777111\n+12025550102 {CODE}"}),
    ],
)
async def test_what_turns_out_to_hold_the_code_is_forgotten_and_nothing_is_called(
    workplace: Workplace, bot: Bot, numbers: tuple[str, ...], reason: str, entered: dict[str, str]
) -> None:
    await ask(bot, numbers, reason)
    assert any(text_of(said.message) for said in bot.messenger.said if said.place == "U0LEE")
    await enter(bot, entered)
    request = await bot.last_request()
    assert workplace.api.called == []
    assert request.is_all(State.DROPPED)
    assert request.approval.state is ApprovalState.LAPSED
    kept = await everything(bot)
    gone = {CODE, FUSED, "•8312"} | ({reason} if "7" not in reason else set())
    assert not any(each in said for each in gone for said in (kept, *on_cards(bot)))
    assert asking.CODE_WAS_RECORDED.of(request) in text_of(bot.messenger.window("V2"))
    assert any("removed it from its record" in said.text for said in bot.messenger.said)
    entries = await bot.process.journal(request.id, Event.FORGOTTEN)
    assert {(each.actor, each.facts["why"]) for each in entries} == {(ANA, "code")}
    assert (await bot.process.record.read(verification.inspect)).fault is None
    assert not any("not used in time" in said for said in read_by_ana(bot))


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("4915112345678", "ticket 7"),
        ("8613800208312", "ticket 120"),
        (OTHER, "ticket 20831"),
        (OTHER, "2083129 units"[2:]),
    ],
)
async def test_what_does_not_hold_the_code_is_looked_up(
    workplace: Workplace, bot: Bot, number: str, reason: str
) -> None:
    await ask(bot, (number,), reason)
    await enter(bot, {"code": "208378"})
    assert workplace.api.called == [(PhoneNumber(number), "208378")]
    assert (await bot.last_request()).reason == reason


async def test_a_code_that_a_denied_request_kept_goes_when_it_is_entered_where_it_belongs(
    workplace: Workplace, bot: Bot
) -> None:
    await ask(bot, (OTHER,), f"code is {CODE}")
    denied = await bot.last_request()
    await bot.process.requests.deny(denied.id, actor=LEE, reason=f"no code such as {CODE} here")
    await ask(bot, (f"{OTHER}",), f"{CODE} once more")
    withdrawn = await bot.last_request()
    await bot.presses(buttons.WITHDRAW, withdrawn.id)
    form = await bot.form()
    await bot.submits(form, {"phone": f"+{OTHER}", "code": CODE, "reason": "ticket 7"}, view_id="V3", hash="3.a")
    request = await bot.last_request()
    await bot.presses(cards.APPROVE, request.id, by=KIM)
    assert workplace.api.called == [(PhoneNumber(OTHER), CODE)]
    assert CODE not in await everything(bot)
    assert request.reason == "ticket 7"
    assert not any(CODE in said for said in on_cards(bot))


async def test_a_number_with_its_code_goes_when_both_are_entered_where_they_belong(bot: Bot) -> None:
    await ask(bot, (FUSED,), "ticket 7")
    await bot.presses(buttons.WITHDRAW, (await bot.last_request()).id)
    form = await bot.form()
    await bot.submits(form, {"phone": f"+{PLAIN}", "code": CODE, "reason": "ticket 7"}, view_id="V3", hash="3.a")
    assert FUSED not in await everything(bot)


@pytest.mark.parametrize(
    ("typed", "is_taken"),
    [
        ("+43 1 58858 208312", False),
        ("+1 202 555 0105 208312", False),
        ("+49 30 12345 208312", False),
        ("+1 202 555 0105", True),
        ("+39 02 1234 5678", True),  # as it is written, though a code could be in it
        ("+999 123 456", False),
    ],
)
async def test_without_a_code_a_number_is_a_valid_number_and_nothing_more(
    bot: Bot, typed: str, *, is_taken: bool
) -> None:
    form = await bot.form()
    acks = await bot.submits(form, {"phone": typed, "code": "", "reason": "ticket 7"})
    assert (len(await bot.requests()) == 1) is is_taken
    assert bool(acks.given[0].get("errors")) is not is_taken
    if typed.startswith("+43"):
        assert [*acks.given[0]["errors"].values()] == [asking.ENTRY_MISTAKES[EntryMistake.NUMBER_UNCERTAIN]]


async def test_such_a_form_that_is_delivered_twice_is_answered_twice_and_used_never(
    workplace: Workplace, bot: Bot
) -> None:
    await ask(bot, (FUSED,), "ticket 7")
    await enter(bot, {"code": CODE})
    form = bot.messenger.opened[-1][1]
    await bot.submits(form, {"code": CODE}, view_id="V2")
    assert workplace.api.called == []
    assert "removed from the record" in text_of(bot.messenger.window("V2"))
