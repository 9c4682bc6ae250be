"""The quality of segment sets as people read it, in French and English."""

from __future__ import annotations

from consentric.app.report.words import Words
from consentric.segments.quality import SegmentQuality, SetQuality
from consentric.segments.spread import Spread
from consentric.warehouse.money import exponent_of

from .findings import MEASURES, decimal, finding_text
from .plan import Titles, title_of
from .table import THIN_SPACE, number, table

_MILLIONTHS = ("points", "p_alive", "expected_orders", "probability")


def quality_text(one: SetQuality, titles: Titles, words: Words) -> str:
    """One set: its segments side by side, then the set as a whole, then what misses a limit."""
    people = words(
        f"{number(one.population)} people, {number(one.outside)} in no segment",
        f"{number(one.population)} personnes, dont {number(one.outside)} dans aucun segment",
    )
    count = words(f"{one.counted_segments} segments", f"{one.counted_segments} segments")
    lines = [f"{one.set}   {one.as_of_day}   {count}   {people}"]
    lines += _indented(table(_head(one, words), [_row(one, row, titles, words) for row in one.segments]))
    lines.append(words("  how far apart the segments are", "  ce qui sépare les segments"))
    lines += _indented(_spread_table(one, words))
    if one.silhouette is not None:
        known = f"{decimal(round(one.silhouette * 1000), words.lang)}, {words.people(one.sampled)}"
        lines.append(f"  silhouette {known}")
    lines += [_overlap_line(one, at, titles, words) for at in range(len(one.overlaps))]
    lines += [f"  ! {finding_text(found, titles, words.lang)}" for found in one.findings]
    return "\n".join(lines)


def _head(one: SetQuality, words: Words) -> list[str]:
    head = [
        words("segment", "segment"),
        words("people", "personnes"),
        words("since the run before", "depuis l'exécution d'avant"),
        words("revenue", "chiffre d'affaires"),
        words("per person", "par personne"),
        words("per order", "par commande"),
        words("orders per buyer", "commandes par client"),
        words("late or lost", "en retard ou perdus"),
    ]
    if any(row.value_minor is not None for row in one.segments):
        head.append(words("value expected", "valeur attendue"))
    if any(row.engagement is not None for row in one.segments):
        head.append(words("engagement", "engagement"))
    return head


def _row(one: SetQuality, row: SegmentQuality, titles: Titles, words: Words) -> list[object]:
    cells: list[object] = [
        title_of(titles, f"{one.set}.{row.key}"),
        row.people,
        growth_text(row.people, row.people_before, words),
        percent_text(row.revenue_share),
        exact_money(row.arpu_minor, words),
        exact_money(row.aov_minor, words),
        "-" if row.orders_per_buyer is None else _one_decimal(row.orders_per_buyer, words),
        percent_text(row.churn),
    ]
    if any(other.value_minor is not None for other in one.segments):
        cells.append(exact_money(row.value_minor, words))
    if any(other.engagement is not None for other in one.segments):
        cells.append(percent_text(row.engagement))
    return cells


def growth_text(people: int, before: int | None, words: Words) -> str:
    """How a segment grew since the run before: people, and percent of what it was."""
    if before is None:
        return "-"
    more = people - before
    if not more:
        return "="
    sign = "+" if more > 0 else "-"
    share = f" ({sign}{words.percent(abs(more), before)})" if before else ""
    return f"{sign}{number(abs(more))}{share}"


def exact_money(minor: int | None, words: Words) -> str:
    """An amount with its decimals.

    >>> exact_money(1234550, Words("fr")).replace(THIN_SPACE, "_")
    '12_345,50_EUR'
    """
    if minor is None:
        return "-"
    exponent = exponent_of(words.currency)
    whole, rest = divmod(abs(minor), 10**exponent)
    sign = "-" if minor < 0 else ""
    point = "," if words.lang == "fr" else "."
    decimals = f"{point}{rest:0{exponent}d}" if exponent else ""
    return f"{sign}{number(whole)}{decimals}{THIN_SPACE}{words.currency}"


def _spread_table(one: SetQuality, words: Words) -> str:
    head = [
        words("measure", "mesure"),
        words("people", "personnes"),
        words("inside a segment", "dans un segment"),
        words("between segments", "entre segments"),
        words("eta squared", "êta carré"),
    ]
    rows = [
        [
            MEASURES[words.lang][spread.measure],
            spread.people,
            _deviation(spread, spread.within, words),
            _deviation(spread, spread.between, words),
            decimal(int(spread.eta_squared * 1000), words.lang),
        ]
        for spread in one.spreads
    ]
    return table(head, rows)


def _deviation(spread: Spread, value: float, words: Words) -> str:
    if spread.measure in ("spent_minor", "value_minor"):
        return exact_money(round(value), words)
    scale = 1_000_000 if spread.measure in _MILLIONTHS else 1
    return _one_decimal(value / scale, words)


def _one_decimal(value: float, words: Words) -> str:
    return decimal(round(value * 10) * 100, words.lang)


def _overlap_line(one: SetQuality, at: int, titles: Titles, words: Words) -> str:
    shared = one.overlaps[at]
    names = [title_of(titles, f"{one.set}.{shared.segment}"), title_of(titles, shared.other)]
    other_set = shared.other.partition(".")[0]
    return words(
        f'  "{names[0]}" and "{names[1]}" of {other_set} share {words.people(shared.people)}'
        f" ({percent_text(shared.jaccard)} of both together)",
        f"  « {names[0]} » et « {names[1]} » de {other_set} ont {words.people(shared.people)} en commun"
        f" ({percent_text(shared.jaccard)} des deux réunis)",
    )


def percent_text(share: float | None) -> str:
    """A share of one in percent, without decimals."""
    return "-" if share is None else f"{round(share * 100)}{THIN_SPACE}%"


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]
