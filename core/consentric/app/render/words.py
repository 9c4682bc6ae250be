"""Words for the codes that reports carry: why a record is withheld, why labels change."""

from __future__ import annotations

from collections.abc import Mapping

from .table import number

REASONS: Mapping[str, str] = {
    "AGE_UNKNOWN": "age unknown",
    "AUTOMATED_DECISION": "waits for a human",
    "CHANGED_BY_HAND": "changed by hand",
    "CHANNEL_NOT_COVERED": "channel not covered",
    "CONSENT_EXPIRED": "consent expired",
    "CONSENT_MISSING": "never asked",
    "CONSENT_NOTICE_OUTDATED": "agreed to an older notice",
    "CONSENT_NOTICE_UNKNOWN": "notice unknown",
    "CONSENT_NOT_YET_VALID": "consent not valid yet",
    "CONSENT_UNCONFIRMED": "unconfirmed",
    "CONSENT_WITHDRAWN": "withdrawn",
    "CONTRACT_ENDED": "contract ended",
    "EVIDENCE_INSUFFICIENT": "unproved",
    "GONE": "gone",
    "LEFT_OUT": "left for a later plan",
    "LIA_MISSING": "assessment missing",
    "MINOR_NO_PARENTAL_CONSENT": "minor without parental consent",
    "MINOR_PROFILING": "minor",
    "OBJECTED": "objected",
    "OBJECTED_MARKETING": "objected to marketing",
    "PERMISSION_MISSING": "not decided yet",
    "PERMISSION_OUTDATED": "decision ran out",
    "PURPOSE_UNKNOWN": "purpose unknown",
    "REJECTED_BEFORE": "refused before",
    "RESTRICTED": "restricted",
    "RETENTION_EXPIRED": "silent too long",
    "SEGMENTS_NOT_COMPUTED": "segments not computed",
    "SOFT_OPT_IN_NOT_CUSTOMER": "not a customer",
    "SOFT_OPT_IN_NO_OPTOUT_OFFERED": "no opt-out was offered",
    "SOURCE_STALE": "consent not read lately",
    "SPECIAL_CATEGORY": "special category",
    "SUBJECT_ERASED": "erased",
    "SUPPRESSED": "suppressed",
    "TRANSFER_NOT_COVERED": "transfer not covered",
}
"""Reason codes in words; a code that is not here is a vendor's and stands for itself."""

FRENCH_REASONS: Mapping[str, str] = {
    "AGE_UNKNOWN": "âge inconnu",
    "AUTOMATED_DECISION": "attend un humain",
    "CHANGED_BY_HAND": "modifié à la main",
    "CHANNEL_NOT_COVERED": "canal non couvert",
    "CONSENT_EXPIRED": "consentement expiré",
    "CONSENT_MISSING": "jamais sollicitées",
    "CONSENT_NOTICE_OUTDATED": "ancienne notice acceptée",
    "CONSENT_NOTICE_UNKNOWN": "notice inconnue",
    "CONSENT_NOT_YET_VALID": "pas encore valable",
    "CONSENT_UNCONFIRMED": "non confirmé",
    "CONSENT_WITHDRAWN": "retiré",
    "CONTRACT_ENDED": "contrat terminé",
    "EVIDENCE_INSUFFICIENT": "sans preuve",
    "GONE": "disparue",
    "LEFT_OUT": "laissé à un plan suivant",
    "LIA_MISSING": "mise en balance manquante",
    "MINOR_NO_PARENTAL_CONSENT": "mineur sans accord parental",
    "MINOR_PROFILING": "mineur",
    "OBJECTED": "opposition",
    "OBJECTED_MARKETING": "opposition à la prospection",
    "PERMISSION_MISSING": "pas encore décidé",
    "PERMISSION_OUTDATED": "décision échue",
    "PURPOSE_UNKNOWN": "finalité inconnue",
    "REJECTED_BEFORE": "déjà refusé",
    "RESTRICTED": "limitation",
    "RETENTION_EXPIRED": "silence trop long",
    "SEGMENTS_NOT_COMPUTED": "segments non calculés",
    "SOFT_OPT_IN_NOT_CUSTOMER": "pas cliente",
    "SOFT_OPT_IN_NO_OPTOUT_OFFERED": "opposition non proposée",
    "SOURCE_STALE": "consentement non relu récemment",
    "SPECIAL_CATEGORY": "catégorie particulière",
    "SUBJECT_ERASED": "effacées",
    "SUPPRESSED": "à ne plus contacter",
    "TRANSFER_NOT_COVERED": "transfert non couvert",
}
"""The same in French; a test holds both to the same codes."""


def in_words(code: str, lang: str = "en") -> str:
    """The words for a code, or the code itself."""
    return (FRENCH_REASONS if lang == "fr" else REASONS).get(code, code)


def counted(counts: Mapping[str, int], words: Mapping[str, str] | None = None) -> str:
    """Counts in one line, the largest first.

    >>> counted({"CONSENT_WITHDRAWN": 8, "CONSENT_MISSING": 19})
    'never asked 19, withdrawn 8'
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    names = REASONS if words is None else words
    return ", ".join(f"{names.get(code, code)} {number(count)}" for code, count in ordered if count)
