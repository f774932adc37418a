"""What a database does not come back from, and what may pass: of the one nobody is told to try again."""

import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import DatabaseGone, RecordDamaged, SchemaUnknown, StoreUnavailable
from bot.store.engine import Engine, Tx
from bot.store.migrations import check_usable
from bot.store.postgres import PostgresEngine
from bot.store.postgres_begin import Limits
from bot.store.postgres_tx import are_kept_out
from bot.store.record import Record
from bot.store.sqlite import SqliteEngine
from tests.store.engines import SERVER, OpenEngine, Plain, engine_on, postgres

ADD = "INSERT INTO state (name, text) VALUES ('one', '')"


def add(tx: Tx) -> None:
    tx.write(ADD)


def use(engine: Engine, reader: Engine | None = None) -> None:
    """As a bot does, which reads and changes something all the time."""
    for _ in range(3):
        with (reader or engine).reading() as tx:
            check_usable(tx)
        with engine.changing() as tx:
            tx.write("DELETE FROM state")
            add(tx)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("DROP TABLE journal_head", DatabaseGone),
        ("DROP TABLE state", DatabaseGone),
        ("DROP TABLE alarms", DatabaseGone),
        ("ALTER TABLE state RENAME COLUMN text TO words", DatabaseGone),
        ("ALTER TABLE journal_head RENAME COLUMN hash TO other", DatabaseGone),
        ("DELETE FROM journal_head", RecordDamaged),
        ("UPDATE journal_head SET oldest_writer = 9", SchemaUnknown),
    ],
)
async def test_what_other_hands_took_away_while_it_was_open_does_not_come_back(
    record: Record, plain: Plain, sql: str, error: type[Exception]
) -> None:
    await record.read(check_usable)
    plain.execute(sql)
    with pytest.raises(error):
        await record.read(check_usable)


async def test_what_is_gone_stays_gone(record: Record, plain: Plain) -> None:
    """A page that is damaged need not be read again by whoever looks whether the database can be used."""
    plain.execute("DROP TABLE state")
    with pytest.raises(DatabaseGone) as told:
        await record.change(add)
    for again in (record.read(check_usable), record.change(check_usable), record.scrub(), record.checkpoint()):
        with pytest.raises(DatabaseGone, match=re.escape(str(told.value))):
            await again


def test_who_waits_for_a_lock_in_vain_is_told_what_to_do(open_engine: OpenEngine) -> None:
    first, second = open_engine(), open_engine("p2", patience=0.1)
    with first.changing():
        with pytest.raises(StoreUnavailable, match="stop the program that locks it") as told, second.changing():
            pytest.fail("two changes at once")
        assert not isinstance(told.value, DatabaseGone)
    use(second)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))


def overwrite_all_but_the_beginning(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))


def truncate(path: Path) -> None:
    os.truncate(path, 0)


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def replace(path: Path) -> None:
    for each in path.parent.glob("phoneid.db*"):
        each.unlink()
    with closing(engine_at(path)) as other:
        other.open()


def remove_log(path: Path) -> None:
    path.with_name("phoneid.db-wal").unlink()


def restore_beside_it(path: Path) -> None:
    log = path.with_name("phoneid.db-wal")
    log.rename(log.with_suffix(".old"))
    shutil.copyfile(log.with_suffix(".old"), log)


def remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder / "phoneid.db"


def engine_at(path: Path) -> SqliteEngine:
    return SqliteEngine(path, process="p1", clock_now=time.time, busy_timeout=0.2)


@pytest.fixture
def on_file(path: Path) -> Iterator[SqliteEngine]:
    with closing(engine_at(path)) as engine:
        engine.open()
        yield engine


@pytest.fixture
def reader(on_file: SqliteEngine, path: Path) -> Iterator[SqliteEngine]:
    """The record's second connection: its pages are read again after each change."""
    del on_file
    with closing(engine_at(path)) as engine:
        engine.open()
        yield engine


