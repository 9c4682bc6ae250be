"""What a person allows, verdict by verdict with its proof, in French and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from consentric.app.verdicts import ConsentExplanation, Proof, Verdict

from .changes import change_text
from .table import printable
from .words import in_words

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "records": "Records",
        "nobody": "none",
        "allowed": "allowed by {basis}",
        "refused": "not allowed: {reason}",
        "rule": "rule {rule} of the decision, {reason}",
        "effect": "effect on a label already written: {effect}",
        "until": "until {day}, by time alone",
        "for_good": "no end by time alone",
        "proof": "rests on: {state}, {place}, {time}, grade {grade}, notice {notice}",
        "observed": "first seen {day}, without a time of its own",
        "none": "none",
        "claimed": "with the claims of the controller: grade {grade}, notice {notice}",
        "no_proof": "rests on no event",
        "policy": "policy {policy}",
        "change": "what would change it: {change}",
    },
    "fr": {
        "records": "Fiches",
        "nobody": "aucune",
        "allowed": "permis par {basis}",
        "refused": "non permis : {reason}",
        "rule": "règle {rule} de la décision, {reason}",
        "effect": "effet sur une étiquette déjà écrite : {effect}",
        "until": "jusqu'au {day}, par le seul passage du temps",
        "for_good": "sans terme fixé par le temps",
        "proof": "repose sur : {state}, {place}, {time}, niveau de preuve {grade}, mention {notice}",
        "observed": "vu pour la première fois le {day}, sans date propre",
        "none": "aucune",
        "claimed": "avec les attestations du responsable : niveau {grade}, mention {notice}",
        "no_proof": "ne repose sur aucun événement",
        "policy": "politique {policy}",
        "change": "ce qui le changerait : {change}",
    },
}


def verdicts_text(explanation: ConsentExplanation, *, lang: str) -> str:
    """Each purpose and channel with verdict, rule, proof, policy, and what would change a no."""
    words = _WORDS[lang]
    lines = [f"{words['records']}: {', '.join(explanation.records) or words['nobody']}"]
    for verdict, (one, row) in zip(explanation.verdicts, explanation.classes, strict=True):
        lines += ["", *_verdict_lines(verdict, words, lang)]
        if not verdict.is_allowed:
            lines.append("  " + words["change"].format(change=change_text(one, row, lang=lang)))
    return "\n".join(lines)


def _verdict_lines(verdict: Verdict, words: Mapping[str, str], lang: str) -> list[str]:
    asked = f"{verdict.purpose} / {verdict.channel} / {verdict.action}: "
    if verdict.is_allowed:
        lines = [asked + words["allowed"].format(basis=verdict.basis)]
    else:
        lines = [asked + words["refused"].format(reason=in_words(verdict.reason, lang))]
    lines.append("  " + words["rule"].format(rule=verdict.rule, reason=verdict.reason))
    if verdict.effect is not None:
        lines.append("  " + words["effect"].format(effect=verdict.effect))
    until = verdict.valid_until
    lines.append("  " + (words["until"].format(day=until.date()) if until is not None else words["for_good"]))
    lines += _proof_lines(verdict.proof, words)
    lines.append("  " + words["policy"].format(policy=verdict.policy))
    return lines


def _proof_lines(proof: Proof | None, words: Mapping[str, str]) -> list[str]:
    if proof is None:
        return ["  " + words["no_proof"]]
    said = words["proof"].format(
        state=proof.state,
        place=printable(" ".join(filter(None, (proof.source, proof.origin)))),
        time=_instant(proof.occurred_at)
        if proof.occurred_at is not None
        else words["observed"].format(day=proof.first_observed_at.date()),
        grade=proof.grade,
        notice=proof.notice or words["none"],
    )
    lines = [f"  {said}"]
    if (proof.proven_grade, proof.proven_notice) != (proof.grade, proof.notice):
        claimed = words["claimed"].format(
            grade=proof.proven_grade, notice=proof.proven_notice or words["none"]
        )
        lines.append(f"    {claimed}")
    return lines


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
