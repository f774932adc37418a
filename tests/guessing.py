"""Refused codes in a store, as if somebody had guessed."""

import itertools

from bot.guesses import FREE_FOR_NUMBER
from bot.interfaces import Store
from bot.models import Actor, Lookup, NewLookup, PhoneNumber, Problem, Result, State

REFUSED = Result(problem=Problem.UNKNOWN_CODE, api_code="VerifyCode.Incorrect")

_keys = itertools.count()


async def guess(store: Store, agent: Actor, phone: PhoneNumber) -> Lookup:
    """One refused code."""
    key = f"guess {next(_keys)}"
    new = NewLookup(agent=agent, phone=phone, reason="", channel_id="", submission_key=key)
    lookup, _ = await store.accept(new, state=State.QUEUED)
    await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=agent)
    return await store.move(lookup.id, from_state=State.CALLING, to_state=State.REFUSED, actor=agent, result=REFUSED)


async def use_up(store: Store, agent: Actor, phone: PhoneNumber) -> Lookup:
    """All the refused codes that a number has free. The last one."""
    return [await guess(store, agent, phone) for _ in range(FREE_FOR_NUMBER)][-1]
