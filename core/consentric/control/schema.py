"""Tables of the control store as DDL text; a record stands in them as its rref and nothing else."""

from __future__ import annotations

SCHEMA_VERSION = 2

_FIT = """
CREATE TABLE fit(                        -- parameters of a segment set, until a refit is due
  "set" TEXT PRIMARY KEY, rules TEXT NOT NULL, fitted_on TEXT NOT NULL, "values" TEXT NOT NULL) STRICT;
"""
UPGRADES = {2: _FIT}
"""Version to the statements that make it of the one before."""

DDL = f"""{_FIT}
CREATE TABLE meta(schema_version INTEGER NOT NULL, store_id TEXT NOT NULL) STRICT;

CREATE TABLE run(
  id TEXT PRIMARY KEY, job TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('running', 'done', 'partial', 'failed', 'interrupted')),
  config_hash TEXT NOT NULL, engine_version TEXT NOT NULL,
  started TEXT NOT NULL, ended TEXT, summary TEXT NOT NULL DEFAULT '{{}}') STRICT;

CREATE TABLE bookmark(
  connection TEXT NOT NULL, stream TEXT NOT NULL, partition TEXT NOT NULL,
  warehouse_id TEXT NOT NULL,            -- empty for consents: their events are in the ledger
  watermark TEXT NOT NULL, fmt TEXT NOT NULL, checksum BLOB NOT NULL,
  PRIMARY KEY(connection, stream, partition)) STRICT, WITHOUT ROWID;

CREATE TABLE first_read(                 -- begun on a new warehouse and not read to its end
  connection TEXT NOT NULL, stream TEXT NOT NULL, partition TEXT NOT NULL, warehouse_id TEXT NOT NULL,
  PRIMARY KEY(connection, stream, partition)) STRICT, WITHOUT ROWID;

CREATE TABLE absence(                    -- not shown by the last whole read of their stream
  connection TEXT NOT NULL, stream TEXT NOT NULL, partition TEXT NOT NULL, rref BLOB NOT NULL,
  PRIMARY KEY(connection, stream, partition, rref)) STRICT, WITHOUT ROWID;

CREATE TABLE destination(
  name TEXT PRIMARY KEY,
  rev INTEGER NOT NULL DEFAULT 0,        -- moves when mirror or owned change other than by explicit denials
  labels_read_at TEXT) STRICT, WITHOUT ROWID;

CREATE TABLE mirror(
  destination TEXT NOT NULL, rref BLOB NOT NULL, target TEXT NOT NULL,
  value_hash BLOB NOT NULL, observed_at TEXT NOT NULL,
  PRIMARY KEY(destination, rref, target)) STRICT, WITHOUT ROWID;

CREATE TABLE owned(
  destination TEXT NOT NULL, rref BLOB NOT NULL, label TEXT NOT NULL,
  segment TEXT NOT NULL, previous TEXT NOT NULL, since TEXT NOT NULL, checksum BLOB NOT NULL,
  PRIMARY KEY(destination, rref, label)) STRICT, WITHOUT ROWID;

CREATE TABLE merged(                     -- records that took over labels of another since the last plan
  destination TEXT NOT NULL, rref BLOB NOT NULL,
  PRIMARY KEY(destination, rref)) STRICT, WITHOUT ROWID;

CREATE TABLE merged_label(               -- what another loser of the same merge carried at the same target
  destination TEXT NOT NULL, rref BLOB NOT NULL, label TEXT NOT NULL,
  segment TEXT NOT NULL, previous TEXT NOT NULL, since TEXT NOT NULL,
  PRIMARY KEY(destination, rref, label, segment)) STRICT, WITHOUT ROWID;

CREATE TABLE plan(
  id TEXT PRIMARY KEY, run TEXT NOT NULL, destination TEXT NOT NULL, parent TEXT REFERENCES plan(id),
  kind TEXT NOT NULL CHECK(kind IN ('changes', 'denials')),
  base_rev INTEGER NOT NULL, config_digest TEXT NOT NULL, as_of_day TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('sealed', 'applying', 'applied', 'abandoned')),
  own_rev INTEGER NOT NULL,              -- base_rev, moved on by what the plan itself changes
  sealed_at TEXT NOT NULL, sha256 TEXT NOT NULL, brake TEXT NOT NULL, report TEXT NOT NULL,
  approved_sha256 TEXT, approved_by TEXT, approval_reason TEXT, approved_at TEXT, used_at TEXT) STRICT;
CREATE INDEX plan_of_destination ON plan(destination, sealed_at);

CREATE TABLE op(
  id INTEGER PRIMARY KEY, plan TEXT NOT NULL REFERENCES plan(id), destination TEXT NOT NULL,
  rref BLOB NOT NULL, verb TEXT NOT NULL CHECK(verb IN ('set', 'clear', 'add', 'remove', 'provision')),
  target TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL,
  change TEXT NOT NULL CHECK(change IN ('enter', 'move', 'leave', 'provision')),
  cause TEXT NOT NULL, reason TEXT NOT NULL, effect TEXT NOT NULL, step INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK(state IN ('pending', 'sent', 'done', 'dead', 'skipped')),
  attempts INTEGER NOT NULL DEFAULT 0, due_at TEXT, batch INTEGER REFERENCES batch(id),
  outcome TEXT NOT NULL DEFAULT '', run TEXT NOT NULL DEFAULT '',
  UNIQUE(plan, destination, rref, verb, target)) STRICT;
CREATE INDEX op_of_plan ON op(plan, rref);
CREATE INDEX op_of_record ON op(rref) WHERE state IN ('pending', 'sent');
CREATE INDEX op_pending ON op(plan, step, target, id) WHERE state = 'pending';
CREATE INDEX op_sent ON op(destination, id) WHERE state = 'sent';

CREATE TABLE batch(
  id INTEGER PRIMARY KEY, plan TEXT NOT NULL REFERENCES plan(id), destination TEXT NOT NULL,
  verb TEXT NOT NULL, target TEXT NOT NULL, vendor_job_id TEXT,
  state TEXT NOT NULL CHECK(state IN ('sent', 'answered', 'failed')),
  run TEXT NOT NULL, sent_at TEXT NOT NULL) STRICT;

CREATE TABLE dead(                       -- one row per label that a CRM refuses, over all runs
  destination TEXT NOT NULL, rref BLOB NOT NULL, target TEXT NOT NULL, op INTEGER NOT NULL,
  reason_code TEXT NOT NULL, vendor_code TEXT NOT NULL, message_redacted TEXT NOT NULL,
  first TEXT NOT NULL, last TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY(destination, rref, target)) STRICT, WITHOUT ROWID;

CREATE TABLE limit_bucket(               -- calls booked for a day of UTC
  connection TEXT NOT NULL, window TEXT NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY(connection, window)) STRICT, WITHOUT ROWID;
"""
