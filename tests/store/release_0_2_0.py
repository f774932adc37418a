"""What release 0.2.0 made in an empty database, word for word but for the comments. Its schema called itself 1, too."""

TABLES = """
CREATE TABLE processes (
    name    TEXT PRIMARY KEY,
    seen_at REAL NOT NULL
) STRICT;
CREATE TABLE requests (
    number                INTEGER PRIMARY KEY,
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
    salt                  BLOB,
    CHECK ((approval = 'not needed') = (expires_at IS NULL)),
    CHECK ((approval IN ('not needed', 'awaiting')) = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_enterprise_id IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_team_id IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_user_id IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_through IS NULL)),
    CHECK ((decided_at IS NULL) = (decision_reason IS NULL))
) STRICT;
CREATE INDEX requests_by_user ON requests (user_id, number);
CREATE INDEX requests_by_time ON requests (asked_at);
CREATE TABLE lookups (
    request         INTEGER NOT NULL REFERENCES requests (number),
    position        INTEGER NOT NULL CHECK (position > 0),
    asked_at        REAL NOT NULL,
    phone           TEXT NOT NULL,
    reason          TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN (
                        'held', 'queued', 'calling', 'answered', 'refused', 'failed', 'interrupted', 'rejected',
                        'dropped')),
    updated_at      REAL NOT NULL,
    process         TEXT,
    follows         TEXT,
    phone_number_id TEXT,
    problem         TEXT,
    api_code        TEXT,
    request_id      TEXT,
    http_status     INTEGER,
    milliseconds    INTEGER,
    attempts        INTEGER,
    wait_until      REAL,
    salt            BLOB,
    PRIMARY KEY (request, position),
    CHECK ((state IN ('queued', 'calling')) = (process IS NOT NULL))
) STRICT;
CREATE INDEX lookups_by_phone ON lookups (phone, request, position);
CREATE INDEX lookups_by_time ON lookups (asked_at);
CREATE INDEX lookups_running ON lookups (process) WHERE process IS NOT NULL;
CREATE INDEX lookups_answered ON lookups (phone, updated_at) WHERE state = 'answered';
CREATE INDEX lookups_following ON lookups (follows) WHERE follows IS NOT NULL;
CREATE TABLE refused_codes (
    entry    INTEGER PRIMARY KEY,
    request  INTEGER NOT NULL REFERENCES requests (number),
    position INTEGER NOT NULL,
    phone    TEXT NOT NULL,
    team_id  TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    at       REAL NOT NULL
) STRICT;
CREATE INDEX refused_codes_by_phone ON refused_codes (phone, at);
CREATE INDEX refused_codes_by_agent ON refused_codes (user_id, team_id, at);
CREATE INDEX refused_codes_by_time ON refused_codes (at);
CREATE TABLE journal (
    seq           INTEGER PRIMARY KEY,
    form          INTEGER NOT NULL,
    at            REAL NOT NULL,
    event         TEXT NOT NULL,
    request       TEXT REFERENCES requests (id),
    position      INTEGER,
    from_state    TEXT,
    to_state      TEXT,
    enterprise_id TEXT NOT NULL,
    team_id       TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    through       TEXT NOT NULL,
    facts         TEXT NOT NULL,
    digest        TEXT,
    hash          TEXT NOT NULL,
    CHECK (to_state IS NOT NULL OR from_state IS NULL),
    CHECK (request IS NOT NULL OR (to_state IS NULL AND position IS NULL))
) STRICT;
CREATE INDEX journal_by_request ON journal (request, position, seq);
CREATE TABLE journal_head (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    seq           INTEGER NOT NULL,
    hash          TEXT NOT NULL,
    schema        INTEGER NOT NULL,
    oldest_writer INTEGER NOT NULL
) STRICT;
CREATE TABLE outbox (
    kind     TEXT NOT NULL,
    request  INTEGER NOT NULL REFERENCES requests (number),
    due_at   REAL NOT NULL,
    version  INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    put_at   REAL NOT NULL,
    PRIMARY KEY (kind, request)
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at);
CREATE TABLE messages (
    channel_id TEXT NOT NULL,
    ts         TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('card', 'progress')),
    request    INTEGER NOT NULL REFERENCES requests (number),
    posted_at  REAL NOT NULL,
    PRIMARY KEY (channel_id, ts)
) STRICT;
CREATE INDEX messages_by_request ON messages (request);
CREATE TABLE alarms (
    entry    INTEGER PRIMARY KEY,
    request  INTEGER NOT NULL REFERENCES requests (number),
    position INTEGER NOT NULL,
    suspect  TEXT NOT NULL CHECK (suspect IN ('number', 'agent')),
    refused  INTEGER NOT NULL,
    first_at REAL NOT NULL,
    at       REAL NOT NULL,
    told_at  REAL
) STRICT;
CREATE INDEX alarms_by_request ON alarms (request);
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;
"""

SQLITE_TRIGGERS = """
CREATE TRIGGER journal_keeps_entries BEFORE UPDATE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_loses_nothing BEFORE DELETE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_replaces_nothing BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq)
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
"""

# With its line break before BEGIN, and its space after END.
POSTGRES_TRIGGERS = """
CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER journal_keeps_entries BEFORE UPDATE OR DELETE ON journal
    FOR EACH ROW EXECUTE FUNCTION journal_is_append_only();
CREATE TRIGGER journal_loses_nothing BEFORE TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only();
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_keeps_entries;
ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_loses_nothing;
"""
