"""What both engines promise."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.errors import RecordDamaged, SchemaUnknown, StoreUnavailable
from bot.evidence import EMPTY, Head
from bot.store.engine import Engine, Query, Tx
from bot.store.postgres_tx import for_psycopg
from tests.clocks import SteppingClock
from tests.store.child import TIMES
from tests.store.engines import OpenEngine, Plain, Trips, engine_on

ROOT = Path(__file__).parent.parent.parent

ADD = "INSERT INTO state (name, text) VALUES (:name, :text)"
NAMES = "SELECT name FROM state ORDER BY name"

Start = Callable[[str, str], "subprocess.Popen[str]"]


def add(tx: Tx, name: str, text: Any = "") -> None:
    tx.write(ADD, name=name, text=text)


def names(tx: Tx) -> list[str]:
    return [row["name"] for row in tx.all(NAMES)]


def names_in(engine: Engine) -> list[str]:
    with engine.reading() as tx:
        return names(tx)


def change(engine: Engine, work: Callable[[Tx], object]) -> None:
    with engine.changing() as tx:
        work(tx)


def add_and_raise(tx: Tx) -> None:
    add(tx, "half")
    assert names(tx) == ["half"]
    raise KeyError


def add_the_same_twice(tx: Tx) -> None:
    add(tx, "one")
    add(tx, "one")
    add(tx, "two")


def add_the_same_twice_and_ask(tx: Tx) -> None:
    tx.write_many(ADD, [{"name": "one", "text": ""}] * 2)
    tx.gather(Query(NAMES, {}), Query(NAMES, {}))


def add_half_a_character(tx: Tx) -> None:
    add(tx, "one")
    add(tx, "two", "a\ud800b")


def leave_a_result_and_raise(tx: Tx) -> None:
    left = tx.stream(NAMES)
    next(left)
    raise KeyError


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts processes that wait for a line before they begin."""
    children: list[subprocess.Popen[str]] = []

    def start_one(what: str, url: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.store.child", url, what]
        child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        children.append(child)
        return child

    yield start_one
    for child in children:
        child.kill()
        child.communicate()


def race(children: list["subprocess.Popen[str]"]) -> None:
    """Let them go at once, and wait until all have done what they are for."""
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    assert [child.wait(timeout=60) for child in children] == [0] * len(children)


def test_what_a_change_writes_is_read_afterwards(engine: Engine) -> None:
    with engine.changing() as tx:
        add(tx, "one")
    assert names_in(engine) == ["one"]


def test_a_change_that_raises_leaves_nothing_and_the_next_one_is_made(engine: Engine) -> None:
    with pytest.raises(KeyError):
        change(engine, add_and_raise)
    with engine.changing() as tx:
        assert names(tx) == []
        add(tx, "whole")
    assert names_in(engine) == ["whole"]


@pytest.mark.parametrize("work", [add_the_same_twice, add_the_same_twice_and_ask])
def test_a_write_that_cannot_be_undoes_its_change_and_names_its_own_fault(
    engine: Engine, work: Callable[[Tx], None]
) -> None:
    with pytest.raises(Exception, match=r"(?i)unique"):
        change(engine, work)
    assert names_in(engine) == []


def test_two_changes_never_overlap(open_engine: OpenEngine) -> None:
    first, second = open_engine(), open_engine("p2", patience=0.2)
    with first.changing() as tx:
        add(tx, "one")
        with pytest.raises(StoreUnavailable, match="lock"), second.changing():
            pytest.fail("two changes at once")
        assert names_in(second) == []  # reading waits for nobody, and sees nothing unfinished
    with second.changing() as tx:
        assert names(tx) == ["one"]


def test_a_read_sees_one_moment(open_engine: OpenEngine) -> None:
    reader, writer = open_engine(), open_engine("p2")
    with reader.reading() as tx:
        with writer.changing() as change:
            add(change, "later")
        assert names(tx) == []
    assert names_in(reader) == ["later"]


def test_a_read_changes_nothing(engine: Engine) -> None:
    with pytest.raises(StoreUnavailable, match=r"read-?only"), engine.reading() as tx:
        tx.run(ADD, name="one", text="")
    with engine.changing() as tx:
        add(tx, "two")
    assert names_in(engine) == ["two"]


def test_a_transaction_knows_the_time_its_process_and_the_journal_s_head(
    open_engine: OpenEngine, clock: SteppingClock, plain: Plain
) -> None:
    engine = open_engine("p7")
    with engine.changing() as tx:
        assert (tx.now, tx.process, tx.head) == (clock.time, "p7", EMPTY)
    plain.execute("UPDATE journal_head SET seq = 5, hash = 'abc'")
    for begun in (engine.changing, engine.reading):
        with begun() as tx:
            assert (tx.now, tx.process, tx.head) == (clock.time, "p7", Head(5, "abc"))


def test_questions_are_answered_in_their_order_and_see_what_was_written_before(engine: Engine) -> None:
    with engine.changing() as tx:
        add(tx, "b")
        tx.write_many(ADD, [{"name": name, "text": name} for name in ("d", "a", "c")])
        tx.write("UPDATE state SET text = 'last' WHERE name = :name", name="d")
        one = Query("SELECT text FROM state WHERE name = :name", {"name": "d"})
        assert tx.gather(Query(NAMES, {}), one) == [[{"name": name} for name in "abcd"], [{"text": "last"}]]
        add(tx, "e")
        assert tx.run("UPDATE state SET text = 'x' WHERE name > :name", name="b") == 3
        add(tx, "f")
        assert tx.one("DELETE FROM state WHERE name = :name RETURNING text", name="e") == {"text": "x"}
        assert tx.one("SELECT text FROM state WHERE name = :name", name="e") is None
        tx.write_many(ADD, [])
    assert names_in(engine) == ["a", "b", "c", "d", "f"]


def test_a_change_with_rows_to_return_that_nobody_reads_is_made(engine: Engine) -> None:
    with engine.changing() as tx:
        tx.write_many(ADD, [{"name": name, "text": ""} for name in "abc"])
        assert tx.one("UPDATE state SET text = 'x' RETURNING text") == {"text": "x"}
    with engine.reading() as tx:
        assert tx.one("SELECT count(*) AS n FROM state WHERE text = 'x'") == {"n": 3}


def test_a_long_result_comes_row_by_row_and_may_be_left(engine: Engine) -> None:
    with engine.changing() as tx:
        tx.write_many(ADD, [{"name": f"{number:05}", "text": ""} for number in range(5000)])
        assert sum(1 for _ in tx.stream(NAMES)) == 5000
    with engine.reading() as tx:
        assert [row["name"] for row in tx.stream(NAMES)] == [f"{number:05}" for number in range(5000)]
    with engine.reading() as tx:
        left = tx.stream("SELECT name FROM state WHERE name > :name ORDER BY name", name="00010")
        assert next(left) == {"name": "00011"}
    with pytest.raises(KeyError):
        change(engine, leave_a_result_and_raise)
    with engine.changing() as tx:
        tx.run("DELETE FROM state")
    assert names_in(engine) == []  # and not the moment of the result that was left


def test_values_come_back_as_they_were_given(engine: Engine) -> None:
    text = "Grüße 👍 100% :name ::text 'quoted' \\ %s"
    with engine.changing() as tx:
        add(tx, "é", text)
        assert tx.one("SELECT text FROM state WHERE name LIKE 'é%' AND text <> ':x'") == {"text": text}
        tx.write("INSERT INTO processes (name, seen_at) VALUES (:name, :at)", name="p", at=1_800_000_000.1234567)
        assert tx.one("SELECT seen_at FROM processes") == {"seen_at": 1_800_000_000.1234567}
        tx.run("UPDATE journal_head SET seq = :seq", seq=2**63 - 1)
        assert tx.one("SELECT seq FROM journal_head") == {"seq": 2**63 - 1}
        tx.run("UPDATE journal_head SET seq = :seq", seq=True)
        assert tx.one("SELECT seq FROM journal_head") == {"seq": 1}
        assert tx.one("SELECT CAST(:blob AS TEXT) AS gone", blob=None) == {"gone": None}


def test_sums_and_quotients_are_numbers(engine: Engine) -> None:
    with engine.changing() as tx:
        tx.run("UPDATE journal_head SET seq = 7")
        row = tx.one(
            "SELECT sum(seq) AS total, avg(seq) AS mean, max(seq) / 2.0 AS half, -sum(seq) AS less FROM journal_head"
        )
    assert row == {"total": 7, "mean": 7.0, "half": 3.5, "less": -7}
    assert [type(value) for value in row.values()] == [int, float, float, int]


def test_text_is_ordered_by_its_characters_numbers(engine: Engine) -> None:
    with engine.changing() as tx:
        tx.write_many(ADD, [{"name": name, "text": ""} for name in ("b", "B", "a", "é", "_", "A")])
        assert names(tx) == ["A", "B", "_", "a", "b", "é"]


def test_half_a_character_is_refused_and_records_nothing(engine: Engine) -> None:
    with pytest.raises(UnicodeEncodeError):
        change(engine, add_half_a_character)
    assert names_in(engine) == []


def test_nul_is_text_to_sqlite_alone(engine: Engine, database_url: str) -> None:
    """So whatever comes from outside is rid of it before it comes here."""
    if database_url.startswith("sqlite"):
        with engine.changing() as tx:
            add(tx, "one", "a\0b")
            assert tx.one("SELECT text FROM state") == {"text": "a\0b"}
        return
    with pytest.raises(psycopg.DataError), engine.changing() as tx:
        add(tx, "one", "a\0b")
    assert names_in(engine) == []


def test_an_engine_that_is_not_open_says_so(open_engine: OpenEngine, database_url: str) -> None:
    closed, never = open_engine(), engine_on(database_url)
    closed.close()
    for engine in (closed, never):
        for use in (engine.changing, engine.reading):
            with pytest.raises(StoreUnavailable, match="not open"), use():
                pytest.fail("it is not open")
        with pytest.raises(StoreUnavailable, match="not open"):
            engine.scrub()
        engine.hang_up()
        engine.close()
    closed.open()
    assert names_in(closed) == []


def test_a_process_that_must_not_write_any_more_reads_on(engine: Engine, plain: Plain) -> None:
    with engine.changing() as tx:
        add(tx, "one")
    plain.execute("UPDATE journal_head SET schema = 9, oldest_writer = 1")
    with engine.changing() as tx:
        add(tx, "two")
    plain.execute("UPDATE journal_head SET oldest_writer = 9")
    with pytest.raises(SchemaUnknown, match="a newer release has taken over"), engine.changing():
        pytest.fail("it must not write")
    assert names_in(engine) == ["one", "two"]


def test_without_the_journal_s_head_nothing_is_changed(engine: Engine, plain: Plain) -> None:
    plain.execute("DELETE FROM journal_head")
    with pytest.raises(RecordDamaged), engine.changing():
        pytest.fail("there is nothing to follow")
    with engine.reading() as tx:
        assert tx.head == EMPTY


def test_scrubbing_is_done_where_nobody_reads(engine: Engine) -> None:
    with engine.changing() as tx:
        add(tx, "one")
    assert engine.scrub()
    assert names_in(engine) == ["one"]


def test_processes_that_open_an_empty_database_at_once_and_change_it_lose_nothing(empty_url: str, start: Start) -> None:
    race([start("count", empty_url) for _ in range(4)])
    with closing(engine_on(empty_url)) as engine:
        engine.open()
        with engine.reading() as tx:
            assert tx.one("SELECT text FROM state") == {"text": str(4 * TIMES)}


def test_a_process_killed_in_the_middle_of_a_change_leaves_nothing_and_no_lock(
    engine: Engine, database_url: str, start: Start
) -> None:
    child = start("hang", database_url)
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    child.kill()
    child.wait()
    with engine.changing() as tx:
        assert names(tx) == []


def test_a_statement_s_parameters_are_told_from_what_only_looks_alike() -> None:
    sql = "SELECT ':a', x::text, :b -- :c's\n FROM t WHERE y LIKE 'a%' AND \"q:d\" = :e_1 /* :f */ AND 'it''s :g' = :b"
    assert for_psycopg(sql) == (
        b"SELECT ':a', x::text, %(b)s -- :c's\n FROM t WHERE y LIKE 'a%%' AND \"q:d\" = %(e_1)s /* :f */"
        b" AND 'it''s :g' = %(b)s"
    )


@pytest.fixture
def distant(trips: Trips) -> Iterator[Engine]:
    """Postgres, with every round trip counted."""
    with closing(engine_on(trips.url)) as engine:
        engine.open()
        yield engine


def _decide(tx: Tx) -> None:
    tx.one("DELETE FROM state WHERE name = 'z' RETURNING name")


def _decide_and_write(tx: Tx) -> None:
    _decide(tx)
    tx.write_many(ADD, [{"name": f"{number}", "text": "x" * 1000} for number in range(300)])
    tx.write("UPDATE state SET text = 'y'")
    tx.write("DELETE FROM state")


def _ask_much(tx: Tx) -> None:
    tx.write("DELETE FROM state")
    tx.gather(*[Query(NAMES, {})] * 10)


@pytest.mark.parametrize(
    ("work", "expected"), [(_decide, 3), (_decide_and_write, 3), (_ask_much, 3), (lambda tx: add(tx, "one"), 2)]
)
def test_a_change_is_three_round_trips(
    distant: Engine, trips: Trips, work: Callable[[Tx], None], expected: int
) -> None:
    assert trips.of(lambda: change(distant, work)) == expected


def test_a_read_is_three_round_trips_however_much_it_asks(distant: Engine, trips: Trips) -> None:
    def read() -> None:
        with distant.reading() as tx:
            tx.gather(*[Query(NAMES, {})] * 10)

    assert trips.of(read) == 3
