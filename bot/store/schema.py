"""The schema, once, in SQLite's words; Postgres gets each word for a type replaced, and triggers of its own.

A new database gets the first schema and then takes every step, as an older one does: so both are the same.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

FIRST_TABLES = """
-- A process says that it is alive by moving seen_at; one that is silent for long is dead.
CREATE TABLE processes (
    name    TEXT PRIMARY KEY,
    seen_at REAL NOT NULL
) STRICT;

CREATE TABLE requests (
    number                INTEGER PRIMARY KEY,  -- the order of asking: max + 1, which the write lock makes safe
    id                    TEXT NOT NULL UNIQUE,
    submission_key        TEXT NOT NULL UNIQUE,
    enterprise_id         TEXT NOT NULL,
    team_id               TEXT NOT NULL,
    user_id               TEXT NOT NULL,
    through               TEXT NOT NULL,
    channel_id            TEXT NOT NULL,
    reason                TEXT NOT NULL,
    asked_at              REAL NOT NULL,
    size                  INTEGER NOT NULL CHECK (size > 0),
    approval              TEXT NOT NULL CHECK (approval IN (
                              'not needed', 'awaiting', 'approved', 'denied', 'withdrawn', 'expired', 'lapsed')),
    expires_at            REAL,
    decided_at            REAL,
    decided_enterprise_id TEXT,
    decided_team_id       TEXT,
    decided_user_id       TEXT,
    decided_through       TEXT,
    decision_reason       TEXT,
    salt                  BLOB,                 -- of the digests; destroyed with what is forgotten
    -- What needs approval has an end; what is awaited has no decision, and nothing else is undecided.
    CHECK ((approval = 'not needed') = (expires_at IS NULL)),
    CHECK ((approval IN ('not needed', 'awaiting')) = (decided_at IS NULL)),
    -- A decision is whole or not there.
    CHECK ((decided_at IS NULL) = (decided_enterprise_id IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_team_id IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_user_id IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_through IS NULL)),
    CHECK ((decided_at IS NULL) = (decision_reason IS NULL))
) STRICT;
CREATE INDEX requests_by_user ON requests (user_id, number);
CREATE INDEX requests_unforgotten ON requests (asked_at) WHERE salt IS NOT NULL;

CREATE TABLE lookups (
    request         INTEGER NOT NULL REFERENCES requests (number),
    position        INTEGER NOT NULL CHECK (position > 0),
    asked_at        REAL NOT NULL,
    phone           TEXT NOT NULL,
    reason          TEXT NOT NULL,              -- this number's own; usually empty, and the request's counts
    state           TEXT NOT NULL CHECK (state IN (
                        'held', 'queued', 'calling', 'answered', 'refused', 'failed', 'interrupted', 'rejected',
                        'dropped')),
    updated_at      REAL NOT NULL,
    process         TEXT,                       -- the one that runs it
    follows         TEXT,                       -- the id of the lookup that it ends with
    phone_number_id TEXT,
    problem         TEXT,
    api_code        TEXT,
    request_id      TEXT,                       -- Alibaba Cloud's
    http_status     INTEGER,
    milliseconds    INTEGER,
    attempts        INTEGER,
    wait_until      REAL,
    salt            BLOB,
    PRIMARY KEY (request, position),
    -- What runs belongs to a process; what does not run belongs to nobody.
    CHECK ((state IN ('queued', 'calling')) = (process IS NOT NULL))
) STRICT;
CREATE INDEX lookups_by_phone ON lookups (phone, request, position);
CREATE INDEX lookups_by_time ON lookups (asked_at);
-- The retention looks for the oldest that are not forgotten yet: without this it would pass all that are.
CREATE INDEX lookups_unforgotten ON lookups (asked_at) WHERE salt IS NOT NULL;
-- These hold only the few lookups that run, wait, or were answered.
CREATE INDEX lookups_running ON lookups (process) WHERE process IS NOT NULL;
CREATE INDEX lookups_answered ON lookups (phone, updated_at) WHERE state = 'answered';
CREATE INDEX lookups_following ON lookups (follows) WHERE follows IS NOT NULL;

