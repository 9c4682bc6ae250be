"""An explanation in plain words, in French and English."""

from __future__ import annotations

from collections.abc import Mapping

from consentric.app.explanation import Explanation, WrittenLabel
from consentric.app.report.words import Lang
from consentric.app.unwritten import Unwritten
from consentric.app.verdicts import Verdict
from consentric.app.withdrawals import Withdrawal
from consentric.segments.explanation import Score, SetExplanation

from .consents import duration
from .explained_values import Shown, plain_name
from .permitted import basis_words, may_words
from .plan import Titles, title_of
from .words import in_words

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
        "allowed": "{may}: yes, by {basis}{until}",
        "refused": "{may}: no, {reason}",
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
        "allowed": "{may} : oui, {basis}{until}",
        "refused": "{may} : non, {reason}",
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
    words, shown = _WORDS[lang], _shown(lang, explanation.currency)
    lines = [f"{words['records']}: {', '.join(explanation.records) or words['no_labels']}"]
    for one in explanation.sets:
        lines += _set_lines(one, titles, words, shown)
    lines.append(words["consent"])
    lines += [f"  {_verdict_line(verdict, words, shown.lang)}" for verdict in explanation.verdicts]
    lines.append(words["labels"])
    written = [_label_line(label, titles, words) for label in explanation.labels]
    written += [_unwritten_line(one, words, shown.lang) for one in explanation.unwritten]
    lines += [f"  {line}" for line in written or [words["no_labels"]]]
    lines += [f"  {_withdrawal_line(one, words, shown.lang)}" for one in explanation.withdrawals]
    return "\n".join(lines)


def reason_lines(one: SetExplanation, titles: Titles, *, lang: str, currency: str) -> list[str]:
    """Why somebody is in a segment, without who, since when and in which run."""
    return [line.strip() for line in _set_lines(one, titles, _WORDS[lang], _shown(lang, currency))[2:]]


def _shown(lang: str, currency: str) -> Shown:
    return Shown(lang="fr" if lang == "fr" else "en", currency=currency)


def _set_lines(one: SetExplanation, titles: Titles, words: Mapping[str, str], shown: Shown) -> list[str]:
    def name(segment: str | None) -> str:
        return words["none"] if segment is None else title_of(titles, f"{one.set}.{segment}")

    head = f"{one.set}: {name(one.segment)}"
    if one.since is not None:
        head += f", {words['since']} {one.since}"
    if one.previous is not None:
        head += f"; {words['before']} {name(one.previous)}"
    lines = [head]
    if not one.is_allowed:
        reason = (
            words["denied"].format(reason=in_words(one.reason, shown.lang))
            if one.reason
            else words["undecided"]
        )
        return [*lines, f"  {reason}"]
    lines.append("  " + words["computed"].format(purpose=one.purpose, day=one.as_of_day, run=one.run))
    if one.within:
        segments = ", ".join(title_of(titles, inner) for inner in one.within)
        lines.append("  " + words["within"].format(segments=segments))
    lines += [
        f"  {words['value']}: {plain_name(item.name)} = {shown(item.value, item.name)}" for item in one.inputs
    ]
    lines += [
        f"  {words['limit']}: {item.name} = {shown(item.value, item.input)} ({plain_name(item.input)})"
        for item in one.limits
    ]
    lines += [f"  {_score_line(score, words, shown)}" for score in one.scores]
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
            input=plain_name(change.input),
            now=shown(change.now, change.input),
            then=shown(change.then, change.input, away_from=change.now),
            segment=name(change.segment),
        )
        for change in one.nearest
    ]
    return lines


def _score_line(score: Score, words: Mapping[str, str], shown: Shown) -> str:
    cuts = ", ".join(
        f"{cut.score}: {shown(cut.lowest, score.measure)}..{shown(cut.highest, score.measure)}"
        for cut in score.cut_points
    )
    value = shown(score.value, score.measure)
    line = words["score"].format(score=score.score, value=value, cuts=cuts)
    return f"{score.name} ({plain_name(score.measure)}): {line}"


def _verdict_line(verdict: Verdict, words: Mapping[str, str], lang: Lang) -> str:
    may = may_words(verdict, lang)
    if not verdict.is_allowed:
        return words["refused"].format(may=may, reason=in_words(verdict.reason, lang))
    until = words["until"].format(day=verdict.valid_until.date()) if verdict.valid_until is not None else ""
    return words["allowed"].format(may=may, basis=basis_words(verdict.basis, lang), until=until)


def _label_line(label: WrittenLabel, titles: Titles, words: Mapping[str, str]) -> str:
    of_set = label.label.partition(":")[2].partition(".")[0]
    shown = title_of(titles, f"{of_set}.{label.segment}")
    return f"{label.destination}  {label.label}  {shown}, {words['since']} {label.since}"


def _unwritten_line(one: Unwritten, words: Mapping[str, str], lang: Lang) -> str:
    return f"{one.destination}  " + words[one.why].format(plan=one.plan, reason=in_words(one.reason, lang))


def _withdrawal_line(one: Withdrawal, words: Mapping[str, str], lang: Lang) -> str:
    took = ""
    if one.said_at is not None and one.seconds is not None:
        said = f"{one.said_at:%Y-%m-%d %H:%M} UTC"
        took = words["took"].format(said=said, time=duration(one.seconds))
    day = f"{one.removed_at:%Y-%m-%d %H:%M} UTC"
    return f"{one.destination}  " + words["taken_off"].format(
        day=day, reason=in_words(one.reason, lang), took=took
    )
