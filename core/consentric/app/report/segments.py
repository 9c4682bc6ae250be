"""The segments of a set as pictures show them: title and colour, in the order of the set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consentric.segments.sets import SegmentSet

from .palette import REST, colour_of
from .words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A set of segments for one reader."""

    title: str
    titles: Mapping[str, str]
    """Key of each segment to its title, in the order of the set."""

    @classmethod
    def of(cls, one: SegmentSet, words: Words) -> Shown:
        """As the configuration has it."""
        title = words.title(one.settings.title) if one.settings.title is not None else one.name
        return cls(title=title, titles={segment.key: words.title(segment.name) for segment in one.segments})

    def name(self, key: str) -> str:
        """The title of a segment; one that the configuration no longer has stands under its key."""
        return self.titles.get(key, key)

    def colour(self, key: str | None) -> str:
        """Its colour, the same in every picture."""
        places = {name: place for place, name in enumerate(self.titles)}
        return colour_of(places[key]) if key in places else REST
