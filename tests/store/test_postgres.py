"""What only Postgres' engine does: lost connections, a COMMIT without an answer, limits, and what it is told."""

import functools
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg
import pytest

from bot.errors import ChangeUnknown, DatabaseGone, StoreUnavailable
from bot.store.engine import Query, Tx
from bot.store.postgres import PostgresEngine
from bot.store.postgres_begin import STATE_LOCK, Limits
from bot.texts import databases as texts
from tests.store.engines import SERVER, engine_on, postgres, through, wait_until
from tests.store.proxy import Proxy

ROOT = Path(__file__).parent.parent.parent

ADD = "INSERT INTO state (name, text) VALUES (:name, :text)"

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'phoneid-bot' AND datname = current_database()"

# As a standby answers BEGIN READ WRITE. Here it is the next statement of the same message.
FOLLOWS = """
    RETURNS void LANGUAGE plpgsql AS $$ BEGIN
        RAISE feature_not_supported USING MESSAGE = 'cannot set transaction read-write mode during recovery';
    END $$"""


def record(tx: Tx, name: str = "one") -> str:
    """A change that can prove itself."""
    tx.write(ADD, name=name, text="")
    tx.proven_by("SELECT 1 AS found FROM state WHERE name = :name", name=name)
    return name


def names_at(url: str) -> list[str]:
    return [name for (name,) in postgres("SELECT name FROM state ORDER BY name", url)]


def end_backends(url: str) -> None:
    """As a server that restarts: every engine's connection to this run's database is ended."""
    postgres(f"SELECT pg_terminate_backend(pid, 5000) FROM ({BACKENDS}) AS ours", url)


@contextmanager
def opened(url: str, limits: Limits | None = None) -> Iterator[PostgresEngine]:
    with closing(PostgresEngine(url, process="p1", limits=limits)) as engine:
        engine.open()
        yield engine


@pytest.fixture
def engine(postgres_url: str) -> Iterator[PostgresEngine]:
    with opened(postgres_url) as engine:
        yield engine


@pytest.fixture
def fragile(postgres_url: str, proxy: Proxy) -> Iterator[PostgresEngine]:
    """An engine behind the proxy."""
    with opened(through(proxy, postgres_url)) as engine:
        yield engine


def change(engine: PostgresEngine, work: Callable[[Tx], object] = record) -> None:
    with engine.changing() as tx:
        work(tx)


def test_a_connection_that_ended_while_nobody_used_it_is_not_noticed(engine: PostgresEngine, postgres_url: str) -> None:
    end_backends(postgres_url)
    change(engine)
    end_backends(postgres_url)
    with engine.reading() as tx:
        assert tx.all("SELECT name FROM state") == [{"name": "one"}]
    end_backends(postgres_url)
    assert engine.scrub()


def test_a_server_that_only_follows_another_is_no_more_than_unavailable_and_is_left(postgres_url: str) -> None:
    with closing(engine_on(postgres_url)) as engine:
        engine.open()
        postgres(f"CREATE FUNCTION pg_advisory_xact_lock(bigint) {FOLLOWS}", postgres_url)
        postgres(f"CREATE FUNCTION pg_advisory_xact_lock(integer) {FOLLOWS}", postgres_url)
        (before,) = postgres(BACKENDS, postgres_url)
        with pytest.raises(StoreUnavailable, match="during recovery"), engine.changing():
            pass
        assert before not in postgres(BACKENDS, postgres_url)
        with pytest.raises(StoreUnavailable, match="during recovery"):
            engine.open()
        engine.close()
        postgres("DROP FUNCTION pg_advisory_xact_lock(bigint), pg_advisory_xact_lock(integer)", postgres_url)
        engine.open()
        with engine.changing() as tx:
            record(tx)
    assert names_at(postgres_url) == ["one"]


@pytest.mark.parametrize("notices", ["a question", "COMMIT"])
def test_a_connection_that_ends_in_the_middle_of_a_change_leaves_nothing(
    engine: PostgresEngine, postgres_url: str, notices: str
) -> None:
    def lose(tx: Tx) -> None:
        record(tx)
        tx.one("SELECT name FROM state")
        record(tx, "two")
        end_backends(postgres_url)
        if notices == "a question":
            tx.one("SELECT name FROM state")

    with pytest.raises(StoreUnavailable) as told:
        change(engine, lose)
    assert not isinstance(told.value, ChangeUnknown)
    assert names_at(postgres_url) == []
    change(engine)
    assert names_at(postgres_url) == ["one"]


