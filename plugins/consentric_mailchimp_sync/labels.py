"""What a label set is in Mailchimp: one tag per segment, and one that names their owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consentric import ConfigError, LabelSet

MEMBER = "member"
"""What `Shown.value` says of somebody with a tag."""
_LONGEST = 100
"""Characters of a tag's name at most (vendor page "Getting Started with Tags")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagLabel:
    """The tag of one segment."""

    target: str
    name: str
    labels: LabelSet


def tag_labels(labels: Iterable[LabelSet]) -> list[TagLabel]:
    """One per segment, named by its key, so that a change of language renames nothing.

    Raises:
        ConfigError: When a name is longer than Mailchimp takes.
    """
    found = [tag_label(one, segment.key) for one in labels for segment in one.segments]
    for label in found:
        if len(label.name) > _LONGEST:
            raise ConfigError(
                f'"{label.name}" is too long for a Mailchimp tag: {_LONGEST} characters',
                hint="shorten the prefix of the destination, or the key of the segment",
                code="CS240",
            )
    return found


def tag_label(labels: LabelSet, segment: str) -> TagLabel:
    """The tag of a segment that need not be configured any more."""
    return TagLabel(target=f"list:{labels.name}.{segment}", name=f"{_stem(labels)}{segment}", labels=labels)


def owner_tag(labels: LabelSet) -> str:
    """The tag that nobody gets and whose name says who manages the others of its set.

    A tag has no description that could carry our marker. With the prefix alone a tag that somebody else
    gave the same name would be taken for ours, and so would those of another installation.
    """
    return f"{_stem(labels)}{labels.marker}"


def other_owners(names: Iterable[str], labels: LabelSet) -> list[str]:
    """Tags by which another installation says that the set is its own."""
    kind = labels.marker.rpartition(" ")[0]
    ours, start = owner_tag(labels), f"{_stem(labels)}{kind} "
    return [name for name in names if name.startswith(start) and name != ours]


def label_of(name: str, labels: Sequence[LabelSet]) -> TagLabel | None:
    """The label that a tag is by its name, of a segment that is configured or was; None for any other."""
    for one in labels:
        segment = name.removeprefix(_stem(one))
        if segment != name and segment and not segment.startswith(one.marker.rpartition(" ")[0]):
            return tag_label(one, segment)
    return None


def _stem(labels: LabelSet) -> str:
    return f"{labels.prefix}{labels.name}: "
