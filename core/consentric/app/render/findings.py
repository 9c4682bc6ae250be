"""What a quality gate found, as whoever runs campaigns reads it, in French and English."""

from __future__ import annotations

from collections.abc import Mapping

from consentric.segments.gates import Finding

from .plan import Titles, title_of
from .table import number

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "too_many": "{found} segments, more than {limit}: join some, or no campaign will tell them apart",
        "too_small": '"{first}" has {found} people, fewer than {limit}: join it with another segment',
        "nobody": 'nobody meets the rule of "{first}": change the rule, or take the segment out',
        "too_alike": '"{first}" and "{second}" are too alike: the segments explain {eta} of the differences'
        " in {measure} and less of everything else (eta squared, at least {least}): join these two, or draw"
        " the line elsewhere",
        "outside": "{found} people are in no segment: end the set with a segment for everybody else",
    },
    "fr": {
        "too_many": "{found} segments, plus de {limit} : réunissez-en, aucune campagne ne les distinguera",
        "too_small": "« {first} » compte {found} personnes, moins de {limit} : réunissez-le avec un autre",
        "nobody": "personne ne remplit la règle de « {first} » : changez la règle, ou retirez le segment",
        "too_alike": "« {first} » et « {second} » se ressemblent trop : les segments expliquent {eta} des"
        " différences de {measure} et moins de tout le reste (êta carré, au moins {least}) : réunissez ces"
        " deux, ou tracez la limite ailleurs",
        "outside": "{found} personnes ne sont dans aucun segment : terminez par un segment pour les autres",
    },
}

MEASURES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "days_since_last_order": "days since the last order",
        "orders": "orders",
        "spent_minor": "amount spent",
        "days_since_last_act": "days since the last act",
        "points": "engagement",
        "p_alive": "chance of still being a buyer",
        "expected_orders": "orders expected",
        "value_minor": "value expected",
        "probability": "chance of an order",
    },
    "fr": {
        "days_since_last_order": "jours depuis la dernière commande",
        "orders": "commandes",
        "spent_minor": "montant dépensé",
        "days_since_last_act": "jours depuis le dernier acte",
        "points": "engagement",
        "p_alive": "chance d'être encore client",
        "expected_orders": "commandes attendues",
        "value_minor": "valeur attendue",
        "probability": "chance de commander",
    },
}
"""What segments are compared by, in words."""


def finding_text(finding: Finding, titles: Titles, lang: str = "en") -> str:
    """One finding as a sentence without its set."""
    names = [title_of(titles, f"{finding.set}.{key}") for key in finding.segments]
    return _WORDS[lang][finding.rule].format(
        first=names[0] if names else "",
        second=names[-1] if names else "",
        found=number(finding.found),
        limit=number(finding.limit),
        eta=decimal(finding.found, lang),
        least=decimal(finding.limit, lang),
        measure=MEASURES[lang].get(finding.measure, finding.measure),
    )


def decimal(thousandths: int, lang: str) -> str:
    """A share of one, given in thousandths.

    >>> decimal(62, "en"), decimal(100, "fr")
    ('0.062', '0,1')
    """
    text = f"{thousandths / 1000:.3f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if lang == "fr" else text