-- Each code that Alibaba Cloud refused: the guess guard counts these, never states of lookups.
CREATE TABLE refused_codes (
    entry     INTEGER PRIMARY KEY,              -- the journal's entry of the refusal
    request   INTEGER NOT NULL REFERENCES requests (number),
    position  INTEGER NOT NULL,
    phone     TEXT NOT NULL,
    team_id   TEXT NOT NULL,
    user_id   TEXT NOT NULL,
    for_agent INTEGER NOT NULL,                 -- 0: it counts for the number alone
    at        REAL NOT NULL
) STRICT;
CREATE INDEX refused_codes_by_phone ON refused_codes (phone, at);
CREATE INDEX refused_codes_by_agent ON refused_codes (user_id, team_id, at);
CREATE INDEX refused_codes_by_time ON refused_codes (at);

CREATE TABLE journal (
    seq           INTEGER PRIMARY KEY,          -- one more than the head's: the head never goes back
    form          INTEGER NOT NULL,             -- which canonical form the hash is of
    at            REAL NOT NULL,
    event         TEXT NOT NULL,
    request       TEXT REFERENCES requests (id),
    position      INTEGER,                      -- which number of the request; null: the request as a whole
    from_state    TEXT,
    to_state      TEXT,
    enterprise_id TEXT NOT NULL,
    team_id       TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    through       TEXT NOT NULL,
    facts         TEXT NOT NULL,                -- a JSON object
    digest        TEXT,
    hash          TEXT NOT NULL,
    -- A change of state goes somewhere, and is of some request; a number is one of a request.
    CHECK (to_state IS NOT NULL OR from_state IS NULL),
    CHECK (request IS NOT NULL OR (to_state IS NULL AND position IS NULL))
) STRICT;
CREATE INDEX journal_by_request ON journal (request, position, seq);

-- What every change reads together with its lock, and moves on: so it is one row.
CREATE TABLE journal_head (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    seq           INTEGER NOT NULL,
    hash          TEXT NOT NULL,
    schema        INTEGER NOT NULL,
    oldest_writer INTEGER NOT NULL              -- the oldest schema whose processes may still change anything
) STRICT;

-- What must still be said in Slack. Never what to say: the words are made from the record when they are said.
CREATE TABLE outbox (
    kind     TEXT NOT NULL,
    request  INTEGER NOT NULL REFERENCES requests (number),
    due_at   REAL NOT NULL,
    version  INTEGER NOT NULL,                  -- another one each time; see outbox.SAID
    attempts INTEGER NOT NULL,
    PRIMARY KEY (kind, request)
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at);

-- The messages about a request: copies of the card that approvers decide on, and the one in which its agent follows it.
CREATE TABLE messages (
    channel_id TEXT NOT NULL,
    ts         TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('card', 'progress')),
    request    INTEGER NOT NULL REFERENCES requests (number),
    sent_to    TEXT NOT NULL,                   -- the channel, or the user whose direct message it is in
    posted_at  REAL NOT NULL,
    PRIMARY KEY (channel_id, ts)                -- how Slack names a message
) STRICT;
CREATE INDEX messages_by_request ON messages (request);

CREATE TABLE alarms (
    entry    INTEGER PRIMARY KEY,               -- the journal's entry of the suspicion
    request  INTEGER NOT NULL REFERENCES requests (number),
    position INTEGER NOT NULL,
    suspect  TEXT NOT NULL CHECK (suspect IN ('number', 'agent')),
    refused  INTEGER NOT NULL,
    first_at REAL NOT NULL,
    at       REAL NOT NULL,
    told_at  REAL                               -- when the approvers were told; null: not yet
) STRICT;
CREATE INDEX alarms_by_request ON alarms (request);

-- What processes share while they run, such as the quota's state.
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;
"""


class Step(NamedTuple):
    """The way from one schema to the next."""

    sql: str
    """In SQLite's words. One statement begins each line that begins one; a column that is added has a default."""
    is_breaking: bool = False
    """Whether a process that does not know the step must end before it is taken: it would miss what the step takes
    away, or leave out what is needed from then on. Additions with a default break nobody."""