@pytest.mark.parametrize("is_in_the_file", [True, False], ids=["all in the file", "much in the log"])
@pytest.mark.parametrize(
    "lose",
    [
        Path.unlink,
        replace,
        overwrite,
        overwrite_all_but_the_beginning,
        truncate,
        halve,
        remove_log,
        restore_beside_it,
        remove_folder,
    ],
)
def test_a_file_that_was_replaced_or_damaged_is_gone(
    on_file: SqliteEngine,
    reader: SqliteEngine,
    path: Path,
    lose: Callable[[Path], object],
    is_in_the_file: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    use(on_file, reader)
    if is_in_the_file:
        assert on_file.scrub()
    lose(path)
    with pytest.raises(DatabaseGone):
        use(on_file, reader)


def change(engine: Engine) -> None:
    with engine.changing() as tx:
        add(tx)


def read(engine: Engine) -> None:
    with engine.reading() as tx:
        check_usable(tx)


@pytest.mark.parametrize("work", [change, read, SqliteEngine.scrub])
@pytest.mark.parametrize("lose", [Path.unlink, replace])
def test_nothing_is_recorded_in_a_file_that_is_gone(
    on_file: SqliteEngine, path: Path, lose: Callable[[Path], object], work: Callable[[SqliteEngine], object]
) -> None:
    lose(path)
    with pytest.raises(DatabaseGone):
        work(on_file)


def test_a_door_that_was_closed_may_be_opened_again(on_file: SqliteEngine, path: Path) -> None:
    uid = os.geteuid()
    path.parent.chmod(0o000)
    try:
        if uid == 0:
            os.seteuid(65534)  # no door is closed to root
        with pytest.raises(StoreUnavailable, match="Permission denied") as told:
            use(on_file)
    finally:
        os.seteuid(uid)
        path.parent.chmod(0o700)
    assert not isinstance(told.value, DatabaseGone)
    use(on_file)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN_FULLPATH])
def test_trouble_of_the_disk_may_pass(on_file: SqliteEngine, code: int) -> None:
    def fail(_: Tx) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = code
        raise error

    with pytest.raises(StoreUnavailable, match="the database cannot be used") as told, on_file.changing() as tx:
        fail(tx)
    assert not isinstance(told.value, DatabaseGone)
    use(on_file)


ROLE = f"phoneid_test_gone_{os.getpid()}"


@pytest.fixture
def own_database(postgres_database: str) -> Iterator[str]:
    """The URL of a database of its own, with a role of its own."""
    admin = f"{SERVER}/postgres"
    postgres(f"CREATE ROLE {ROLE} LOGIN", admin)
    postgres(f"CREATE DATABASE {ROLE} TEMPLATE template0", admin)
    postgres(f"GRANT ALL ON SCHEMA public TO {ROLE}", f"{SERVER}/{ROLE}")
    url = f"{SERVER}/{ROLE}"
    with closing(engine_on(url)) as engine:
        engine.open()
    postgres(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}", url)
    yield url
    postgres(f"DROP DATABASE IF EXISTS {ROLE} WITH (FORCE)", admin)
    postgres(f"DROP ROLE IF EXISTS {ROLE}", admin)


END_ITS_CONNECTIONS = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{ROLE}'"
TAKE_RIGHTS = f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {ROLE}; REVOKE ALL ON SCHEMA public FROM {ROLE}"