def test_a_commit_that_did_not_arrive_is_told_as_not_recorded(
    fragile: PostgresEngine, proxy: Proxy, postgres_url: str
) -> None:
    proxy.lose = "COMMIT"
    with pytest.raises(StoreUnavailable, match="nothing was recorded") as told:
        change(fragile)
    assert not isinstance(told.value, ChangeUnknown)
    assert names_at(postgres_url) == []
    change(fragile)
    assert names_at(postgres_url) == ["one"]


def test_a_commit_whose_answer_is_lost_is_found_to_be_recorded(
    fragile: PostgresEngine, proxy: Proxy, postgres_url: str
) -> None:
    proxy.lose = "its answer"
    change(fragile)  # and nobody notices
    assert names_at(postgres_url) == ["one"]
    change(fragile, lambda tx: record(tx, "two"))
    assert names_at(postgres_url) == ["one", "two"]


@pytest.mark.parametrize("lost", ["COMMIT", "its answer"])
def test_a_change_without_proof_is_unknown_when_its_commit_is_lost(
    fragile: PostgresEngine, proxy: Proxy, lost: Literal["COMMIT", "its answer"]
) -> None:
    def without_proof(tx: Tx) -> None:
        tx.write("DELETE FROM state")

    proxy.lose = lost
    with pytest.raises(ChangeUnknown):
        change(fragile, without_proof)
    change(fragile)


def test_a_change_is_unknown_when_its_commit_is_lost_and_then_the_server(
    fragile: PostgresEngine, proxy: Proxy, postgres_url: str
) -> None:
    def lose_all(tx: Tx) -> None:
        record(tx)
        proxy.lose = "its answer"
        proxy.refuse()

    with pytest.raises(ChangeUnknown):
        change(fragile, lose_all)
    assert names_at(postgres_url) == ["one"]


@pytest.mark.parametrize("lost", ["COMMIT", "its end"])
def test_whoever_asks_about_a_lost_commit_waits_until_the_server_gives_its_transaction_up(
    postgres_url: str, proxy: Proxy, lost: Literal["COMMIT", "its end"]
) -> None:
    """The network is gone, and the server does not know it: as long as it waits, COMMIT might still arrive."""
    with opened(through(proxy, postgres_url), Limits(lock=0.2, statement=0.6, idle=0.6)) as engine:
        proxy.keeps_server = True
        proxy.lose = lost
        with pytest.raises(StoreUnavailable, match="nothing was recorded"):
            change(engine)
    assert names_at(postgres_url) == []


def test_a_connection_that_ends_inside_commit_leaves_nothing(engine: PostgresEngine, postgres_url: str) -> None:
    postgres(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM pg_sleep(20); RETURN NULL; END$$;"
        " CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON state DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION slow()",
        postgres_url,
    )
    ending = threading.Thread(target=end_when_committing, args=(postgres_url,))
    ending.start()
    with pytest.raises(StoreUnavailable, match="nothing was recorded"):
        change(engine)
    ending.join()
    assert names_at(postgres_url) == []


def end_when_committing(url: str) -> None:
    wait_until(f"{BACKENDS} AND query LIKE '%COMMIT' AND wait_event = 'PgSleep'", url)
    end_backends(url)


def test_a_failed_transaction_never_looks_committed(engine: PostgresEngine, postgres_url: str) -> None:
    def go_on_after_a_failure(tx: Tx) -> None:
        record(tx)
        with pytest.raises(psycopg.errors.UndefinedTable):
            tx.all("SELECT * FROM nowhere")

    with pytest.raises(StoreUnavailable, match="the transaction failed"):
        change(engine, go_on_after_a_failure)
    assert names_at(postgres_url) == []
    change(engine)


def test_the_time_is_read_after_the_wait_for_the_lock(engine: PostgresEngine, postgres_url: str) -> None:
    times: list[float] = []
    with opened(postgres_url) as other:
        waiting = threading.Thread(target=change, args=(other, lambda tx: times.append(tx.now)))
        with engine.changing() as tx:
            began = tx.now
            waiting.start()
            wait_until("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", postgres_url)
            row = tx.one("SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision) AS now")
        waiting.join()
    assert row
    assert began < row["now"] < times[0]


