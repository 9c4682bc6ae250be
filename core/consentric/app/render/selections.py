"""A selection and the personas, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from consentric.app.selections import Selection
from consentric.segments.campaign_settings import PersonaSettings

from .table import number
from .words import counted


def selection_text(selection: Selection, listing: Path | None) -> str:
    """Counts, and where the list is."""
    withheld = sum(selection.withheld.values())
    lines = [
        f"Selection {selection.name}   segments as of {selection.as_of_day}",
        f"  found      {number(selection.found):>9}",
        f"  withheld   {number(withheld):>9}   {counted(selection.withheld)}".rstrip(),
        f"  over limit {number(selection.over_limit):>9}",
        f"  picked     {number(selection.picked):>9}   for {selection.purpose} by {selection.channel}",
    ]
    if listing is None:
        return "\n".join([*lines, f"Next:  consentric segments select {selection.name} --csv FILE"])
    return "\n".join([*lines, f"{number(len(selection.records))} records listed in {listing.name}"])


def personas_text(personas: Sequence[PersonaSettings], counts: Mapping[str, int], lang: str) -> str:
    """Each persona with its segments, how many people it fits, its story and its goals."""
    lines = []
    for persona in personas:
        people = f"{number(counts[persona.key])} people" if persona.key in counts else "not counted yet"
        name = persona.name.fr if lang == "fr" else persona.name.en
        lines.append(f"{persona.key}   {name}   {people}   of {', '.join(persona.segments)}")
        texts = [*([persona.story] if persona.story else []), *persona.goals]
        lines += [f"  {text.fr if lang == 'fr' else text.en}" for text in texts]
    return "\n".join(["Personas", *(f"  {line}" for line in lines)]) if lines else ""
