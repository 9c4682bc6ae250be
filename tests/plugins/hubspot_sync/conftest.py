"""A HubSpot in memory behind the client's `request`, and a writer on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consentric import Context, LabelSet, RemoteError, RemoteKind, SegmentLabel
from consentric.sdk.transport import Transport
from consentric_hubspot.settings import HubSpotSettings
from consentric_hubspot_sync import writer as writer_module
from consentric_hubspot_sync.writer import HubSpotWriter

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
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


def refusal(
    status: int, code: str = "VALIDATION_ERROR", kind: RemoteKind = RemoteKind.REJECTED
) -> RemoteError:
    return RemoteError("refused", kind=kind, status=status, vendor_code=code)


@dataclass
class FakeHubSpot:
    """Contacts 1 to 9; `moved` resolves merged ids; `bad` are refused alone, `poison` with their batch."""

    contacts: dict[str, dict[str, str]] = field(default_factory=lambda: {str(n): {} for n in range(1, 10)})
    moved: dict[str, str] = field(default_factory=dict)
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    replies: dict[str, Callable[[Any], dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    page_size: int = 4

    def request(self, method, path_name, *, parts=None, query=(), body=None, operation="", is_write=None):
        self.asked.append((method, path_name, json.loads(json.dumps(body))))
        if path_name in self.replies:
            return self.replies[path_name](body)
        name = f"{method} {path_name}".lower().replace(" ", "_").replace(".", "_")
        return getattr(self, name)(parts or {}, dict(query), body)

    def close(self):
        self.asked.append(("CLOSE", "", None))

    def sent(self, path_name: str) -> list[Any]:
        return [body for _, name, body in self.asked if name == path_name]

    def get_properties(self, parts, query, body):
        return {"results": list(self.properties.values())}

    def post_properties(self, parts, query, body):
        if body["name"] in self.properties:
            raise refusal(409, "OBJECT_ALREADY_EXISTS")
        self.properties[body["name"]] = body
        return body

    def patch_property(self, parts, query, body):
        self.properties[parts["name"]].update(body)
        return {}

    def post_property_groups(self, parts, query, body):
        raise refusal(409, "CONFLICT")

    def get_list_by_name(self, parts, query, body):
        if parts["name"] not in self.lists:
            raise refusal(404, "OBJECT_NOT_FOUND")
        return {"list": self.lists[parts["name"]]}

    def post_lists(self, parts, query, body):
        if body["name"] in self.lists:
            raise refusal(400)
        self.lists[body["name"]] = {**body, "listId": str(100 + len(self.lists))}
        self.members[self.lists[body["name"]]["listId"]] = []
        return {"list": self.lists[body["name"]]}

    def get_list_members(self, parts, query, body):
        return self._page([{"recordId": id} for id in self.members[parts["id"]]], query)

    def put_list_add(self, parts, query, body):
        there = self._listed(parts["id"])
        known = [id for id in body if id in self.contacts]
        added = [id for id in known if id not in there]
        there.extend(added)
        return {"recordsIdsAdded": added, "recordIdsMissing": [id for id in body if id not in self.contacts]}

    def put_list_remove(self, parts, query, body):
        there = self._listed(parts["id"])
        there[:] = [id for id in there if id not in body]
        return {"recordIdsMissing": [id for id in body if id not in self.contacts]}

    def post_records_lists(self, parts, query, body):
        return {
            "results": [
                {
                    "recordId": row["recordId"],
                    "recordListMemberships": [
                        {"listId": int(id)} for id, ids in self.members.items() if row["recordId"] in ids
                    ],
                }
                for row in body["inputs"]
            ]
        }

    def get_objects(self, parts, query, body):
        wanted = query["properties"].split(",")
        return self._page([self._shown(id, wanted) for id in self.contacts], query)

    def post_objects_read(self, parts, query, body):
        ids = [self.moved.get(row["id"], row["id"]) for row in body["inputs"]]
        found = [id for id in dict.fromkeys(ids) if id in self.contacts]
        return {"results": [self._shown(id, body["properties"]) for id in found]}

    def post_objects_update(self, parts, query, body):
        inputs = body["inputs"]
        if any(row["id"] in self.poison for row in inputs):
            raise refusal(400)
        results, gone, bad = [], [], []
        for row in inputs:
            id = self.moved.get(row["id"], row["id"])
            if id in self.bad:
                bad.append(id)
            elif id not in self.contacts:
                gone.append(id)
            else:
                self.contacts[id].update(row["properties"])
                results.append({"id": id})
        errors = [{"category": "OBJECT_NOT_FOUND", "context": {"ids": gone}}] if gone else []
        errors += [{"category": "VALIDATION_ERROR", "context": {"objectWriteTraceId": bad}}] if bad else []
        return {"status": "COMPLETE", "results": results, "numErrors": len(errors), "errors": errors}

    def _listed(self, list_id):
        if list_id not in self.members:
            raise refusal(404, "OBJECT_NOT_FOUND")
        return self.members[list_id]

    def _shown(self, id, names):
        return {"id": id, "properties": {name: self.contacts[id].get(name) or None for name in names}}

    def _page(self, rows, query):
        start = int(query.get("after", 0))
        end = start + self.page_size
        paging = {"paging": {"next": {"after": str(end)}}} if end < len(rows) else {}
        return {"results": rows[start:end], **paging}


@pytest.fixture
def portal() -> FakeHubSpot:
    return FakeHubSpot()


@pytest.fixture
def writer(portal: FakeHubSpot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HubSpotWriter:
    monkeypatch.setattr(writer_module, "HubSpotClient", lambda settings, context: portal)
    transport = Transport("hubspot", clock=lambda: NOON, calls_per_second=100, daily_limit=1000)
    context = Context(connection="hubspot", clock=lambda: NOON, transport=transport, workspace=tmp_path)
    return HubSpotWriter(HubSpotSettings.model_validate({"token": "pat-eu1-secret"}), context)


@pytest.fixture
def ready(writer: HubSpotWriter, portal: FakeHubSpot) -> HubSpotWriter:
    """The writer after everything of `RFM` was provisioned; what was asked for it is forgotten."""
    for provision in writer.prepare([RFM]):
        writer.provision([RFM], provision.target)
    portal.asked.clear()
    return writer