STEPS: tuple[Step, ...] = (
    Step("""
-- How many connections to Slack a process holds, and which schema it knows.
ALTER TABLE processes ADD COLUMN links INTEGER NOT NULL DEFAULT 0;
ALTER TABLE processes ADD COLUMN schema INTEGER NOT NULL DEFAULT 1;
-- What an agent has open is counted whenever they ask: without this, among all that they ever asked for.
CREATE INDEX requests_by_end ON requests (user_id, expires_at) WHERE expires_at IS NOT NULL;
"""),
)
"""From the first schema to the second, and so on. What was released is never changed: add one."""

SCHEMA = 1 + len(STEPS)
"""This release's schema. The journal's head names it, so that every change notices a newer one."""


def script(number: int) -> str:
    """What makes the tables of a schema in an empty database."""
    return FIRST_TABLES + "".join(step.sql for step in STEPS[: number - 1])


def oldest_writer(number: int) -> int:
    """The oldest schema whose processes can go on in a database of this one."""
    return max((at for at, step in enumerate(STEPS[: number - 1], start=2) if step.is_breaking), default=1)


TABLES = script(SCHEMA)
"""All tables of this release."""


def columns(number: int) -> Mapping[str, tuple[str, ...]]:
    """The tables of a schema and their columns, in their order."""
    made = re.findall(r"^CREATE TABLE (\w+) \((.*?)^\) STRICT;", script(number), re.MULTILINE | re.DOTALL)
    found = {table: re.findall(r"^    ([a-z_]+) +[A-Z]", inside, re.MULTILINE) for table, inside in made}
    for table, column in re.findall(r"^ALTER TABLE (\w+) ADD COLUMN (\w+)", script(number), re.MULTILINE):
        found[table].append(column)
    return {table: tuple(names) for table, names in found.items()}


COLUMNS = columns(SCHEMA)


def adding(table: str, names: Sequence[str] | None = None) -> str:
    """The statement that adds a row of all its columns, or of these."""
    names = names or COLUMNS[table]
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES (:{', :'.join(names)})"  # noqa: S608 - our own names


_OUR_NAMES = frozenset(COLUMNS).union(*COLUMNS.values())

SQLITE_TRIGGERS = """
CREATE TRIGGER journal_keeps_entries BEFORE UPDATE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_loses_nothing BEFORE DELETE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
-- REPLACE deletes without a DELETE trigger, unless its own connection asked for recursive triggers.
CREATE TRIGGER journal_replaces_nothing BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq)
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
"""

REFUSE_CHANGE = "BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation'; END"

POSTGRES_TRIGGERS = f"""
CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $${REFUSE_CHANGE}$$;
CREATE TRIGGER journal_keeps_entries BEFORE UPDATE OR DELETE ON journal
    FOR EACH ROW EXECUTE FUNCTION journal_is_append_only();
CREATE TRIGGER journal_loses_nothing BEFORE TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only();
-- ALWAYS: also for a session that calls itself a replica.
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_keeps_entries;
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_loses_nothing;
"""

_POSTGRES_WORDS = {
    "INTEGER": "BIGINT",  # Postgres' INTEGER has 32 bits
    "REAL": "DOUBLE PRECISION",  # Postgres' REAL has 24 bits: a time would be wrong by a minute
    "TEXT": 'TEXT COLLATE "C"',  # the same order as SQLite's, on every server
    "BLOB": "BYTEA",
    " STRICT": "",
}


def in_postgres_words(sql: str) -> str:
    """The text for Postgres. Comments are dropped first: words in prose are not types."""
    without_comments = re.sub(r"--[^\n]*", "", sql)
    return re.sub(r"\b(INTEGER|REAL|TEXT|BLOB)\b| STRICT\b", lambda word: _POSTGRES_WORDS[word[0]], without_comments)


def names_ours(said: str) -> bool:
    """Whether what an engine said of a table or a column that is not there names one of this schema."""
    return not _OUR_NAMES.isdisjoint(re.findall(r"\w+", said))
