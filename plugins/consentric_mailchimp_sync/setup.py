"""Finds out which tags the audiences lack for our labels, and creates them."""

from __future__ import annotations

from collections.abc import Sequence

from consentric import LabelSet, Provision, RemoteError, RemoteKind

from .audience import Audience
from .labels import TagLabel, other_owners, owner_tag, tag_labels


def missing(audiences: Sequence[Audience], labels: Sequence[LabelSet]) -> list[Provision]:
    """What has to be created; reads only.

    A tag is ours when the tag that names us as owner of its set stands beside it: that one is always
    created first.

    Raises:
        RemoteError: FATAL when a tag of that name is somebody else's.
    """
    wanted = tag_labels(labels)
    absent = [label for audience in audiences for label in _absent(audience, wanted)]
    return [
        Provision(target=label.target, description=f'creates the tag "{label.name}"{_places(count)}')
        for label in wanted
        if (count := absent.count(label))
    ]


def create(audiences: Sequence[Audience], labels: Sequence[LabelSet], target: str) -> None:
    """Creates one tag in every audience that lacks it, without a member.

    Raises:
        RemoteError: FATAL when the name is taken by somebody else's tag.
    """
    wanted = [label for label in tag_labels(labels) if label.target == target]
    for audience in audiences:
        for label in _absent(audience, wanted):
            owner = owner_tag(label.labels)
            if owner not in audience.tags():
                audience.create_tag(owner)
            audience.create_tag(label.name)


def _absent(audience: Audience, wanted: Sequence[TagLabel]) -> list[TagLabel]:
    there = audience.tags()
    folded = {name.casefold() for name in there}  # Mailchimp keeps two cases of one name apart nowhere
    for label in wanted:
        others = other_owners(there, label.labels)
        if others:
            raise _foreign(others[0], "leave the audience to the other installation of consentric")
        owner = owner_tag(label.labels)
        if owner not in there and label.name.casefold() in folded:
            raise _foreign(label.name, f'if somebody deleted the tag "{owner}", create it again')
    return [label for label in wanted if label.name.casefold() not in folded]


def _places(count: int) -> str:
    return "" if count == 1 else f" in {count} audiences"


def _foreign(name: str, hint: str) -> RemoteError:
    return RemoteError(
        f'Mailchimp has a tag "{name}" that this installation did not create',
        kind=RemoteKind.FATAL,
        operation="prepare",
        hint=f"{hint}; if another workspace writes to this Mailchimp, as after a restore or on"
        " one pretend CRM, go on there or set another prefix; else rename the tag",
        code="CS105",
    )
