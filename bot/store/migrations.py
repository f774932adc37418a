"""The schema, as the steps that lead to it. Append only: a released step never changes."""

from collections.abc import Callable

from sqlite_utils import Database, Migrations

from bot.errors import SchemaUnknown
from bot.store.connection import changing

SET = "phoneid-bot"
"""Our name among other users of sqlite-utils' migrations."""


def create_lookups(db: Database) -> None:
    db.execute("""
        CREATE TABLE lookups (
            id              TEXT NOT NULL PRIMARY KEY,
            state           TEXT NOT NULL CHECK (state IN (
                                'rejected', 'queued', 'calling', 'answered', 'refused', 'failed', 'interrupted')),
            team_id         TEXT NOT NULL,
            user_id         TEXT NOT NULL,
            through         TEXT NOT NULL,
            channel_id      TEXT NOT NULL,
            phone           TEXT NOT NULL,
            reason          TEXT NOT NULL,
            submission_key  TEXT NOT NULL UNIQUE,
            created_at      REAL NOT NULL,
            updated_at      REAL NOT NULL,
            owner           TEXT,
            lease_until     REAL,
            phone_number_id TEXT,
            problem         TEXT,
            api_code        TEXT,
            request_id      TEXT,
            http_status     INTEGER,
            milliseconds    INTEGER,
            attempts        INTEGER,
            -- What runs belongs to a process until its lease runs out; what does not run belongs to nobody.
            CHECK ((state IN ('queued', 'calling')) = (owner IS NOT NULL)),
            CHECK ((owner IS NULL) = (lease_until IS NULL))
        ) STRICT""")
    # The log's questions, newest first: everybody's, one person's, one number's.
    db.execute("CREATE INDEX lookups_by_time ON lookups (created_at)")
    db.execute("CREATE INDEX lookups_by_user ON lookups (user_id, created_at)")
    db.execute("CREATE INDEX lookups_by_phone ON lookups (phone, created_at)")
    # The sweeper's and the lease's: holds only the few lookups that run.
    db.execute("CREATE INDEX lookups_running ON lookups (lease_until) WHERE lease_until IS NOT NULL")


def create_journal(db: Database) -> None:
    db.execute("""
        CREATE TABLE journal (
            seq        INTEGER PRIMARY KEY AUTOINCREMENT,  -- so that a number is never given out twice
            at         REAL NOT NULL,
            event      TEXT NOT NULL,
            lookup_id  TEXT NOT NULL REFERENCES lookups (id),
            from_state TEXT,
            to_state   TEXT NOT NULL,
            team_id    TEXT NOT NULL,
            user_id    TEXT NOT NULL,
            through    TEXT NOT NULL,
            facts      TEXT NOT NULL  -- a JSON object
        ) STRICT""")
    db.execute("CREATE INDEX journal_by_lookup ON journal (lookup_id)")


def protect_journal(db: Database) -> None:
    # The third is for REPLACE on a connection without recursive_triggers, where it deletes without firing the second.
    for trigger in (
        "journal_keeps_entries BEFORE UPDATE ON journal",
        "journal_loses_nothing BEFORE DELETE ON journal",
        "journal_replaces_nothing BEFORE INSERT ON journal WHEN EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq)",
    ):
        db.execute(f"CREATE TRIGGER {trigger} BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END")


def remember_who_was_told(db: Database) -> None:
    # When some process should tell the agent how it ended; NULL: known already, running, or nobody to tell.
    db.execute("ALTER TABLE lookups ADD COLUMN tell_after REAL")
    db.execute("CREATE INDEX lookups_to_tell ON lookups (tell_after) WHERE tell_after IS NOT NULL")


STEPS: tuple[Callable[[Database], None], ...] = (
    create_lookups,
    create_journal,
    protect_journal,
    remember_who_was_told,
)


def migrate(db: Database, steps: tuple[Callable[[Database], None], ...] = STEPS) -> None:
    """Bring the database to this release's schema, all or nothing.

    Raises ``SchemaUnknown`` and changes nothing if it was written by a newer release or by another program.
    """
    migrations = Migrations(SET)
    for step in steps:
        migrations(name=step.__name__)(step)
    with changing(db):  # of two processes starting at once, the second waits here and finds the work done
        _check_ours(db, migrations, known={step.__name__ for step in steps})
        migrations.apply(db)


def _check_ours(db: Database, migrations: Migrations, *, known: set[str]) -> None:
    applied = {migration.name for migration in migrations.applied(db)}
    if unknown := applied - known:
        raise SchemaUnknown(f"the database was written by a newer release: it has {', '.join(sorted(unknown))}")
    if not applied and (tables := [name for name in db.table_names() if not name.startswith("sqlite_")]):
        raise SchemaUnknown(f"the database belongs to another program: it has {', '.join(sorted(tables))}")