@pytest.mark.parametrize(
    "statements",
    [
        [f"@DROP DATABASE {ROLE} WITH (FORCE)"],
        [f"{TAKE_RIGHTS}; DROP ROLE {ROLE}"],
        [f"{TAKE_RIGHTS}; DROP ROLE {ROLE}", END_ITS_CONNECTIONS],
        [f"ALTER ROLE {ROLE} NOLOGIN", END_ITS_CONNECTIONS],
        [f"@REVOKE CONNECT ON DATABASE {ROLE} FROM PUBLIC", END_ITS_CONNECTIONS],
        [f"REVOKE INSERT ON state FROM {ROLE}"],
        ["DROP SCHEMA public CASCADE"],
    ],
    ids=["database", "role", "role, lost", "login", "connect", "right", "schema"],
)
def test_a_server_that_does_not_let_the_bot_in_any_more_is_gone(own_database: str, statements: list[str]) -> None:
    with closing(engine_on(own_database.replace("postgres@", f"{ROLE}@"))) as engine:
        engine.open()
        use(engine)
        for each in statements:
            postgres(each.removeprefix("@"), f"{SERVER}/postgres" if each.startswith("@") else own_database)
        with pytest.raises(DatabaseGone):
            use(engine)


@pytest.mark.parametrize("statement", ["SELECT nothing", "SELECT * FROM nowhere"])
def test_a_mistake_of_ours_is_not_the_database_s_end(engine: Engine, statement: str) -> None:
    with pytest.raises(Exception, match=r"nothing|nowhere") as told, engine.changing() as tx:
        tx.all(statement)
    assert not isinstance(told.value, StoreUnavailable)
    use(engine)


HOST = 'connection to server at "10.0.0.1", port 5432 failed'
KEPT_OUT = f'{HOST}: FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "u", database "d", no encryption'
NO_DATABASE = f'{HOST}: FATAL:  database "d" does not exist'
BUSY = f"{HOST}: FATAL:  sorry, too many clients already"
REFUSED = f"{HOST}: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?"
ALL_OF_THEM = "Multiple connection attempts failed. All failures were:"


@pytest.mark.parametrize(
    ("said", "is_gone"),
    [
        (f"connection failed: {NO_DATABASE}", True),
        (f"connection failed: {KEPT_OUT}\n{KEPT_OUT}", True),
        (f"connection failed: {NO_DATABASE}\n{ALL_OF_THEM}\n- host: 'a': {NO_DATABASE}\n- host: 'b': {KEPT_OUT}", True),
        (f"connection failed: {BUSY}\n{KEPT_OUT}", False),
        (f"connection failed: {HOST}: SSL error: unexpected eof while reading\n{KEPT_OUT}", False),
        (f"connection failed: {REFUSED}\n{ALL_OF_THEM}\n- host: 'a': {KEPT_OUT}\n- host: 'b': {REFUSED}", False),
        ("connection timeout expired", False),
    ],
    ids=["one", "with TLS and without", "each host", "busy with TLS", "cut off with TLS", "one host away", "no word"],
)
def test_a_server_is_gone_only_if_every_try_was_refused_for_good(*, said: str, is_gone: bool) -> None:
    """Without TLS, or at another host, we may be kept out at all times: that says nothing of the try that failed."""
    assert are_kept_out(said) is is_gone


def test_a_host_whose_name_leads_nowhere_may_come_back(own_database: str) -> None:
    """The driver says nothing of it: the words of the host that answers are all there is."""
    url = own_database.replace(f"/{ROLE}", "/phoneid_nowhere")
    host = url.rpartition("@")[2].partition("/")[0]
    for hosts, is_gone in ((host, True), (f"{host},nowhere.invalid:5432", False)):
        with pytest.raises(StoreUnavailable, match="does not exist") as told:
            engine_on(url.replace(host, hosts)).open()
        assert isinstance(told.value, DatabaseGone) is is_gone


def test_a_server_that_is_away_may_come_back(own_database: str) -> None:
    admin = f"{SERVER}/postgres"
    with closing(PostgresEngine(own_database, process="p1", limits=Limits(lock=0.2))) as engine:
        engine.open()
        postgres(f"ALTER DATABASE {ROLE} ALLOW_CONNECTIONS false", admin)
        postgres(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{ROLE}'", admin)
        with pytest.raises(StoreUnavailable) as told:
            use(engine)
        assert not isinstance(told.value, DatabaseGone)
        postgres(f"ALTER DATABASE {ROLE} ALLOW_CONNECTIONS true", admin)
        use(engine)
