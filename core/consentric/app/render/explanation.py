"""An explanation in plain words, in French and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consentric.app.explanation import Explanation, WrittenLabel
from consentric.app.unwritten import Unwritten
from consentric.app.verdicts import Verdict
from consentric.app.withdrawals import Withdrawal
from consentric.segments.decay import MILLION
from consentric.segments.explanation import SetExplanation

from .consents import duration
from .plan import Titles, title_of
from .table import number
from .words import in_words

_MILLIONTHS = ("expected", "intent", "p_alive", "expected_orders", "probability")
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "none": "in no segment",
        "since": "since",
        "before": "before that",
        "computed": "computed for the purpose {purpose} as of {day}, run {run}",
        "within": "of people in {segments} only",
        "denied": "not segmented: {reason}",
        "undecided": "not segmented: never decided about",
        "value": "value used",
        "limit": "limit of this person",
        "score": "score {score} of 5 with {value}; in this run {cuts}",
        "rule": "rule of {segment}",
        "holds": "holds",
        "fails": "does not hold",
        "nearest": "nearest change: with {input} {then} instead of {now}, {segment}",
        "consent": "What the person allows",
        "allowed": "allowed by {basis} (rule {rule}){until}",
        "refused": "not allowed: {reason} (rule {rule})",
        "until": " until {day}",
        "labels": "What was written where",
        "no_labels": "nothing",
        "approval": "nothing yet: waits in plan {plan} for an approval",
        "apply": "nothing yet: waits in plan {plan} to be applied",
        "part": "nothing yet: plan {plan} was a part and left it for a later plan",
        "withheld": "nothing: withheld by plan {plan}: {reason}",
        "taken_off": "taken off on {day}: {reason}{took}",
        "took": ", said on {said}, done after {time}",
        "records": "Records",
    },
    "fr": {
        "none": "dans aucun segment",
        "since": "depuis le",
        "before": "auparavant",
        "computed": "calculé pour la finalité {purpose} au {day}, exécution {run}",
        "within": "seulement pour les personnes de {segments}",
        "denied": "non segmenté : {reason}",
        "undecided": "non segmenté : aucune décision",
        "value": "valeur utilisée",
        "limit": "limite propre à la personne",
        "score": "note {score} sur 5 avec {value} ; dans cette exécution {cuts}",
        "rule": "règle de {segment}",
        "holds": "est remplie",
        "fails": "n'est pas remplie",
        "nearest": "changement le plus proche : avec {input} {then} au lieu de {now}, {segment}",
        "consent": "Ce que la personne permet",
        "allowed": "permis par {basis} (règle {rule}){until}",
        "refused": "non permis : {reason} (règle {rule})",
        "until": " jusqu'au {day}",
        "labels": "Ce qui a été écrit, et où",
        "no_labels": "rien",
        "approval": "rien encore : attend une approbation dans le plan {plan}",
        "apply": "rien encore : attend dans le plan {plan} d'être appliqué",
        "part": "rien encore : le plan {plan} n'était qu'une partie et l'a laissé à un plan suivant",
        "withheld": "rien : retenu par le plan {plan} : {reason}",
        "taken_off": "retiré le {day} : {reason}{took}",
        "took": ", dit le {said}, fait en {time}",
        "records": "Fiches",
    },
}


def explanation_text(explanation: Explanation, titles: Titles, *, lang: str) -> str:
    """Segments with their reasons, what the person allows, and what was written where."""
    words = _WORDS[lang]
    lines = [f"{words['records']}: {', '.join(explanation.records) or words['no_labels']}"]
    for one in explanation.sets:
        lines += _set_lines(one, titles, words)
    lines.append(words["consent"])
    lines += [f"  {_verdict_line(verdict, words)}" for verdict in explanation.verdicts]
    lines.append(words["labels"])
    written = [_label_line(label, titles, words) for label in explanation.labels]
    written += [_unwritten_line(one, words) for one in explanation.unwritten]
    lines += [f"  {line}" for line in written or [words["no_labels"]]]
    lines += [f"  {_withdrawal_line(one, words)}" for one in explanation.withdrawals]
    return "\n".join(lines)


def reason_lines(one: SetExplanation, titles: Titles, *, lang: str) -> list[str]:
    """Why somebody is in a segment, without who, since when and in which run."""
    return [line.strip() for line in _set_lines(one, titles, _WORDS[lang])[2:]]


def _set_lines(one: SetExplanation, titles: Titles, words: Mapping[str, str]) -> list[str]:
    def name(segment: str | None) -> str:
        return words["none"] if segment is None else title_of(titles, f"{one.set}.{segment}")

    head = f"{one.set}: {name(one.segment)}"
    if one.since is not None:
        head += f", {words['since']} {one.since}"
    if one.previous is not None:
        head += f"; {words['before']} {name(one.previous)}"
    lines = [head]
    if not one.is_allowed:
        reason = words["denied"].format(reason=in_words(one.reason)) if one.reason else words["undecided"]
        return [*lines, f"  {reason}"]
    lines.append("  " + words["computed"].format(purpose=one.purpose, day=one.as_of_day, run=one.run))
    if one.within:
        segments = ", ".join(title_of(titles, inner) for inner in one.within)
        lines.append("  " + words["within"].format(segments=segments))
    lines += [f"  {words['value']}: {item.name} = {_shown(item.value, item.name)}" for item in one.inputs]
    lines += [
        f"  {words['limit']}: {item.name} = {_shown(item.value, item.input)} ({item.input})"
        for item in one.limits
    ]
    for score in one.scores:
        cuts = ", ".join(
            f"{cut.score}: {number(cut.lowest)}..{number(cut.highest)}" for cut in score.cut_points
        )
        line = words["score"].format(score=score.score, value=number(score.value), cuts=cuts)
        lines.append(f"  {score.name} ({score.measure}): {line}")
    for rule in one.rules:
        truth = words["holds"] if rule.holds else words["fails"]
        lines.append(f"  {words['rule'].format(segment=name(rule.segment))} {truth}")
        lines += [
            f"    {clause.text}: {words['holds'] if clause.holds else words['fails']}"
            for clause in rule.clauses
        ]
    lines += [
        "  "
        + words["nearest"].format(
            input=change.input,
            now=_shown(change.now, change.input),
            then=_shown(change.then, change.input),
            segment=name(change.segment),
        )
        for change in one.nearest
    ]
    return lines


def _verdict_line(verdict: Verdict, words: Mapping[str, str]) -> str:
    asked = f"{verdict.purpose} / {verdict.channel} / {verdict.action}: "
    if not verdict.is_allowed:
        return asked + words["refused"].format(reason=in_words(verdict.reason), rule=verdict.rule)
    until = words["until"].format(day=verdict.valid_until.date()) if verdict.valid_until is not None else ""
    return asked + words["allowed"].format(basis=verdict.basis, rule=verdict.rule, until=until)


def _label_line(label: WrittenLabel, titles: Titles, words: Mapping[str, str]) -> str:
    of_set = label.label.partition(":")[2].partition(".")[0]
    shown = title_of(titles, f"{of_set}.{label.segment}")
    return f"{label.destination}  {label.label}  {shown}, {words['since']} {label.since}"


def _unwritten_line(one: Unwritten, words: Mapping[str, str]) -> str:
    return f"{one.destination}  " + words[one.why].format(plan=one.plan, reason=in_words(one.reason))


def _withdrawal_line(one: Withdrawal, words: Mapping[str, str]) -> str:
    took = ""
    if one.said_at is not None and one.seconds is not None:
        said = f"{one.said_at:%Y-%m-%d %H:%M} UTC"
        took = words["took"].format(said=said, time=duration(one.seconds))
    day = f"{one.removed_at:%Y-%m-%d %H:%M} UTC"
    return f"{one.destination}  " + words["taken_off"].format(day=day, reason=in_words(one.reason), took=took)


def _shown(value: Any, name: str) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    if isinstance(value, int):
        # Counted in millionths, so that the sum is the same on every engine.
        is_millionths = name in _MILLIONTHS or name.startswith(("points", "parameter ", "log_odds"))
        return f"{value / MILLION:f}".rstrip("0").rstrip(".") if is_millionths else number(value)
    return ", ".join(value) if isinstance(value, tuple) else str(value)
