"""Refused codes in a record, as if somebody had guessed."""

from bot.guesses import FREE_FOR_NUMBER
from bot.models import Actor, PhoneNumber, Request
from bot.store.record import Record
from tests import factories


async def guess(record: Record, agent: Actor, phone: PhoneNumber) -> Request:
    """One refused code."""
    return await record.change(factories.finished, [phone], factories.REFUSED, agent=agent)


async def use_up(record: Record, agent: Actor, phone: PhoneNumber) -> Request:
    """All the refused codes that a number has free. The request of the last one."""
    return [await guess(record, agent, phone) for _ in range(FREE_FOR_NUMBER)][-1]
