"""The steps that lead to the schema. Append only: a released step, and what it is made of, never changes."""

from collections.abc import Callable

from sqlite_utils import Database

from bot.store import chaining


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


def allow_approvals(db: Database) -> None:
    """New states and columns for lookups; entries about no change of state, or about no lookup.

    SQLite changes no CHECK and no NOT NULL in place, so both tables are built anew, as
    https://www.sqlite.org/lang_altertable.html (7) has it. Foreign keys stay on, which a transaction could not change
    anyway: the new journal refers to the new lookups, nothing refers to what is dropped, and renaming takes the
    references along.
    """
    _create_lookups_with_approvals(db)
    # With their row numbers: these settle which of two in the same instant is newer.
    _copy(db, "lookups", _LOOKUPS_COLUMNS)
    _create_journal_of_more_than_moves(db)
    _copy(db, "journal", _JOURNAL_COLUMNS)
    # The counter moves to the new table as it is: counted from the rows, a number could be given out twice.
    db.execute("DELETE FROM sqlite_sequence WHERE name = 'new_journal'")
    db.execute("UPDATE sqlite_sequence SET name = 'new_journal' WHERE name = 'journal'")
    for table in ("journal", "lookups"):  # what refers first
        db.execute(f"DROP TABLE {table}")
    for table in ("lookups", "journal"):
        db.execute(f"ALTER TABLE new_{table} RENAME TO {table}")
    _index_lookups_with_approvals(db)
    db.execute("CREATE INDEX journal_by_lookup ON journal (lookup_id)")
    protect_journal(db)


_LOOKUPS_COLUMNS = (
    "rowid, id, state, team_id, user_id, through, channel_id, phone, reason, submission_key, created_at, updated_at,"
    " owner, lease_until, phone_number_id, problem, api_code, request_id, http_status, milliseconds, attempts,"
    " tell_after"
)

_JOURNAL_COLUMNS = "seq, at, event, lookup_id, from_state, to_state, team_id, user_id, through, facts"


def _copy(db: Database, table: str, columns: str) -> None:
    db.execute(f"INSERT INTO new_{table} ({columns}) SELECT {columns} FROM {table}")  # noqa: S608 - constants only


def _create_lookups_with_approvals(db: Database) -> None:
    db.execute("""
        CREATE TABLE new_lookups (
            id              TEXT NOT NULL PRIMARY KEY,
            state           TEXT NOT NULL CHECK (state IN (
                                'rejected', 'awaiting', 'approved', 'denied', 'withdrawn', 'expired', 'lapsed',
                                'queued', 'calling', 'answered', 'refused', 'failed', 'interrupted')),
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
            tell_after      REAL,
            expires_at      REAL,  -- of its approval; none was needed where it is null
            reminded_at     REAL,
            decided_at      REAL,
            decided_team_id TEXT,
            decided_user_id TEXT,
            decided_through TEXT,
            decision_reason TEXT,
            -- What runs belongs to a process until its lease runs out; what does not run belongs to nobody.
            CHECK ((state IN ('queued', 'calling')) = (owner IS NOT NULL)),
            CHECK ((owner IS NULL) = (lease_until IS NULL)),
            -- What awaits has an end and no decision, and nothing else is undecided.
            CHECK ((state = 'awaiting') = (expires_at IS NOT NULL AND decided_at IS NULL)),
            CHECK (decided_at IS NOT NULL OR state NOT IN ('approved', 'denied', 'withdrawn', 'expired', 'lapsed')),
            CHECK (expires_at IS NOT NULL OR (reminded_at IS NULL AND decided_at IS NULL)),
            -- A decision is whole or not there.
            CHECK ((decided_at IS NULL) = (decided_team_id IS NULL)),
            CHECK ((decided_at IS NULL) = (decided_user_id IS NULL)),
            CHECK ((decided_at IS NULL) = (decided_through IS NULL)),
            CHECK ((decided_at IS NULL) = (decision_reason IS NULL))
        ) STRICT""")


def _index_lookups_with_approvals(db: Database) -> None:
    # As create_lookups has them.
    db.execute("CREATE INDEX lookups_by_time ON lookups (created_at)")
    db.execute("CREATE INDEX lookups_by_user ON lookups (user_id, created_at)")
    db.execute("CREATE INDEX lookups_by_phone ON lookups (phone, created_at)")
    db.execute("CREATE INDEX lookups_running ON lookups (lease_until) WHERE lease_until IS NOT NULL")
    db.execute("CREATE INDEX lookups_to_tell ON lookups (tell_after) WHERE tell_after IS NOT NULL")
    # The sweeper's: they hold only the few lookups whose approval can still run out, or still be reminded of.
    db.execute("CREATE INDEX lookups_expiring ON lookups (expires_at) WHERE state IN ('awaiting', 'approved')")
    db.execute(
        "CREATE INDEX lookups_unreminded ON lookups (created_at) WHERE state = 'awaiting' AND reminded_at IS NULL"
    )


