"""All that our labels rest on in an account: the role of the key's user, and tags in each audience."""

from __future__ import annotations

from collections.abc import Sequence

from consentric import LabelSet, Need
from consentric.sdk.contracts import NeedState
from consentric_mailchimp.client import MailchimpClient

from .audience import Audience
from .labels import owner_tag, tag_labels
from .setup import missing

_ROLES = ("manager", "admin", "owner")
"""May tag members and create tags; an author or viewer may not (vendor page "Manage User Levels")."""


def needs(client: MailchimpClient, audiences: Sequence[Audience], labels: Sequence[LabelSet]) -> list[Need]:
    """The role first: a key has no scopes of its own.

    Raises:
        RemoteError: FATAL when a tag of that name is somebody else's.
    """
    missing(audiences, labels)  # refuses names that are somebody else's
    found = [_role(client)]
    for audience in audiences:
        there = {name.casefold() for name in audience.tags()}
        wanted = [(label.target, label.name, "on who is in the segment") for label in tag_labels(labels)]
        owners = [
            (f"list:{one.name}", owner_tag(one), "on nobody; says whose the others are") for one in labels
        ]
        found += [
            Need(
                target=target,
                kind="tag",
                name=name,
                definition=f"in audience {audience.id}, {use}",
                state="there" if name.casefold() in there else "missing",
            )
            for target, name, use in (*owners, *wanted)
        ]
    return found


def _role(client: MailchimpClient) -> Need:
    told = str(client.get("/", "account.get", query={"fields": "role"}).get("role") or "").lower()
    state: NeedState = "unknown" if not told else "there" if told in _ROLES else "missing"
    return Need(
        target="permission:role",
        kind="role",
        name="Manager, Admin or Owner",
        definition="of the user whose key it is; a key may do all that its user may",
        state=state,
        remedy=""
        if state == "there"
        else "in Mailchimp: Account > Settings > Users > the user of the key > User type: Manager",
    )
