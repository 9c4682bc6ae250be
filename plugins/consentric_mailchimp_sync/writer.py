"""Writes the labels of segment sets to Mailchimp as tags of members, and reads back only those."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar

from pydantic import BaseModel

from consentric import (
    Accepted,
    Change,
    Context,
    LabelSet,
    Limits,
    Need,
    Outcome,
    Provision,
    RecordRef,
    RemoteError,
    Shown,
    Writer,
)
from consentric_mailchimp.client import MailchimpClient
from consentric_mailchimp.members import member_ref
from consentric_mailchimp.settings import MailchimpSettings

from .audience import UNTOUCHED, Audience
from .labels import MEMBER, TagLabel, label_of, tag_label, tag_labels
from .needs import needs
from .results import outcomes
from .roster import Roster
from .setup import create, missing

OPERATIONS = 500
"""Operations of a batch; the vendor takes 1,000, and 500 open batches ("Batch Operations")."""
_FIRST_PAUSE, _LONGEST_PAUSE, _PATIENCE = 0.05, 10.0, 300.0
"""Seconds between two looks at a batch, doubling, and how long one is waited for in all."""


class MailchimpWriter(Writer):
    """One tag per segment, on and off; written by member and sent as jobs of 500.

    A tag is a list: it holds whoever has it. The three values of a field (segment, segment before, since)
    have no place: a merge field would be one, but writing it means a PATCH of the member, whose body may
    carry a status too, and writing tags can never subscribe anybody. So there are no fields here
    (`has_fields`), and the plan holds `list:SET.SEGMENT` alone.

    Tags are written to whoever is in the audience now; archived and transactional members count as gone.
    The requests it can send stand in `audience.py`, the one that writes labels in `_operation`.
    """

    name: ClassVar[str] = "mailchimp"
    settings_model: ClassVar[type[BaseModel]] = MailchimpSettings
    has_fields: ClassVar[bool] = False
    settings: MailchimpSettings

    def __init__(self, settings: MailchimpSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._client = MailchimpClient(settings, context)
        self._roster = Roster(self._client)

    @property
    def limits(self) -> Limits:
        """The pace of the connector: Mailchimp limits connections at once, not calls."""
        return Limits(
            batch_size=OPERATIONS, list_batch_size=OPERATIONS, calls_per_second=5.0, calls_per_day=200_000
        )

    def prepare(self, labels: Sequence[LabelSet]) -> Sequence[Provision]:
        """Finds the tags that are missing in any audience.

        Raises:
            RemoteError: FATAL when a tag of that name is not ours; the message names it.
        """
        return missing(self._audiences(), labels)

    def needs(self, labels: Sequence[LabelSet]) -> Sequence[Need]:
        """The role of the key's user, and in each audience a tag per segment and the one that names us.

        Raises:
            RemoteError: As `prepare`.
        """
        return needs(self._client, self._audiences(), labels)

    def provision(self, labels: Sequence[LabelSet], target: str) -> None:
        """Creates one of them wherever it is missing; a name that came up meanwhile is checked to be ours."""
        create(self._audiences(), labels, target)

    def current(self, labels: Sequence[LabelSet], records: Sequence[RecordRef]) -> Iterator[Shown]:
        """Tags of these members, one `Shown` for each segment and for each tag of ours beside them.

        By contact id, one call per record; or the pages of the audience where they are fewer.
        """
        targets = [label.target for label in tag_labels(labels)]
        for ref, member in self._roster.read(records).items():
            on = {label.target for name in member.tags if (label := label_of(name, labels)) is not None}
            for target in dict.fromkeys((*targets, *sorted(on))):
                yield Shown(record=ref, target=target, value=MEMBER if target in on else "")

    def labelled(self, labels: Sequence[LabelSet]) -> Iterator[Shown]:
        """Every member with a tag of ours, also one whose segment is configured no more.

        A call per 1,000 members of the audience. The members of a tag itself cannot be used: that answer
        names them by the hash of their address alone, which is no key of ours.
        """
        for audience in self._audiences():
            if not any(label_of(name, labels) for name in audience.tags()):
                continue
            for member in audience.members():
                if member.status in UNTOUCHED:
                    continue
                ref = member_ref(audience.id, member.contact_id)
                for name in sorted(member.tags):
                    label = label_of(name, labels)
                    if label is not None:
                        yield Shown(record=ref, target=label.target, value=MEMBER)

    def apply(self, labels: Sequence[LabelSet], changes: Sequence[Change]) -> Iterator[Outcome | Accepted]:
        """Hands the changes over as jobs; who is not in the audience any more is told at once.

        Raises:
            RemoteError: AMBIGUOUS when the answer is missing: the job may run. Tags are on or off, so
                reading them back settles it, and sending it again does no harm.
        """
        sets = {one.name: one for one in labels}
        remaining = iter(changes)
        while part := list(islice(remaining, OPERATIONS)):
            numbers = self._roster.numbers([change.record for change in part])
            for change in part:
                if change.record not in numbers:
                    yield Outcome(op=change.op, state="gone", vendor_code="not_in_audience")
            sent = [change for change in part if change.record in numbers]
            if not sent:
                continue
            operations = [_operation(change, numbers[change.record], _label(change, sets)) for change in sent]
            answer = self._client.post("/batches", "batches.create", {"operations": operations})
            # The job names one of its changes, so that one that Mailchimp forgot can be told as in doubt.
            yield Accepted(job=f"{answer.get('id')}:{sent[0].op}")

    def collect(self, job: str) -> Iterator[Outcome]:
        """Waits a while for the job and gives its outcomes; nothing while it is still running.

        A job that was forgotten (results are kept for a week), or whose results cannot be read, gives one
        change as ambiguous: the engine then reads all of them back.
        """
        batch, _, op = job.partition(":")
        url = self._finished(batch)
        if url is None:
            return
        found = self._results(url, batch)
        yield from found or [Outcome(op=int(op), state="ambiguous", vendor_code="no_results")]

    def consent_fingerprint(self, records: Sequence[RecordRef]) -> Mapping[RecordRef, str]:
        """Status, permissions and status of text messages of each member; who is gone is absent."""
        return {ref: member.consent for ref, member in self._roster.read(records).items()}

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _audiences(self) -> list[Audience]:
        return [self._roster.audience(list_id) for list_id in self.settings.audiences]

    def _finished(self, batch: str) -> str | None:
        """Where the results are, empty when there are none any more; None while the job is running."""
        pause, waited = _FIRST_PAUSE, 0.0
        while True:
            try:
                answer = self._ask(batch)
            except RemoteError as error:
                if error.status != 404:
                    raise
                return ""
            if answer.get("status") == "finished":
                return str(answer.get("response_body_url") or "")
            if waited >= _PATIENCE:
                return None
            self.context.transport.wait(pause)
            waited, pause = waited + pause, min(2 * pause, _LONGEST_PAUSE)

    def _ask(self, batch: str) -> dict[str, Any]:
        query = {"fields": "id,status,response_body_url"}
        return self._client.get("/batches/{batch}", "batches.get", parts={"batch": batch}, query=query)

    def _results(self, url: str, batch: str) -> list[Outcome]:
        for _ in range(2):
            if not url:
                break
            try:
                return list(outcomes(self._client.fetch_results(url)))
            except RemoteError as error:
                if error.status is None or error.status >= 500:
                    raise
            # The address holds for ten minutes; asking for the batch again gives a new one.
            url = str(self._ask(batch).get("response_body_url") or "")
        return []


def _label(change: Change, sets: Mapping[str, LabelSet]) -> TagLabel:
    name, _, segment = change.target.removeprefix("list:").partition(".")
    return tag_label(sets[name], segment)


def _operation(change: Change, number: str, label: TagLabel) -> dict[str, str]:
    """The one request that writes a label: it has no place for a status, an address or a new member."""
    tag = {"name": label.name, "status": "active" if change.verb == "add" else "inactive"}
    body = {"tags": [tag], "is_syncing": not label.labels.fires_automations}
    return {
        "method": "POST",
        "path": f"/lists/{change.record.partition}/members/{number}/tags",
        "operation_id": str(change.op),
        "body": json.dumps(body),
    }
