"""A process of the account that makes calls until it is killed: ``python caller.py DATABASE_URL URL NUMBER``."""

import asyncio
import logging
import sys

from pydantic import SecretStr

from bot.cams.client import CamsClient
from bot.cams.signing import Credentials
from bot.cams.transport import open_http
from bot.clock import SystemClock
from bot.errors import ApiError
from bot.models import LookupId, PhoneNumber
from bot.quota.account import Rules
from bot.quota.turns import Turns
from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from bot.store.names import new_process
from bot.store.urls import state_at
from bot.tickets import Lane, Ticket
from tests.quota.world import nothing

AT_ONCE = 15


async def main(url_of_database: str, url: str, number: str) -> None:
    logging.disable()
    clock = SystemClock()
    state = state_at(url_of_database, "quota", process=new_process(), clock=clock)
    await state.open()
    turns = Turns(Rules(10), state=state, clock=clock)
    credentials = Credentials(
        access_key_id=SANDBOX_ACCOUNT.access_key_id, access_key_secret=SANDBOX_ACCOUNT.access_key_secret
    )
    async with open_http(url) as http:
        client = CamsClient(http, credentials=lambda: credentials, clock=clock)

        async def call_for_ever(line: int) -> None:
            ticket = Ticket(lookup_id=LookupId(f"{number} {line}"), agent=number, lane=Lane.BULK)
            while True:
                try:
                    await client.get_phone_number_id(
                        PhoneNumber(number), SecretStr("004217"), turn=lambda: turns.turn(ticket, before=nothing)
                    )
                except ApiError:  # the server says what it thinks of it; the test reads that there
                    continue

        await asyncio.gather(*(call_for_ever(line) for line in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
