"""A pretend Mailchimp with a writer on it; every request, and every operation in a batch, is noted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.connectors.mailchimp.conftest import CLUB, JANUARY, NEWS, Asked, PretendAccount, account

from consentric import LabelSet, RecordRef, SegmentLabel
from consentric.testing.writer_suite import Sent
from consentric_mailchimp_sync.writer import MailchimpWriter

__all__ = ["account"]

RFM = LabelSet(
    name="rfm5",
    title="Buying",
    prefix="acme_",
    marker="managed by consentric 0123456789abcdef",
    segments=(
        SegmentLabel(key="champions", title="Champions", meaning="bought lately, often and much"),
        SegmentLabel(key="at_risk", title="At risk"),
    ),
)
CHAMPIONS, AT_RISK = "list:rfm5.champions", "list:rfm5.at_risk"
NAMES = ("ada", "bob", "cyd", "dot")


class PretendWriting:
    """The account with four subscribers, and what a test does with writer and state."""

    def __init__(self, account: PretendAccount) -> None:
        self.account = account
        for n, name in enumerate(NAMES):
            account.state.add_member(NEWS, f"{name}@example.org", at=JANUARY + timedelta(minutes=n))

    def writer(self, **settings: Any) -> MailchimpWriter:
        return MailchimpWriter(self.account.settings(**settings), self.account.context())

    def ref(self, name: str, audience: str = NEWS) -> RecordRef:
        return self.account.ref(f"{name}@example.org", audience)

    def tags(self, name: str, audience: str = NEWS) -> list[str]:
        held = self.account.live.audiences[audience]
        (member,) = [one for one in held.members.values() if one.email == f"{name}@example.org"]
        return sorted(held.segments[id].name for id in member.tags)

    def member(self, name: str, audience: str = NEWS) -> Any:
        members = self.account.live.audiences[audience].members.values()
        return next(one for one in members if one.email == f"{name}@example.org")

    def batches(self) -> list[list[Any]]:
        """The operations of each batch that was sent."""
        return [one.body["operations"] for one in self.account.asked if one.path == "/batches" and one.body]


def sent(asked: list[Asked]) -> list[Sent]:
    """Every request, and every operation inside a batch as a request of its own with its body unwrapped."""
    found = []
    for one in asked:
        query = "&".join(f"{name}={value}" for name, values in one.query.items() for value in values)
        body = "" if one.body is None else json.dumps(one.body)
        found.append(Sent(method=one.method, url=f"{one.path}?{query}", body=body))
        for inner in (one.body or {}).get("operations", ()):
            found.append(Sent(method=inner["method"], url=inner["path"], body=inner["body"]))
    return found


@pytest.fixture
def writing(account: PretendAccount) -> PretendWriting:
    return PretendWriting(account)


@pytest.fixture
def ready(writing: PretendWriting) -> Iterator[MailchimpWriter]:
    """A writer after everything of `RFM` was provisioned; what was asked for it is forgotten."""
    writer = writing.writer()
    for provision in writer.prepare([RFM]):
        writer.provision([RFM], provision.target)
    writing.account.asked.clear()
    yield writer
    writer.close()


assert CLUB != NEWS
