"""Where people moved between two runs, sizes run by run, and whose permission ends soon, as text."""

from __future__ import annotations

from consentric.app.report.words import Words
from consentric.segments.movement import Movement

from .plan import Titles, title_of
from .table import table


def moves_text(one: Movement, keys: list[str], titles: Titles, words: Words) -> str:
    """The matrix with those who stayed on its diagonal, then history and what ends.

    Args:
        keys: The segments of the set, in its order; one that only an earlier configuration had comes after.
    """
    found = {key for pair in one.flows for key in pair if key is not None}
    shown: list[str | None] = [*keys, *sorted(found - set(keys)), None]
    head = words(
        f"{one.set}   from {one.before.day} (run {one.before.run}) to {one.after.day} (run {one.after.run})",
        f"{one.set}   du {one.before.day} (exécution {one.before.run})"
        f" au {one.after.day} (exécution {one.after.run})",
    )
    lines = [head, *_indented(_matrix(one, shown, titles, words))]
    lines.append(
        words("  people per segment, run by run", "  personnes par segment, d'une exécution à l'autre")
    )
    lines += _indented(_history(one, shown, titles, words))
    lines.append(words("  permissions that end", "  autorisations qui s'achèvent"))
    return "\n".join([*lines, *_indented(_endings(one, titles, words))])


def _matrix(one: Movement, shown: list[str | None], titles: Titles, words: Words) -> str:
    after = [key for key in shown if any(key == ends[1] for ends in one.flows)]
    head = [words("was \\ is", "était \\ est"), *(_name(one, key, titles, words) for key in after)]
    rows = [
        [_name(one, key, titles, words), *(one.flows.get((key, other), 0) for other in after)]
        for key in shown
        if any(key == ends[0] for ends in one.flows)
    ]
    return table(head, rows)


def _history(one: Movement, shown: list[str | None], titles: Titles, words: Words) -> str:
    keys = [key for key in shown if key is not None and any(key in run.sizes for run in one.history)]
    head = [words("run", "exécution"), words("day", "jour")]
    head += [_name(one, key, titles, words) for key in keys]
    rows = [[run.run, run.day, *(run.sizes.get(key, 0) for key in keys)] for run in one.history]
    return table(head, rows)


def _endings(one: Movement, titles: Titles, words: Words) -> str:
    if not one.endings:
        return words("none", "aucune")
    days = list(one.endings[0].people)
    head = [words("segment", "segment"), words("purpose", "finalité")]
    head += [words(f"within {count} days", f"d'ici {count} jours") for count in days]
    rows = [
        [_name(one, ending.segment, titles, words), ending.purpose, *(ending.people[count] for count in days)]
        for ending in one.endings
    ]
    return table(head, rows)


def _name(one: Movement, key: str | None, titles: Titles, words: Words) -> str:
    if key is None:
        return words("(no segment)", "(aucun segment)")
    return title_of(titles, f"{one.set}.{key}")


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]
