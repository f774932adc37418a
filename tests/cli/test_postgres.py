"""The commands where the record is on a server: what they do is the same, and there is no file to look for."""

import json
from collections.abc import Iterator

import pytest

from bot.sandbox.cams.book import BOOK
from tests.cli.conftest import PLENTY, Desk
from tests.shell import QuickShell
from tests.store.engines import empty_postgres_url, postgres, postgres_database

__all__ = ["empty_postgres_url", "postgres_database"]

LIST = ("lookup", "--file", "numbers.csv", "--output", "ids.csv")
GOOD = next(entry for entry in BOOK if entry.digits == "8613800001234")


@pytest.fixture
def shell(desk: Desk, empty_postgres_url: str) -> Iterator[QuickShell]:
    desk.shell.environment["DATABASE_URL"] = empty_postgres_url
    yield desk.shell
    assert not [*desk.shell.folder.glob("*.db*")]


async def test_a_number_and_a_list_are_asked_for_shown_checked_and_forgotten(desk: Desk, shell: QuickShell) -> None:
    single = await shell.run("lookup", GOOD.phone, "--reason", "ticket 7", typed=GOOD.code)
    assert (single.status, single.out) == (0, "920155500012345\n")
    desk.write(GOOD, *PLENTY[:12])
    listed = await shell.run(*LIST, "--reason", "ticket 8")
    assert (listed.status, listed.err.splitlines()[-1]) == (0, "13 of 13 answered.")
    again = await shell.run(*LIST)
    assert (again.status, again.said) == (0, "13 of 13 answered.\n")

    request = desk.ids()[0]["reference"].partition("/")[0]
    rows = json.loads((await shell.run("log", "--request", request, "--json")).out)
    assert [row["reference"] for row in rows] == [f"{request}/{position}" for position in range(1, 14)]
    assert {(row["state"], row["reason"]) for row in rows} == {("answered", "ticket 8")}

    noted = (await shell.run("journal", "head")).out.strip()
    forgotten = await shell.run("forget", GOOD.phone, "--yes")
    assert (forgotten.status, forgotten.err) == (0, "")
    assert forgotten.out.startswith("The number was removed from 2 lookups.")
    verified = await shell.run("journal", "verify", "--since-head", noted)
    assert verified.status == 0, verified.err
    # Two requests and fourteen lookups; the single number's request is forgotten with it.
    assert "16 records match it, 3 of them forgotten." in verified.out
    assert GOOD.digits not in (await shell.run("log", "--csv")).out


@pytest.mark.parametrize("command", [("log", "--json"), ("forget", GOOD.phone, "--yes"), ("journal", "verify")])
@pytest.mark.parametrize("is_on_a_server", [True, False], ids=["server", "file"])
async def test_who_only_reads_or_forgets_begins_no_record(
    desk: Desk,
    empty_postgres_url: str,
    command: tuple[str, ...],
    is_on_a_server: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    file = desk.shell.folder / "empty.db"
    file.touch(0o600)
    desk.shell.environment["DATABASE_URL"] = empty_postgres_url if is_on_a_server else f"sqlite:///{file}"
    ran = await desk.shell.run(*command)
    assert (ran.status, ran.out) == (2, "")
    assert "the database is empty" in ran.err
    assert (file.read_bytes(), [*file.parent.glob("empty.db-*")]) == (b"", [])
    assert postgres("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()", empty_postgres_url) == []
