"""The ledger's tables in `people.sqlite`: what each person allowed and forbade, and what was decided from it.

Instants are ISO 8601 text in UTC with seconds (`2026-06-15T12:00:00Z`), days are `2026-06-15`; both
compare as text. The tables join the vault's `record(rref, sid, account, state)`; they hold no identifier.
"""

from __future__ import annotations

LEDGER_TABLES = (
    "consent_event",
    "consent_flag",
    "objection",
    "restriction",
    "suppression",
    "suppressed",
    "subject_fact",
    "source_state",
    "subject_due",
    "gate_state",
    "decision",
    "assessment",
    "evidence",
    "audit_head",
)

# consent_event is clustered by record, because the gate reads all events of a record together: one descent
# of the tree per record instead of one per event.
LEDGER_DDL = """
CREATE TABLE IF NOT EXISTS consent_event (
    rref              BLOB NOT NULL,
    id                BLOB NOT NULL,           -- keyed hash of (rref, purpose, channel, state, time)
    purpose           TEXT NOT NULL,           -- '*' counts for denials and endings only
    channel           TEXT NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('granted', 'denied', 'withdrawn', 'pending', 'ended')),
    source            TEXT NOT NULL,
    origin            TEXT,                    -- form, list or tag as the source names it
    occurred_at       TEXT,
    first_observed_at TEXT NOT NULL,
    grade             TEXT NOT NULL CHECK (grade IN ('A', 'B', 'C', 'D')),
    method            TEXT NOT NULL,
    notice            TEXT,
    parental          INTEGER NOT NULL DEFAULT 0,
    shown_again_at    TEXT,                    -- a grant that a read showed again after it had ended
    PRIMARY KEY (rref, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS consent_event_shown_again
    ON consent_event (source, shown_again_at) WHERE shown_again_at IS NOT NULL;

-- States without a time that a record showed when last read: they tell an old flag from one set anew.
CREATE TABLE IF NOT EXISTS consent_flag (
    rref    BLOB NOT NULL,
    purpose TEXT NOT NULL,
    channel TEXT NOT NULL,
    state   TEXT NOT NULL,
    PRIMARY KEY (rref, purpose, channel, state)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS objection (
    sid                    BLOB NOT NULL,
    kind                   TEXT NOT NULL CHECK (kind IN ('21.1', '21.2')),
    scope                  TEXT NOT NULL,      -- a purpose or '*'
    received_at            TEXT NOT NULL,
    channel                TEXT NOT NULL,      -- the way it arrived: a source, or 'operator'
    lifted_at              TEXT,
    lifted_evidence        TEXT,
    compelling_grounds_ref TEXT,
    PRIMARY KEY (sid, kind, scope, received_at)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS restriction (
    sid                 BLOB NOT NULL,
    ground              TEXT NOT NULL CHECK (ground IN ('18.1.a', '18.1.b', '18.1.c', '18.1.d')),
    from_at             TEXT NOT NULL,
    lifted_at           TEXT,
    subject_informed_at TEXT,
    PRIMARY KEY (sid, ground, from_at)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS suppression (
    fingerprint     BLOB NOT NULL,
    key_version     INTEGER NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
    reason          TEXT NOT NULL CHECK (reason IN ('erasure', 'objection', 'complaint', 'bounce')),
    channel         TEXT NOT NULL,
    purpose         TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    expires_at      TEXT,
    closed_at       TEXT,
    closed_evidence TEXT,
    PRIMARY KEY (fingerprint, reason, channel, purpose)
) WITHOUT ROWID;

-- Hits: the fact that a record matched an entry above, or that its address bounces.
CREATE TABLE IF NOT EXISTS suppressed (
    rref       BLOB NOT NULL,
    kind       TEXT NOT NULL,
    reason     TEXT NOT NULL,
    channel    TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    since      TEXT NOT NULL,
    expires_at TEXT,
    closed_at  TEXT,
    PRIMARY KEY (rref, kind, reason, channel, purpose)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS subject_fact (
    sid             BLOB PRIMARY KEY,
    created_on      TEXT,                      -- unknown: the vault knows when it first saw the person
    last_contact_on TEXT,
    country         TEXT,
    consent_age_on  TEXT,
    adult_on        TEXT,
    customer_since  TEXT,
    optout_offered  INTEGER,
    contract_until  TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS source_state (
    source          TEXT PRIMARY KEY,
    last_success_at TEXT NOT NULL,
    last_sweep_at   TEXT
) WITHOUT ROWID;

-- When a person must be decided again: '' = at once, else the first instant time alone may change a verdict.
CREATE TABLE IF NOT EXISTS subject_due (
    sid    BLOB PRIMARY KEY,
    due_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS subject_due_at ON subject_due (due_at);

CREATE TABLE IF NOT EXISTS gate_state (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    policy_hash TEXT NOT NULL,
    decided_at  TEXT NOT NULL
);

-- Changes only; clustered by person, because the last row of a person is what the next one is compared with.
CREATE TABLE IF NOT EXISTS decision (
    sid         BLOB NOT NULL,
    purpose     TEXT NOT NULL,
    channel     TEXT NOT NULL,
    action      TEXT NOT NULL,
    decided_at  TEXT NOT NULL,
    run_id      TEXT NOT NULL,
    verdict     TEXT NOT NULL CHECK (verdict IN ('ALLOW', 'DENY')),
    reason      TEXT NOT NULL,
    effect      TEXT,
    policy_hash TEXT NOT NULL,
    event_id    BLOB,
    PRIMARY KEY (sid, purpose, channel, action, decided_at)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS assessment (
    purpose   TEXT PRIMARY KEY,
    path      TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    signed_at TEXT NOT NULL
) WITHOUT ROWID;

-- Documents behind evidence claims, as they were when somebody recorded them.
CREATE TABLE IF NOT EXISTS evidence (
    document    TEXT PRIMARY KEY,
    sha256      TEXT NOT NULL,
    recorded_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS audit_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash TEXT NOT NULL,
    mac  TEXT NOT NULL
);
"""