def _create_journal_of_more_than_moves(db: Database) -> None:
    db.execute("""
        CREATE TABLE new_journal (
            seq        INTEGER PRIMARY KEY AUTOINCREMENT,  -- so that a number is never given out twice
            at         REAL NOT NULL,
            event      TEXT NOT NULL,
            lookup_id  TEXT REFERENCES new_lookups (id),
            from_state TEXT,
            to_state   TEXT,
            team_id    TEXT NOT NULL,
            user_id    TEXT NOT NULL,
            through    TEXT NOT NULL,
            facts      TEXT NOT NULL,  -- a JSON object
            -- A change of state goes somewhere, and is some lookup's.
            CHECK (to_state IS NOT NULL OR from_state IS NULL),
            CHECK (lookup_id IS NOT NULL OR to_state IS NULL)
        ) STRICT""")


def create_cards(db: Database) -> None:
    db.execute("""
        CREATE TABLE cards (
            lookup_id  TEXT NOT NULL REFERENCES lookups (id),
            channel_id TEXT NOT NULL,
            ts         TEXT NOT NULL,
            PRIMARY KEY (channel_id, ts)  -- how Slack names a message: https://api.slack.com/methods/chat.update
        ) STRICT""")
    db.execute("CREATE INDEX cards_by_lookup ON cards (lookup_id)")


def allow_lists(db: Database) -> None:
    # A lookup asked for in a list stands there; all three are null for one asked for by itself.
    for column in ("batch_id TEXT", "batch_number INTEGER", "batch_size INTEGER"):
        db.execute(f"ALTER TABLE lookups ADD COLUMN {column}")
    db.execute("CREATE INDEX lookups_by_batch ON lookups (batch_id, batch_number) WHERE batch_id IS NOT NULL")


def create_cells(db: Database) -> None:
    # What processes share while they run, such as the quota's state.
    db.execute("CREATE TABLE cells (name TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL) STRICT")


def guard_against_guesses(db: Database) -> None:
    # A rejected lookup may be tried again then.
    db.execute("ALTER TABLE lookups ADD COLUMN wait_until REAL")
    # What is counted, for each attempt: only what may have been about the code, only what answers, only what is called.
    guesses = "WHERE problem IN ('unknown code', 'bad request')"
    db.execute(f"CREATE INDEX lookups_guessed_for_number ON lookups (phone, updated_at) {guesses}")
    db.execute(f"CREATE INDEX lookups_guessed_by_agent ON lookups (user_id, team_id, updated_at) {guesses}")
    db.execute("CREATE INDEX lookups_answered ON lookups (phone, updated_at) WHERE state = 'answered'")
    db.execute("CREATE INDEX lookups_calling ON lookups (state) WHERE state = 'calling'")
    db.execute("""
        CREATE TABLE alarms (
            lookup_id  TEXT NOT NULL REFERENCES lookups (id),
            suspect    TEXT NOT NULL CHECK (suspect IN ('number', 'agent')),
            refused    INTEGER NOT NULL,
            first_at   REAL NOT NULL,
            at         REAL NOT NULL,
            tell_after REAL,  -- when some process should tell those who decide; null: they know
            PRIMARY KEY (lookup_id, suspect)
        ) STRICT""")
    db.execute("CREATE INDEX alarms_to_tell ON alarms (tell_after) WHERE tell_after IS NOT NULL")


def chain_journal(db: Database) -> None:
    chaining.chain(db)
    protect_journal(db)  # the table was built anew, and triggers go with their table


def create_bulletins(db: Database) -> None:
    # The message in which a list's agent follows it. A list has one, and nothing else to its name.
    db.execute("""
        CREATE TABLE bulletins (
            batch_id   TEXT NOT NULL PRIMARY KEY,
            channel_id TEXT NOT NULL,
            ts         TEXT NOT NULL
        ) STRICT""")


def remember_what_cards_lack(db: Database) -> None:
    # Since when a card does not say what its lookup is; null: it does. Whoever changes a lookup need not think of it.
    db.execute("ALTER TABLE cards ADD COLUMN stale_since REAL")
    db.execute("CREATE INDEX cards_stale ON cards (stale_since) WHERE stale_since IS NOT NULL")
    db.execute("""
        CREATE TRIGGER cards_fall_behind AFTER UPDATE OF state ON lookups BEGIN
            UPDATE cards SET stale_since = NEW.updated_at WHERE lookup_id = NEW.id;
        END""")
    db.execute("""
        CREATE TRIGGER cards_come_late AFTER INSERT ON cards BEGIN
            UPDATE cards SET stale_since = (
                SELECT updated_at FROM lookups WHERE id = NEW.lookup_id AND state <> 'awaiting')
            WHERE channel_id = NEW.channel_id AND ts = NEW.ts;
        END""")


STEPS: tuple[Callable[[Database], None], ...] = (
    create_lookups,
    create_journal,
    protect_journal,
    remember_who_was_told,
    allow_approvals,
    create_cards,
    allow_lists,
    create_cells,
    guard_against_guesses,
    chain_journal,
    create_bulletins,
    remember_what_cards_lack,
)
