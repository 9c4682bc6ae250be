"""The segment job as somebody fluent in DuckDB writes it by hand: no Ibis, no settings, one script."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from consentric.warehouse.engine import engine
from consentric.warehouse.store import FILE

from . import town

_PEOPLE = f"""
CREATE TABLE people AS
SELECT subject FROM permission
WHERE purpose = '{town.PURPOSE}' AND channel = 'none' AND action = 'process' AND verdict = 'ALLOW'
  AND (valid_until IS NULL OR valid_until > '{town.NOW:%Y-%m-%d %H:%M}')
  AND subject IN (SELECT subject FROM record WHERE live)
"""

_ACTS = f"""
CREATE TABLE acts AS
SELECT subject,
       count(*) FILTER (kind = 'send' AND age < 365) AS sends_year,
       count(*) FILTER (kind IN ('click', 'open', 'reply') AND NOT machine AND age < 365) AS answers_year,
       max(day) FILTER (kind NOT IN ('send', 'bounce', 'unsubscribe') AND NOT machine) AS last_act,
       bool_or(kind = 'unsubscribe') AS unsubscribed,
       least(coalesce(sum(points) FILTER (kind IN ('click', 'reply')), 0), 200_000_000)::BIGINT AS email,
       least(coalesce(sum(points) FILTER (kind IN ('visit', 'form')), 0), 200_000_000)::BIGINT AS web,
       least(coalesce(sum(points) FILTER (kind = 'order'), 0), 200_000_000)::BIGINT AS shop,
       sum(points) FILTER (kind = 'send')::BIGINT AS expected
FROM (SELECT subject, kind, day, machine, age,
             CASE WHEN machine THEN 0
                  ELSE round(CASE kind WHEN 'send' THEN 1 WHEN 'order' THEN 50 WHEN 'click' THEN 10
                                       WHEN 'visit' THEN 3 WHEN 'form' THEN 30 WHEN 'reply' THEN 20 ELSE 0 END
                             * 1e6 * pow(2, -age / 30))::BIGINT END AS points
      FROM (SELECT *, DATE '{town.AS_OF_DAY}' - day AS age FROM activity WHERE day <= '{town.AS_OF_DAY}')
      JOIN record USING (record) SEMI JOIN people USING (subject))
GROUP BY subject
"""

_BOUGHT = f"""
CREATE TABLE bought AS
WITH one_order AS (
  SELECT subject, order_number, min(day) FILTER (kind = 'order') AS day,
         sum(amount_minor)::BIGINT AS net, bool_or(kind = 'refund') AS has_refund
  FROM activity JOIN record USING (record) SEMI JOIN people USING (subject)
  WHERE kind IN ('order', 'refund') AND day <= '{town.AS_OF_DAY}' AND account = '{town.ACCOUNT}'
  GROUP BY subject, order_number),
counted AS (
  SELECT *, day IS NOT NULL AND NOT (has_refund AND net <= 0) AS counts FROM one_order),
gaps AS (
  SELECT subject, day - lag(day) OVER (PARTITION BY subject ORDER BY day) AS gap
  FROM (SELECT DISTINCT subject, day FROM counted WHERE counts)),
cadences AS (
  SELECT subject, ceil(median(gap))::BIGINT AS cadence FROM gaps GROUP BY subject HAVING count(gap) >= 2)
SELECT subject, count(*) FILTER (counts) AS orders, sum(net)::BIGINT AS spent,
       DATE '{town.AS_OF_DAY}' - min(day) FILTER (counts) AS first_age,
       DATE '{town.AS_OF_DAY}' - max(day) FILTER (counts) AS last_age,
       any_value(cadence) AS cadence
FROM counted LEFT JOIN cadences USING (subject) GROUP BY subject
"""

_LABELS = """
CREATE TABLE labels AS
WITH ranked AS (
  SELECT subject, count(*) OVER () AS n, rank() OVER (ORDER BY last_age DESC) - 1 AS r_worse,
         rank() OVER (ORDER BY orders) - 1 AS f_worse,
         min(last_age) OVER () = max(last_age) OVER () AS r_equal,
         min(orders) OVER () = max(orders) OVER () AS f_equal
  FROM bought WHERE orders > 0),
scored AS (
  SELECT subject, CASE WHEN r_equal THEN 3 ELSE 1 + 5 * r_worse // n END AS r,
         CASE WHEN f_equal THEN 3 ELSE 1 + 5 * f_worse // n END AS f
  FROM ranked),
usual AS (
  SELECT CASE WHEN count(cadence) >= 30 THEN ceil(median(cadence))::BIGINT ELSE 90 END AS days FROM bought),
person AS (
  SELECT people.subject, coalesce(orders, 0) AS orders, first_age, last_age,
         coalesce(cadence, (FROM usual)) AS cadence,
         coalesce(sends_year, 0) > 0 AND coalesce(answers_year, 0) = 0 AS is_silent, last_act,
         coalesce(unsubscribed, false) AS unsubscribed,
         coalesce(email, 0) + coalesce(web, 0) + coalesce(shop, 0) AS points,
         greatest(coalesce(expected, 0), 10_000_000) AS expected
  FROM people LEFT JOIN acts USING (subject) LEFT JOIN bought USING (subject))
SELECT 'rfm5' AS "set", subject,
       CASE WHEN r = 5 AND f >= 4 THEN 'champions' WHEN r >= 3 AND f >= 4 OR r >= 4 AND f >= 2 THEN 'loyal'
            WHEN r >= 4 THEN 'new' WHEN f >= 3 THEN 'at_risk' ELSE 'dormant' END AS segment
FROM scored
UNION ALL
SELECT 'lifecycle', subject,
       CASE WHEN orders = 0 AND last_act IS NULL THEN 'suspect' WHEN orders = 0 THEN 'prospect'
            WHEN orders < 3 AND first_age <= 60 THEN 'new'
            WHEN last_age > 6 * cadence OR last_age > 3 * cadence AND (unsubscribed OR is_silent) THEN 'lost'
            WHEN last_age > 3 * cadence THEN 'inactive' ELSE 'active' END
FROM person
UNION ALL
SELECT 'engagement', subject,
       'band_' || ((points * 100 >= expected * 25)::INT + (points * 100 >= expected * 50)::INT
                   + (points * 100 >= expected * 100)::INT + (points * 100 >= expected * 200)::INT)
FROM person
"""


def run(warehouse: Path, *, memory_limit_mb: int) -> None:
    """Computes table `labels`: set, subject, segment."""
    connection = _open(warehouse, memory_limit_mb)
    connection.execute("BEGIN")
    for statement in (_PEOPLE, _ACTS, _BOUGHT, _LABELS):
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.close()


def labels(warehouse: Path) -> pa.Table:
    """What `run` left: set, subject, segment."""
    connection = _open(warehouse, 1000)
    try:
        return connection.cursor().sql('SELECT "set", subject, segment FROM labels').to_arrow_table()
    finally:
        connection.close()


def _open(warehouse: Path, memory_limit_mb: int) -> duckdb.DuckDBPyConnection:
    return engine(warehouse / FILE, memory_limit_mb=memory_limit_mb, threads=2, temp=warehouse / "tmp")