def test_a_statement_that_takes_too_long_is_ended(postgres_url: str) -> None:
    def take_long(tx: Tx) -> None:
        record(tx)
        tx.all("SELECT pg_sleep(20)")

    with opened(postgres_url, Limits(statement=0.2)) as engine:
        with pytest.raises(StoreUnavailable, match="statement timeout"):
            change(engine, take_long)
        assert names_at(postgres_url) == []
        change(engine)


def test_a_read_may_take_longer_than_a_change(postgres_url: str) -> None:
    with opened(postgres_url, Limits(statement=0.1)) as engine, engine.reading() as tx:
        assert len(tx.all("SELECT pg_sleep(0.2)")) == 1


def test_a_process_that_stands_still_in_a_change_loses_the_lock(postgres_url: str) -> None:
    with opened(postgres_url, Limits(idle=0.3)) as stopped, opened(postgres_url) as other:

        def stand_still(tx: Tx) -> None:
            record(tx)
            tx.gather(*[Query("SELECT name FROM state", {})] * 2)
            change(other, lambda tx: record(tx, "two"))  # it waits, and gets the lock
            tx.all("SELECT name FROM state")

        with pytest.raises(StoreUnavailable):
            change(stopped, stand_still)
        assert names_at(postgres_url) == ["two"]
        change(stopped)


def test_a_server_that_says_nothing_is_left_by_hanging_up(
    fragile: PostgresEngine, proxy: Proxy, postgres_url: str
) -> None:
    def wait_for_an_answer(tx: Tx) -> None:
        record(tx)
        proxy.is_silent = True
        threading.Timer(0.2, fragile.hang_up).start()
        tx.all("SELECT name FROM state")

    with pytest.raises(StoreUnavailable):
        change(fragile, wait_for_an_answer)
    proxy.is_silent = False
    change(fragile)
    assert names_at(postgres_url) == ["one"]


def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        engine = PostgresEngine(f"postgresql://postgres@127.0.0.1:{port}/x?connect_timeout=1", process="p1")
        with pytest.raises(StoreUnavailable, match="timeout"):
            engine.open()


def test_shared_state_and_record_do_not_wait_for_each_other_except_to_open(
    engine: PostgresEngine, postgres_url: str
) -> None:
    state = PostgresEngine(postgres_url, process="p1", lock=STATE_LOCK, is_durable=False, limits=Limits(lock=0.2))
    with closing(state):
        state.open()
        with engine.changing():
            change(state)
            state.close()
            with pytest.raises(StoreUnavailable, match="lock timeout"):  # both might create the schema
                state.open()
    assert names_at(postgres_url) == ["one"]


@pytest.mark.parametrize(("is_durable", "expected"), [(True, "on"), (False, "off")])
def test_only_what_is_worth_little_does_not_wait_for_the_disk(
    postgres_url: str, *, is_durable: bool, expected: str
) -> None:
    url = f"{postgres_url}%20-csynchronous_commit%3Don"
    with closing(PostgresEngine(url, process="p1", is_durable=is_durable)) as engine:
        engine.open()
        with engine.changing() as tx:
            assert tx.one("SHOW synchronous_commit") == {"synchronous_commit": expected}


def test_a_transaction_is_what_it_must_be_whatever_the_server_s_defaults_are(postgres_url: str) -> None:
    defaults = "%20-cdefault_transaction_read_only%3Don%20-cdefault_transaction_isolation%3Dserializable"
    with opened(postgres_url + defaults) as engine:
        with engine.changing() as tx:
            record(tx)
            assert tx.one("SHOW transaction_isolation") == {"transaction_isolation": "read committed"}
        with engine.reading() as tx:
            assert tx.one("SHOW transaction_isolation") == {"transaction_isolation": "repeatable read"}
    assert names_at(postgres_url) == ["one"]


