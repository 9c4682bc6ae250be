"""Purchases that two sources seem to tell of twice: an estimate from the published copy, counts only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .engine import maintenance
from .store import SNAPSHOT

_DOUBLES = """
WITH purchase AS (
    SELECT r.account, r.subject, a.day, a.amount_minor, a.currency, a.order_number
    FROM source.activity AS a JOIN source.record AS r USING (record)
    WHERE a.kind = 'order' AND a.amount_minor > 0
      AND (len($accounts::VARCHAR[]) = 0 OR list_contains($accounts::VARCHAR[], r.account))),
shared AS (
    SELECT order_number FROM purchase WHERE order_number IS NOT NULL
    GROUP BY order_number HAVING count(DISTINCT account) > 1),
alike AS (
    SELECT account, subject, day, amount_minor, currency, count(*) AS purchases
    FROM purchase ANTI JOIN shared USING (order_number) GROUP BY ALL),
size AS (SELECT account, count(*) AS purchases FROM purchase GROUP BY account)
SELECT one.account, other.account, sum(least(one.purchases, other.purchases))::BIGINT,
       any_value(least(first.purchases, second.purchases))
FROM alike AS one JOIN alike AS other USING (subject, day, amount_minor, currency)
JOIN size AS first ON first.account = one.account
JOIN size AS second ON second.account = other.account
WHERE one.account < other.account
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubles:
    """Purchases of the same person, day and amount in two accounts under numbers that differ."""

    accounts: tuple[str, str]
    purchases: int
    of: int
    """All purchases of the smaller of the two."""


def possible_doubles(folder: Path, accounts: Sequence[str] = ()) -> list[Doubles]:
    """One entry per pair of accounts with any; none before anything was published.

    Purchases without an amount, or of nothing, say too little to be compared.

    Args:
        folder: The warehouse.
        accounts: Those that count as sources; all when empty.
    """
    if not (folder / SNAPSHOT).exists():
        return []
    with maintenance() as connection:
        connection.execute("ATTACH ? AS source (READ_ONLY)", [str(folder / SNAPSHOT)])
        rows = connection.execute(_DOUBLES, {"accounts": list(accounts)}).fetchall()
    return [Doubles(accounts=(one, other), purchases=count, of=of) for one, other, count, of in rows]
