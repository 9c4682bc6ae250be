"""What somebody allows as a sentence: may be segmented, may get labels by e-mail."""

from __future__ import annotations

from collections.abc import Mapping

from consentric.app.report.words import Lang
from consentric.app.verdicts import Verdict

_SHIPPED = ("segmentation", "email_marketing")
"""Purposes that the sentence says by itself; others are named in it."""
_MAY: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "process": "may be segmented",
        "write_back": "may get labels",
        "export": "may leave in a file",
        "for": " for {purpose}",
    },
    "fr": {
        "process": "peut être segmentée",
        "write_back": "peut recevoir des étiquettes",
        "export": "peut sortir dans un fichier",
        "for": " pour {purpose}",
    },
}
_BY: Mapping[Lang, Mapping[str, str]] = {
    "en": {"email": " by e-mail", "phone": " by telephone", "sms": " by SMS", "post": " by post"},
    "fr": {"email": " par e-mail", "phone": " par téléphone", "sms": " par SMS", "post": " par courrier"},
}
_BASES: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "consent": "consent",
        "legitimate_interest": "legitimate interest",
        "soft_opt_in": "soft opt-in",
        "contract": "contract",
        "legal_obligation": "legal obligation",
    },
    "fr": {
        "consent": "consentement",
        "legitimate_interest": "intérêt légitime",
        "soft_opt_in": "exception clientèle",
        "contract": "contrat",
        "legal_obligation": "obligation légale",
    },
}


def may_words(verdict: Verdict, lang: Lang) -> str:
    """What was asked about, without the words of the decision."""
    words = _MAY[lang]
    purpose = "" if verdict.purpose in _SHIPPED else words["for"].format(purpose=verdict.purpose)
    asked = words.get(verdict.action, verdict.action)
    return f"{asked}{_BY[lang].get(verdict.channel, '')}{purpose}"


def basis_words(basis: str | None, lang: Lang) -> str:
    """The legal basis in words."""
    return "-" if basis is None else _BASES[lang].get(basis, basis)
