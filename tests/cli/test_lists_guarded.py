"""A list on the command line whose codes are refused: it stops in words, and the same command goes on."""

import sqlite3
from contextlib import closing
from dataclasses import replace

from bot.cli.caller import identify
from bot.guesses import FREE_FOR_AGENT
from bot.models import Actor, PhoneNumber, Through
from bot.texts import command_line
from tests.cli.conftest import PLENTY, Desk
from tests.guessing import use_up
from tests.records import record_in

LIST = ("lookup", "--file", "numbers.csv", "--output", "ids.csv")


def pass_the_wait(desk: Desk) -> None:
    """As if everything in the record had happened two hours ago."""
    with closing(sqlite3.connect(desk.shell.folder / "phoneid.db")) as record, record:
        record.execute("UPDATE lookups SET updated_at = updated_at - 7200")
        record.execute("UPDATE refused_codes SET at = at - 7200")


async def test_too_many_refused_codes_stop_the_list_and_later_the_same_command_goes_on(desk: Desk) -> None:
    wrong = [replace(entry, code="999999") for entry in PLENTY[:12]]
    desk.write(*wrong, *PLENTY[12:])
    ran = await desk.shell.run(*LIST)
    rows = desk.ids()
    refused = [row["phone_number"] for row in rows if row["state"] == "refused"]
    assert ran.status == 1
    assert len(refused) >= FREE_FOR_AGENT
    assert {row["state"] for row in rows} >= {"refused", "rejected"}
    assert "Stopped: you have entered too many wrong codes in the last 24 hours. Check the codes, wait " in ran.err
    assert command_line.TO_GO_ON in ran.err
    assert all("Run the same command again after 2" in row["why"] for row in rows if row["state"] == "rejected")
    calls = len(desk.cams.calls)
    desk.write(*PLENTY)
    pass_the_wait(desk)
    again = await desk.shell.run(*LIST)
    assert f"{40 - len(refused)} of 40 answered, {len(refused)} refused." in again.err
    # On a slow machine a right code or two come through before the last of the free ones is refused.
    finished = {*refused, *(row["phone_number"] for row in rows if row["state"] == "answered")}
    assert sorted(desk.asked()[calls:]) == sorted(each.digits for each in PLENTY if each.digits not in finished)
    pass_the_wait(desk)
    assert (await desk.shell.run(*LIST, "--again")).status == 0


async def test_while_the_agent_has_to_wait_the_list_stops_at_once_and_the_rest_has_no_row(desk: Desk) -> None:
    await use_up_codes(desk, *(entry.digits for entry in PLENTY[:2]), agent=identify())
    desk.write(*PLENTY[2:])
    ran = await desk.shell.run(*LIST)
    assert "wait 1 minute, then run the same command again" in ran.err
    assert "0 of 38 answered, 1 rejected, 37 not looked up." in ran.err
    assert [row["state"] for row in desk.ids()] == ["rejected"]
    assert desk.asked() == []


async def test_a_number_that_has_to_wait_by_itself_does_not_stop_the_others(desk: Desk) -> None:
    await use_up_codes(desk, PLENTY[0].digits, agent=Actor(team_id="T", user_id="U0ANA", through=Through.SLACK))
    desk.write(*PLENTY[:4])
    ran = await desk.shell.run(*LIST)
    assert "3 of 4 answered, 1 rejected." in ran.err
    assert "Stopped" not in ran.err
    assert command_line.TO_GO_ON in ran.err
    pass_the_wait(desk)
    assert (await desk.shell.run(*LIST)).status == 0


async def use_up_codes(desk: Desk, *phones: str, agent: Actor) -> None:
    async with record_in(desk.shell.folder / "phoneid.db") as record:
        for phone in phones:
            await use_up(record, agent, PhoneNumber(phone))
