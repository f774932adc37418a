"""A record that was edited into what it cannot be is refused by itself or left out, and takes no other along.

Found by tests/fuzz/test_edited_databases.py.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.audit import Footprint, LogQuery
from bot.errors import RecordDamaged
from bot.guesses import FREE_FOR_NUMBER
from bot.models import LookupId, Request
from bot.store import forgetting, guesses, journal, lookups, messages, outbox, processes, requests, scrubbing, search
from bot.store.outbox import Kind
from bot.store.urls import SQLITE
from tests import factories
from tests.clocks import SteppingClock
from tests.factories import ANA, LEE, NEEDS_APPROVAL, OLGA, REFUSED, phones
from tests.fuzz.recorded import loosen
from tests.store import tampering
from tests.store.engines import Plain, engine_on
from tests.store.processes import Process

(PHONE,) = phones(1)

Edit = Callable[[str], None]


@pytest.fixture
def edit(plain: Plain, database_url: str) -> Edit:
    """What somebody does who knows how to switch the rules off."""
    tampering.open_up(plain, database_url, checks=True)

    def edit_it(statement: str) -> None:
        assert plain.execute(statement).rowcount

    return edit_it


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    assert set(caplog.messages) <= {"damaged record skipped"}
    return [vars(record)["facts"] for record in caplog.records]


@pytest.mark.parametrize(
    ("assignment", "column"),
    [
        ("state = 'gone'", "state"),
        ("phone = '+1 202'", "phone"),
        ("updated_at = 1e18", "updated_at"),  # no date
        ("asked_at = -1", "asked_at"),
        ("problem = 'bad luck'", "problem"),
    ],
)
def test_a_damaged_lookup_is_left_out_of_its_request_and_of_the_log(
    process: Process, edit: Edit, assignment: str, column: str, caplog: pytest.LogCaptureFixture
) -> None:
    request = process.change(factories.asked, 2)
    edit(f"UPDATE lookups SET {assignment} WHERE position = 1")
    found = process.read(requests.find, request.id)
    assert found
    assert found.lookups == request.lookups[1:]
    assert [each.lookup for each in process.read(search.search, LogQuery())] == [request.lookups[1]]
    for facts in logged(caplog):
        assert (facts["table"], facts["position"], facts["column"]) == ("lookups", 1, column)
    assert len(caplog.records) == 2
    with pytest.raises(RecordDamaged) as caught:
        process.read(lookups.find, LookupId(f"{request.id}/1"))
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("assignment", "column"),
    [
        ("approval = 'perhaps'", "approval"),
        ("through = ''", "through"),
        ("asked_at = 1e18", "asked_at"),
        ("size = 0", "size"),
    ],
)
def test_a_damaged_request_is_refused_by_itself_and_left_out_among_others(
    process: Process, edit: Edit, assignment: str, column: str, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, whole = process.change(factories.asked, 2), process.change(factories.asked)
    edit(f"UPDATE requests SET {assignment} WHERE id = '{damaged.id}'")
    with pytest.raises(RecordDamaged) as caught:
        process.read(requests.find, damaged.id)
    assert caught.value.column == column
    assert [each.request.id for each in process.read(search.search, LogQuery())] == [whole.id]
    assert len(logged(caplog)) == 2


@pytest.mark.parametrize(
    ("assignment", "column"),
    [("expires_at = NULL", "expires_at"), ("approval = 'approved'", "decided_at"), ("decided_at = 1.5", "decided_at")],
)
def test_a_request_against_the_rules_of_its_table_is_refused_before_anything_changes(
    process: Process, edit: Edit, assignment: str, column: str
) -> None:
    request = process.change(factories.asked, decision=NEEDS_APPROVAL)
    edit(f"UPDATE requests SET {assignment}")
    head = process.read(journal.head)
    for act in (factories.approve, factories.deny):
        with pytest.raises(RecordDamaged) as caught:
            process.change(act, request)
        assert caught.value.column == column
    assert process.read(journal.head) == head


@pytest.mark.parametrize("seq", [-(2**63), -2, -1, 0, 1, 2**62, 2**63 - 1])
def test_a_head_that_was_set_to_where_no_entry_can_follow_takes_no_change_and_can_be_read(
    process: Process, plain: Plain, seq: int
) -> None:
    process.change(factories.asked)
    plain.execute(f"UPDATE journal_head SET seq = {seq}")
    with pytest.raises(RecordDamaged) as caught:
        process.change(factories.asked, phones(1, first=5))
    assert caught.value.column == "journal_head"
    assert process.read(journal.head).seq == seq
    assert len(process.column("SELECT id FROM requests")) == 1


def test_a_damaged_lookup_does_not_keep_the_sweeper_from_the_others(
    process: Process, edit: Edit, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    process.change(processes.beat)
    damaged, whole = process.change(factories.asked), process.change(factories.asked, phones(1, first=5))
    edit("UPDATE lookups SET phone = '' WHERE request = 1")
    for _ in range(4):
        clock.time += 10
        process.change(processes.beat)
    assert process.change(processes.interrupt_abandoned, frozenset[LookupId](), silent_for=30.0) == 1
    assert {each.request_id for each in process.change(outbox.claim)} == {whole.id}
    assert process.column("SELECT state FROM lookups ORDER BY request") == ["queued", "interrupted"]
    assert [each["request"] for each in logged(caplog)] == [1]
    assert process.change(factories.current, damaged).lookups == ()


def test_a_damaged_row_of_the_outbox_does_not_keep_others_from_being_said(
    process: Process, edit: Edit, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    _, whole = (process.change(factories.finished) for _ in range(2))
    edit("UPDATE outbox SET kind = 'shout' WHERE kind = 'agent' AND request = 1")
    clock.time += outbox.HANDLING
    assert (Kind.AGENT, whole.id) in {(each.kind, each.request_id) for each in process.change(outbox.claim)}
    assert [each["column"] for each in logged(caplog)] == ["kind"]


def test_a_damaged_alarm_and_a_damaged_entry_are_left_out(
    process: Process, edit: Edit, caplog: pytest.LogCaptureFixture
) -> None:
    last = [process.change(factories.finished, 1, REFUSED) for _ in range(FREE_FOR_NUMBER)][-1]
    edit("UPDATE alarms SET suspect = 'nobody'")
    assert process.read(guesses.untold_alarms, last.id) == []
    edit("UPDATE journal SET facts = '[]' WHERE seq = (SELECT max(seq) FROM journal)")
    assert len(process.read(journal.of_request, last.id)) == 4
    assert {each["table"] for each in logged(caplog)} == {"alarms", "journal"}
    assert process.read(messages.of_request, messages.Kind.CARD, last.id) == []


@pytest.mark.parametrize("moment", ["1e300", "1e18"])
def test_times_from_the_future_neither_end_the_guess_guard_nor_make_it_endless(
    process: Process, edit: Edit, clock: SteppingClock, moment: str
) -> None:
    process.change(factories.finished)
    edit(f"UPDATE lookups SET updated_at = {moment}")
    for _ in range(FREE_FOR_NUMBER):
        process.change(factories.finished, 1, REFUSED, agent=LEE)
    assert process.read(guesses.counts, ANA, (PHONE,)).against(PHONE).for_number.refused == FREE_FOR_NUMBER
    edit(f"UPDATE refused_codes SET at = {moment}")
    counted = process.read(guesses.counts, ANA, (PHONE,)).against(PHONE).for_number
    assert (counted.refused, counted.last_at) == (FREE_FOR_NUMBER, clock.time)


# --- what only SQLite takes, and of that some only without STRICT ---


@pytest.fixture
def on_disk(sqlite_url: str) -> Iterator[Process]:
    with closing(engine_on(sqlite_url)) as engine:
        engine.open()
        yield Process(engine)


def edit_file(url: str, statement: str) -> None:
    with closing(sqlite3.connect(url.removeprefix(SQLITE), isolation_level=None)) as connection:
        tampering.lay_open(connection)
        assert connection.execute(statement).rowcount


def edit_anyhow(url: str, statement: str) -> None:
    loosen(Path(url.removeprefix(SQLITE)))
    edit_file(url, statement)


def rejected(process: Process, reason: str = "") -> Request:
    return process.change(factories.asked, decision=factories.MAY_NOT, reason=reason)


def test_text_that_is_no_utf8_makes_nothing_unreadable(on_disk: Process, sqlite_url: str) -> None:
    request = on_disk.change(factories.asked)
    edit_file(sqlite_url, "UPDATE requests SET reason = CAST(x'80ff' AS TEXT)")
    assert on_disk.change(factories.current, request).reason == "\ufffd\ufffd"


def test_a_request_whose_id_is_no_text_is_left_out(
    on_disk: Process, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    on_disk.change(factories.asked)
    whole = on_disk.change(factories.asked, decision=NEEDS_APPROVAL)
    edit_file(sqlite_url, "UPDATE requests SET id = CAST(x'ff' AS TEXT) WHERE number = 1")
    assert [each.request.id for each in on_disk.read(search.search, LogQuery())] == [whole.id]
    assert [each["column"] for each in logged(caplog)] == ["id"]


def test_a_time_that_is_none_does_not_keep_the_sweeper_from_the_others(on_disk: Process, sqlite_url: str) -> None:
    on_disk.change(processes.beat)
    on_disk.change(factories.asked, 2)
    edit_anyhow(sqlite_url, "UPDATE lookups SET updated_at = CASE position WHEN 1 THEN 'soon' ELSE 1.0 END")
    assert on_disk.change(processes.interrupt_abandoned, frozenset[LookupId](), silent_for=30.0) == 1


@pytest.mark.parametrize(
    ("table", "assignment"),
    [
        ("lookups", "phone_number_id = x'6162'"),
        ("lookups", "request = x'ff'"),
        ("lookups", "position = 'first'"),
        ("requests", "reason = NULL, decision_reason = 'no'"),
        ("requests", "id = x'ff'"),
        ("state", "text = x'ff'"),
    ],
)
def test_whatever_stands_in_a_cell_the_rest_is_counted_forgotten_and_scrubbed(
    on_disk: Process, sqlite_url: str, table: str, assignment: str
) -> None:
    for first in range(3):
        on_disk.change(factories.finished, phones(2, first=2 * first), agent=OLGA)  # whom nobody has to tell
    on_disk.change(factories.asked, phones(1, first=6), decision=factories.MAY_NOT, reason="ticket 7", agent=OLGA)
    on_disk.change(forgetting.forget, phones(5)[4], actor=OLGA)
    edit_anyhow(sqlite_url, f"UPDATE {table} SET {assignment} WHERE rowid = 1")
    assert sum(on_disk.read(forgetting.footprint, each).ended for each in phones(4)) == 4
    assert on_disk.read(scrubbing.find)
    assert on_disk.change(forgetting.forget_old, before=1e12, limit=10) == 6
    assert on_disk.column("SELECT count(*) FROM lookups WHERE salt IS NOT NULL") == [0]
    while found := on_disk.read(scrubbing.find):
        on_disk.change(scrubbing.done, found.entry, took=1.0)


@pytest.mark.parametrize("reason", [f"x'{PHONE.digits.encode().hex()}'", f"x'ff{PHONE.digits.encode().hex()}'"])
@pytest.mark.parametrize("table", ["requests", "lookups"])
def test_a_reason_that_is_no_text_is_looked_through_and_forgotten(
    on_disk: Process, sqlite_url: str, table: str, reason: str
) -> None:
    on_disk.change(factories.asked, phones(1, first=5), decision=factories.MAY_NOT)
    edit_anyhow(sqlite_url, f"UPDATE {table} SET reason = {reason}")
    assert on_disk.read(forgetting.footprint, PHONE).mentions == 1
    on_disk.change(forgetting.forget, PHONE, actor=OLGA)
    assert on_disk.column(f"SELECT reason FROM {table}") == [""]


@pytest.mark.parametrize(
    ("table", "assignment"),
    [
        ("lookups", "state = 7"),
        ("lookups", "state = CAST(x'ff' AS TEXT)"),
        ("lookups", "reason = CAST(x'ff' AS TEXT)"),
        ("requests", "reason = CAST(x'ff' AS TEXT)"),
        ("requests", f"reason = {PHONE.digits}"),
        ("lookups", f"reason = CAST(CAST('{PHONE.digits}' AS BLOB) || x'ff' AS TEXT), phone = '1'"),
    ],
)
def test_a_damaged_record_keeps_no_number_from_being_found_and_forgotten(
    on_disk: Process, sqlite_url: str, table: str, assignment: str
) -> None:
    rejected(on_disk)
    edit_file(sqlite_url, f"UPDATE {table} SET {assignment}")
    found = on_disk.read(forgetting.footprint, PHONE)
    assert found.ended + found.mentions == 1
    on_disk.change(forgetting.forget, PHONE, actor=OLGA)
    assert on_disk.read(forgetting.footprint, PHONE) == Footprint(ended=0, running=0, waiting=0, mentions=0)
