"""The consent funnel: known, asked, given, valid today, reachable; and why people drop out at each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from .canvas import Canvas, shortened
from .palette import FAINT, FIVE, PALE, RULE, mixed
from .picture import Picture, Table
from .suppression import published, published_steps
from .words import Words

Step = Literal["asked", "given", "valid", "reachable"]
STEPS: tuple[Step, ...] = ("asked", "given", "valid", "reachable")
"""What people reach one after the other, once they are known."""
_NEVER_ASKED = frozenset({"CONSENT_MISSING"})
_SAID_NO = frozenset(
    "CONSENT_UNCONFIRMED CONSENT_WITHDRAWN OBJECTED OBJECTED_MARKETING SUPPRESSED SUBJECT_ERASED"
    " RESTRICTED".split()
)
_NOT_TODAY_BECAUSE_OF_US = frozenset(
    "SOURCE_STALE TRANSFER_NOT_COVERED AUTOMATED_DECISION PERMISSION_OUTDATED PURPOSE_UNKNOWN"
    " CHANNEL_NOT_COVERED LIA_MISSING".split()
)
_ROW = 58


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """What the gate says of everybody, for labels of one purpose by one channel."""

    purpose: str
    channel: str
    known: int
    reasons: Mapping[str, int]
    """Reason to people; empty stands for those who are allowed."""
    reachable: int
    """Of those: people with a live record in a destination whose other purposes allow as well."""


def step_left(reason: str) -> Step:
    """The step that somebody with this reason does not reach: the earliest that is sure.

    Who objected or is suppressed may have agreed once; what counts is that they said no.
    """
    if reason in _NEVER_ASKED:
        return "asked"
    if reason in _SAID_NO:
        return "given"
    return "reachable" if reason in _NOT_TODAY_BECAUSE_OF_US else "valid"


def funnel_picture(consents: Consents | None, *, words: Words, day: date | None, least: int) -> Picture:
    """Draws the funnel of one purpose.

    Args:
        consents: None where no destination asks for consent, or nobody was asked about yet.
        words: Language.
        day: When the gate decided.
        least: Smallest count that is shown.
    """
    kind = words("Consent funnel", "Entonnoir du consentement")
    head = (
        words("Step", "Étape"),
        words("People", "Personnes"),
        words("Lost here because", "Perdues ici car"),
    )
    if consents is None or day is None or not consents.known:
        return Picture(
            name="funnel",
            kind=kind,
            finding=words("Nobody was asked about yet", "Personne n'a encore fait l'objet d'une décision"),
            period=words("no decision yet", "aucune décision"),
            canvas=None,
            table=Table(head=head, rows=()),
        )
    counts = _steps(consents)
    seen = published_steps(counts, least)
    names = (
        words("Known", "Connues"),
        words("Asked", "Sollicitées"),
        words("Given", "Accord donné"),
        words("Valid today", "Valable aujourd'hui"),
        words("Reachable", "Joignables"),
    )
    lost = [
        "",
        *(_lost(consents, step, seen[place : place + 2], words, least) for place, step in enumerate(STEPS)),
    ]
    return Picture(
        name="funnel",
        kind=kind,
        finding=_finding(seen, words),
        period=words(f"As decided on {words.day(day)}", f"Décisions du {words.day(day)}")
        + f" · {consents.purpose} / {consents.channel} · {words.n(seen[0])}",
        canvas=_draw(names, seen, words),
        table=Table(head=head, rows=tuple(zip(names, seen, lost, strict=True))),
        note=words(
            "Who said no in any way counts as not given, whatever they said before. Reachable: allowed"
            " today, for the segments too, and with a record in a destination.",
            "Qui a dit non, de quelque façon, ne compte pas comme accord, quoi qu'il ait dit avant."
            " Joignables : autorisées aujourd'hui, pour les segments aussi, avec une fiche dans une"
            " destination.",
        ),
    )


def _steps(consents: Consents) -> list[int]:
    """People at each of the five steps; who was not decided about counts as never asked."""
    answered = sum(consents.reasons.values())
    lost: dict[Step, int] = {
        "asked": max(0, consents.known - answered),
        "given": 0,
        "valid": 0,
        "reachable": 0,
    }
    for reason, people in consents.reasons.items():
        if reason:
            lost[step_left(reason)] += people
    counts = [consents.known]
    for step in ("asked", "given", "valid"):
        counts.append(counts[-1] - lost[step])
    return [*counts, min(consents.reachable, counts[-1])]


def _finding(seen: Sequence[int | None], words: Words) -> str:
    known, asked, reachable = seen[0], seen[1], seen[-1]
    if reachable is None or known is None:
        return words(
            "Too few people to say how many can be reached",
            "Trop peu de personnes pour dire combien sont joignables",
        )
    part = words.percent(reachable, known)
    text = words(
        f"{words.people(reachable)} can be reached: {part} of all known",
        f"{words.people(reachable)} joignables : {part} des personnes connues",
    )
    if asked is not None and known - asked:
        never = words.people(known - asked)
        text += words(f"; {never} were never asked", f" ; {never} jamais sollicitées")
    return text


def _lost(consents: Consents, step: Step, ends: Sequence[int | None], words: Words, least: int) -> str:
    """The reasons of a step, the largest first; without counts where a hidden step would be told by them."""
    from consentric.app.render.words import in_words

    reasons = {reason: n for reason, n in consents.reasons.items() if reason and step_left(reason) == step}
    if step == "asked" and (undecided := consents.known - sum(consents.reasons.values())) > 0:
        reasons["PERMISSION_MISSING"] = undecided
    seen = published(reasons, least) if None not in ends else {}
    ordered = sorted(reasons, key=lambda reason: (-reasons[reason], reason))
    return words.listed(
        f"{in_words(reason, words.lang)} {words.count(seen.get(reason))}" for reason in ordered
    )


def _draw(names: Sequence[str], seen: Sequence[int | None], words: Words) -> Canvas:
    sheet = Canvas(height=_ROW * len(names))
    left, room = 176, sheet.width - 176 - 130
    known = seen[0] or 1
    for place, (name, count) in enumerate(zip(names, seen, strict=True)):
        middle = _ROW * place + _ROW / 2
        sheet.text(left - 12, middle, shortened(name, 14, left - 18), size=14, align="right")
        # A hidden step is at least as wide as the next one that is shown.
        least = next((later for later in seen[place:] if later is not None), 0)
        wide = max(4.0, room * least / known) if count != 0 else 0.0
        fill = PALE if count is None else mixed(FIVE[0], 1 - 0.14 * (len(names) - 1 - place))
        if count != 0:
            sheet.box(left, middle - 20, wide, 40, fill=fill, stroke=RULE if count is None else fill)
        sheet.text(left + wide + 10, middle - 9, words.count(count), size=16, is_bold=True)
        if count is not None and seen[0] is not None:
            sheet.text(left + wide + 10, middle + 10, words.percent(count, known), size=12, fill=FAINT)
    return sheet
