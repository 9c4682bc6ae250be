"""One running account: its state, clock, faults and log, and the steps that several handlers share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from consentric_sandbox.faults import FaultScript
from consentric_sandbox.write_log import Kind, WriteLog

from .api import Request, not_found
from .records import Audience, Campaign, Member, Segment, Store, iso, member_id
from .shop_totals import Spending
from .snapshot import FILES, load
from .state import MailchimpState

FAULT_FILE = "mailchimp.faults.json"
# Mailchimp sends no Retry-After, never 207 or 409, and has neither scopes nor merges nor a search index.
FAULTS = frozenset(
    {
        "latency",
        "reset-before-apply",
        "reset-after-apply",
        "timeout-after-apply",
        "truncated-body",
        "invalid-json",
        "html-page",
        "429-no-hint",
        "403-limit",
        "403-scope-lost",
        "401-for-good",
        "500",
        "502-html",
        "503",
        "200-no-op",
        "duplicate-page",
        "short-page",
        "empty-page",
        "page-drift",
        "job-stuck",
        "job-lost",
    }
)
MOST_AT_ONCE = 10
"""Simultaneous connections of one user ("Fundamentals": throttling)."""


class MailchimpAccount:
    """What the handlers work on; `lock` is held while one of them runs."""

    def __init__(self, state: MailchimpState, folder: Path, *, clock: Callable[[], datetime]) -> None:
        self.state = state
        self.folder = folder
        self.clock = clock
        self.lock = threading.Lock()
        self.most_at_once: int | None = MOST_AT_ONCE
        self.faults = FaultScript.load(folder / FAULT_FILE, kinds=FAULTS)
        self.log = WriteLog(folder / FILES.log)
        self.is_changed = False
        self.last_listing: tuple[tuple[object, ...], list[Member]] | None = None
        """Key and members of the listing that was paged last."""
        self.spending = Spending(state)

    @classmethod
    def open(cls, folder: Path, *, clock: Callable[[], datetime]) -> MailchimpAccount:
        """Loads the account that lies in `folder`."""
        return cls(load(folder), folder, clock=clock)

    def now(self) -> str:
        """The account's time as Mailchimp prints it."""
        return iso(self.clock())

    def audience(self, request: Request) -> Audience:
        """The audience named in the path, 404 when there is none."""
        found = self.state.audiences.get(request.params["list"])
        if found is None:
            raise not_found()
        return found

    def member(self, request: Request, audience: Audience) -> Member:
        """The member named in the path, 404 when there is none."""
        found = self.find(audience, request.params["member"])
        if found is None:
            raise not_found()
        return found

    def find(self, audience: Audience, name: str) -> Member | None:
        """The member under its MD5, its address or its contact id (reference of lists/members)."""
        if "@" in name:
            return audience.members.get(member_id(name))
        return audience.members.get(name.lower()) or audience.by_contact.get(name)

    def campaign(self, request: Request) -> Campaign:
        """The campaign named in the path, 404 when there is none."""
        found = self.state.campaigns.get(request.params["campaign"])
        if found is None:
            raise not_found()
        return found

    def store(self, request: Request) -> Store:
        """The shop named in the path, 404 when there is none."""
        found = self.state.stores.get(request.params["store"])
        if found is None:
            raise not_found()
        return found

    def segment(self, request: Request, audience: Audience) -> Segment:
        """The segment named in the path, 404 when there is none."""
        id = request.params["segment"]
        found = audience.segments.get(int(id)) if id.isdigit() else None
        if found is None:
            raise not_found()
        return found

    def changed(self, audience: Audience, member: Member, request: Request) -> None:
        """Notes that something about a member is new."""
        member.last_changed = request.at
        audience.revision += 1
        self.is_changed = True

    def accept(
        self,
        kind: Kind,
        request: Request,
        ids: Sequence[str],
        values: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Writes the line of an accepted write."""
        self.log.append(kind, request.operation, at=request.at, ids=ids, values=values)
        self.state.log_seq = self.log.seq
        self.is_changed = True
