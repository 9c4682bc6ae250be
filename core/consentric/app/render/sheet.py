"""The sheet of a segment set in Markdown, in French and English: what a campaign manager keeps at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from consentric.app.report.picture import HIDDEN
from consentric.app.report.words import Words
from consentric.app.segment_sheet import Sheet, SheetPersona, SheetSegment

from .findings import finding_text
from .quality import exact_money, growth_text, percent_text

_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|])")


def sheet_text(sheet: Sheet) -> str:
    """The page."""
    words = sheet.words
    day = words.day(sheet.quality.as_of_day)
    known = words.count(sheet.population)
    lines = [
        f"# {_plain(sheet.title)}",
        "",
        words(f"As of {day}. {known} people.", f"Au {day}. {known} personnes."),
        "",
        *_overview(sheet),
        "",
    ]
    for one in sheet.quality.findings if sheet.least == 1 else ():
        lines += [f"> {_plain(finding_text(one, sheet.titles, words.lang))}", ""]
    if sheet.least > 1:
        few = words(
            f"{HIDDEN} stands for fewer than {sheet.least} people, or for what would reveal them.",
            f"{HIDDEN} : moins de {sheet.least} personnes, ou ce qui les révélerait.",
        )
        lines += [few, ""]
    for segment in sheet.segments:
        lines += [*_segment(segment, words), ""]
    for persona in sheet.personas:
        lines += [*_persona(persona, words), ""]
    return "\n".join(lines)


def _overview(sheet: Sheet) -> Iterator[str]:
    words = sheet.words
    head = [
        words("segment", "segment"),
        words("people", "personnes"),
        words("since the run before", "depuis l'exécution d'avant"),
        words("revenue", "chiffre d'affaires"),
        words("per person", "par personne"),
        words("late or lost", "en retard ou perdus"),
    ]
    yield f"| {' | '.join(head)} |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for one in sheet.segments:
        figures = one.figures
        cells = [
            _plain(one.title),
            words.count(one.people),
            _growth(one, words, is_first=sheet.quality.run_before is None),
            HIDDEN if figures is None else percent_text(figures.revenue_share),
            HIDDEN if figures is None else exact_money(figures.arpu_minor, words),
            HIDDEN if figures is None else percent_text(figures.churn),
        ]
        yield f"| {' | '.join(cells)} |"
    if sheet.outside != 0:
        yield f"| {words('(no segment)', '(aucun segment)')} | {words.count(sheet.outside)} | | | | |"


def _growth(one: SheetSegment, words: Words, *, is_first: bool) -> str:
    if one.people is None or (one.people_before is None and not is_first):
        return HIDDEN
    return growth_text(one.people, one.people_before, words)


def _segment(one: SheetSegment, words: Words) -> list[str]:
    lines = [f"## {_plain(one.title)}"]
    if one.settings.meaning is not None:
        lines += ["", _plain(words.title(one.settings.meaning))]
    facts = list(_facts(one, words))
    if facts:
        lines += ["", *facts]
    if one.example:
        lines += ["", words("Somebody of this segment:", "Quelqu'un de ce segment :"), ""]
        lines += [f"- {_plain(line)}" for line in one.example]
    return lines


def _facts(one: SheetSegment, words: Words) -> Iterator[str]:
    """Where people came from and went, and what to do with those who are here."""
    settings, colon = one.settings, words(": ", " : ")
    if one.came_from:
        yield f"- {words('Came from', 'Venus de')}{colon}{_moves(one.came_from, words)}"
    if one.went_to:
        yield f"- {words('Went to', 'Partis vers')}{colon}{_moves(one.went_to, words)}"
    if settings.do is not None:
        yield f"- **{words('Do', 'À faire')}**{colon}{_plain(words.title(settings.do))}"
    if settings.dont is not None:
        yield f"- **{words('Leave', 'À éviter')}**{colon}{_plain(words.title(settings.dont))}"
    if settings.owner is not None:
        yield f"- {words('Owner', 'Responsable')}{colon}{_plain(settings.owner)}"
    if settings.review_by is not None:
        late = words(" (overdue)", " (en retard)") if one.is_overdue else ""
        yield f"- {words('Review by', 'À revoir avant le')}{colon}{words.day(settings.review_by)}{late}"


def _persona(one: SheetPersona, words: Words) -> list[str]:
    settings = one.settings
    lines = [f"## Persona: {_plain(words.title(settings.name))}", ""]
    known = words.count(one.people)
    lines.append(words(f"{known} people.", f"{known} personnes."))
    if settings.story is not None:
        lines += ["", _plain(words.title(settings.story))]
    if settings.goals:
        lines += ["", *(f"- {_plain(words.title(goal))}" for goal in settings.goals)]
    return lines


def _moves(flows: Mapping[str, int], words: Words) -> str:
    largest = sorted(flows.items(), key=lambda flow: (-flow[1], flow[0]))
    return words.listed(f"{_plain(title)} {words.count(people)}" for title, people in largest)


def _plain(text: str) -> str:
    """A text that Markdown shows as it is."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))