def test_nothing_is_left_on_the_connection_for_others_behind_a_pooler(engine: PostgresEngine) -> None:
    """What a session keeps, the next client of a transaction pooler would find, or miss."""
    for number in range(20):
        change(engine, functools.partial(record, name=f"{number}"))
    with engine.reading() as tx:
        assert tx.all("SELECT name FROM pg_prepared_statements") == []
        assert tx.all("SELECT name FROM pg_settings WHERE source = 'session' AND name LIKE '%timeout'") != []
    connection = engine._connection  # nobody else can ask on it
    assert connection
    left = "SELECT name FROM pg_settings WHERE source = 'session' AND name <> 'client_encoding'"
    assert connection.execute(left).fetchall() == []
    assert (
        connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()").fetchall()
        == []
    )


@pytest.mark.parametrize(
    "address",
    [
        "u:hunter2@x@127.0.0.1/db",  # not encoded: what follows the @ looks like the host
        "u:hunter2/x@127.0.0.1/db",
        "u:12/hunter2@127.0.0.1/db",
        "u:%hunter2@127.0.0.1/db",
        "u:hunter2 x@127.0.0.1/db",
        "u:hunter2@127.0.0.1:1/db",
        "u:hunter2@[127.0.0.1/db",
        "u@127.0.0.1/db?password=hunter2&nonsense=1",
    ],
)
def test_a_password_is_in_no_error(address: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot be (read|reached)") as told:
        PostgresEngine(f"postgresql://{address}", process="p1").open()
    assert "hunter2" not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


@pytest.mark.parametrize("password", ["p", "ort", "Connection refused"])
def test_a_password_that_stands_in_the_driver_s_words_can_not_be_guessed_from_what_is_left(password: str) -> None:
    with pytest.raises(StoreUnavailable) as told:
        PostgresEngine(f"postgresql://u:{quote(password)}@127.0.0.1:1/db", process="p1").open()
    assert str(told.value) == f"the database cannot be reached: {texts.unreached(is_kept_out=False)}"


def test_with_any_other_password_the_driver_says_why() -> None:
    with pytest.raises(StoreUnavailable, match="Connection refused"):
        PostgresEngine("postgresql://u:hunter2@127.0.0.1:1/db", process="p1").open()


@pytest.mark.parametrize("password", ["role", "exist"])
def test_whatever_the_password_is_a_role_that_is_kept_out_stays_out(password: str) -> None:
    host = SERVER.rpartition("@")[2]
    with pytest.raises(DatabaseGone, match="does not accept the login"):
        PostgresEngine(f"postgresql://phoneid_nobody:{password}@{host}/postgres", process="p1").open()


def test_a_database_of_another_encoding_is_refused() -> None:
    name = f"phoneid_test_latin_{os.getpid()}"
    admin = f"{SERVER}/postgres"
    postgres(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0", admin)
    try:
        with pytest.raises(StoreUnavailable, match="encoding is LATIN1, but it must be UTF8"):
            PostgresEngine(f"{SERVER}/{name}", process="p1").open()
    finally:
        postgres(f"DROP DATABASE {name} WITH (FORCE)", admin)


def test_a_role_that_may_not_create_the_tables_is_told_so(empty_postgres_url: str) -> None:
    role = f"phoneid_test_{os.getpid()}"
    postgres(
        f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema_of(empty_postgres_url)} TO {role}", empty_postgres_url
    )
    try:
        with pytest.raises(StoreUnavailable, match=r"cannot create tables in it\. Run phoneid migrate"):
            PostgresEngine(f"{empty_postgres_url}&user={role}", process="p1").open()
    finally:
        postgres(
            f"REVOKE ALL ON SCHEMA {schema_of(empty_postgres_url)} FROM {role}; DROP ROLE {role}", empty_postgres_url
        )


def schema_of(url: str) -> str:
    return str(postgres("SELECT current_schema()", url)[0][0])


def test_scrubbing_removes_the_old_versions_of_rows(engine: PostgresEngine, postgres_url: str) -> None:
    change(engine)
    change(engine, lambda tx: tx.write("UPDATE state SET text = 'x'"))
    change(engine, lambda tx: tx.write("DELETE FROM state"))
    assert postgres("SELECT pg_relation_size('state') > 0", postgres_url) == [(True,)]
    assert engine.scrub()
    assert postgres("SELECT pg_relation_size('state') > 0", postgres_url) == [(False,)]
