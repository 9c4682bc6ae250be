"""The tables of the warehouse, written out once.

People are integers here: `subject.subject` stands for a pid, `record.record` for an rref. Both are given
out anew when the warehouse is rebuilt, so nothing outside this file may keep them. No table has an index:
at 20 million activities it would not fit the memory promised, and batches are merged by hash joins.
"""

from __future__ import annotations

SCHEMA_VERSION = 5

TABLES = (
    "CREATE TABLE meta (schema_version INTEGER NOT NULL, warehouse_id VARCHAR NOT NULL)",
    "CREATE TABLE subject (subject INTEGER NOT NULL, pid VARCHAR NOT NULL)",
    """CREATE TABLE record (record INTEGER NOT NULL, rref BLOB NOT NULL, subject INTEGER NOT NULL,
        account VARCHAR NOT NULL, object VARCHAR NOT NULL, partition VARCHAR NOT NULL,
        live BOOLEAN NOT NULL)""",
    # Like an activity, an attribute belongs to a record: joining or splitting people moves none.
    "CREATE TABLE attribute (record INTEGER NOT NULL, name VARCHAR NOT NULL, value VARCHAR NOT NULL)",
    # source_key: 16 keyed bytes kept as UUID, merged twice as fast as a BLOB (measured on 4 million rows).
    """CREATE TABLE activity (record INTEGER NOT NULL, kind VARCHAR NOT NULL, day DATE NOT NULL,
        amount_minor BIGINT, currency VARCHAR, campaign VARCHAR, category VARCHAR, machine BOOLEAN NOT NULL,
        source_key UUID NOT NULL, order_number VARCHAR)""",
    # Unique (subject, purpose, channel, action); valid_until is UTC, empty when time alone changes nothing.
    """CREATE TABLE permission (subject INTEGER NOT NULL, purpose VARCHAR NOT NULL, channel VARCHAR NOT NULL,
        action VARCHAR NOT NULL, verdict VARCHAR NOT NULL, reason VARCHAR NOT NULL, effect VARCHAR,
        valid_until TIMESTAMP)""",
    "CREATE TABLE permission_run (decided_at TIMESTAMP NOT NULL, policy_hash VARCHAR NOT NULL)",
    # One row: the run being computed. Compiled SQL reads dates from here and holds none.
    "CREATE TABLE run_context (as_of TIMESTAMP NOT NULL, as_of_day DATE NOT NULL)",
    # Whose word on purchases counts first, and what a currency was worth: inputs, replaced each run.
    "CREATE TABLE purchase_source (account VARCHAR NOT NULL, priority INTEGER NOT NULL)",
    """CREATE TABLE rate (currency VARCHAR NOT NULL, first_day DATE NOT NULL, last_day DATE NOT NULL,
        rate_e9 BIGINT NOT NULL)""",
    # Who takes part: everybody whom a purpose allows; under the name of a set, people within other segments.
    "CREATE TABLE population (purpose VARCHAR NOT NULL, subject INTEGER NOT NULL)",
    """CREATE TABLE measure (subject INTEGER NOT NULL, orders BIGINT NOT NULL, spent_minor BIGINT NOT NULL,
        unpriced BIGINT NOT NULL, first_order DATE, last_order DATE,
        days_since_first_order BIGINT, days_since_last_order BIGINT, own_cadence BIGINT,
        order_days BIGINT NOT NULL, repeat_minor BIGINT NOT NULL, categories BIGINT NOT NULL,
        sends BIGINT NOT NULL, sends_year BIGINT NOT NULL, answers_year BIGINT NOT NULL,
        last_send DATE, last_open DATE, last_click DATE, last_visit DATE, last_form DATE, last_reply DATE,
        last_act DATE, days_since_last_act BIGINT, unsubscribed BOOLEAN NOT NULL,
        aov_minor BIGINT, redemptions BIGINT NOT NULL, redeemed_percent BIGINT, intent BIGINT NOT NULL,
        bounces BIGINT NOT NULL)""",
    # For people without a cadence of their own: the median of those who have one, and how many they are.
    "CREATE TABLE usual_cadence (purpose VARCHAR NOT NULL, days BIGINT, people BIGINT NOT NULL)",
    # Points of one act by set, kind and age in days, in millionths: decay without floats.
    """CREATE TABLE decay ("set" VARCHAR NOT NULL, channel VARCHAR NOT NULL, kind VARCHAR NOT NULL,
        age BIGINT NOT NULL, points BIGINT NOT NULL, cap BIGINT NOT NULL)""",
    # What is expected of somebody with this history in days, in millionths: repeat_days with an order after
    # the first, the last of them repeat_span after it, which was span ago.
    """CREATE TABLE outlook ("set" VARCHAR NOT NULL, repeat_days BIGINT NOT NULL, repeat_span BIGINT NOT NULL,
        span BIGINT NOT NULL, p_alive BIGINT NOT NULL, expected_orders BIGINT NOT NULL)""",
    # Parameters that a method estimated, by set and name; several numbers of one name by place.
    """CREATE TABLE fit ("set" VARCHAR NOT NULL, name VARCHAR NOT NULL, place BIGINT NOT NULL,
        value DOUBLE NOT NULL)""",
    # One row per set and scored subject; what a method does not use stays empty and takes no room.
    """CREATE TABLE score ("set" VARCHAR NOT NULL, subject INTEGER NOT NULL, r_score BIGINT, f_score BIGINT,
        m_score BIGINT, points BIGINT, expected BIGINT, band BIGINT, p_alive BIGINT,
        expected_orders BIGINT, value_minor BIGINT, probability BIGINT, cell VARCHAR, segment VARCHAR)""",
    """CREATE TABLE cut_point ("set" VARCHAR NOT NULL, measure VARCHAR NOT NULL, score BIGINT NOT NULL,
        lowest BIGINT NOT NULL, highest BIGINT NOT NULL, people BIGINT NOT NULL)""",
    # An interval [from_run, to_run): only changes are rows. An open one has no to_run.
    """CREATE TABLE membership ("set" VARCHAR NOT NULL, subject INTEGER NOT NULL, segment VARCHAR NOT NULL,
        from_run VARCHAR NOT NULL, to_run VARCHAR)""",
    # Sets of the last run: one without anybody has no other row that would tell it from one never computed.
    """CREATE TABLE computed_set ("set" VARCHAR NOT NULL)""",
    "CREATE TABLE segment_run (run VARCHAR NOT NULL, as_of TIMESTAMP NOT NULL, as_of_day DATE NOT NULL)",
)

VIEWS = (
    # Where everybody is now: segment, the one before (empty if none), and the day since when.
    """CREATE VIEW current_membership AS
        SELECT m."set", m.subject, m.segment, m.previous, r.as_of_day AS since
        FROM (SELECT *, lag(segment) OVER (PARTITION BY "set", subject ORDER BY from_run) AS previous
              FROM membership) AS m
        JOIN segment_run AS r ON r.run = m.from_run
        WHERE m.to_run IS NULL""",
)
