"""The fault script: what each kind does to a request, and to the portal."""

from __future__ import annotations

import json
import socket

import pytest
import urllib3

from consentric_sandbox.faults import Fault, FaultScript
from consentric_sandbox.hubspot.portal import FAULTS

CONTACTS = "/crm/objects/2026-09/contacts"
UPDATE = f"{CONTACTS}/batch/update"
CHANGE = {
    "inputs": [{"id": "101", "properties": {"city": "Ulm"}}, {"id": "102", "properties": {"city": "Ulm"}}]
}


def cities(service):
    service.portal.faults.clear()
    rows = service.get(f"{CONTACTS}?properties=city").json["results"]
    return [row["properties"]["city"] for row in rows]


@pytest.mark.parametrize(
    ("kind", "status", "applied"),
    [
        ("429-no-hint", 429, 0),
        ("500", 500, 0),
        ("502-html", 502, 0),
        ("503", 503, 0),
        ("html-page", 200, 0),
        ("401-expired", 401, 0),
        ("401-for-good", 401, 0),
        ("403-scope-lost", 403, 0),
        ("409-whole-batch", 409, 0),
        ("423", 423, 0),
        ("477", 477, 0),
        ("200-no-op", 200, 0),
        ("207-lying", 207, 0),
        ("invalid-json", 200, 2),
        ("latency", 200, 2),
        ("207-partial", 200, 1),
    ],
)
def test_a_fault_gives_its_status_and_applies_or_not(service, kind, status, applied):
    service.portal.faults.add(kind, endpoint="contacts.batch_update", nth=1, args={"seconds": 0})
    reply = service.call("POST", UPDATE, CHANGE) if kind != "invalid-json" else broken(service)
    assert reply.status == status
    assert cities(service) == (["Ulm"] * applied + [None] * 3)[:3]


def broken(service):
    with pytest.raises(json.JSONDecodeError) as caught:
        service.post(UPDATE, CHANGE)
    assert "}{" in caught.value.doc
    return type("Broken", (), {"status": 200})


@pytest.mark.parametrize(
    ("kind", "applied"), [("reset-before-apply", 0), ("reset-after-apply", 2), ("truncated-body", 2)]
)
def test_a_broken_connection_applies_before_or_after(service, kind, applied):
    service.portal.faults.add(kind, endpoint="contacts.batch_update")
    with pytest.raises(urllib3.exceptions.ProtocolError):
        service.post(UPDATE, CHANGE)
    assert cities(service) == (["Ulm"] * applied + [None] * 3)[:3]


def test_a_timeout_after_apply_leaves_the_write_done(service):
    service.portal.faults.add("timeout-after-apply", endpoint="contacts.batch_update")
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        service.post(UPDATE, CHANGE, timeout=0.2)
    assert cities(service) == ["Ulm", "Ulm", None]


def test_429_comes_with_seconds_or_a_date(service):
    service.portal.faults.add("429-seconds", nth=1, args={"seconds": 7})
    service.portal.faults.add("429-date", nth=2, args={"policy": "DAILY"})
    assert service.get(CONTACTS).headers["Retry-After"] == "7"
    dated = service.get(CONTACTS)
    assert dated.headers["Retry-After"].endswith("GMT")
    assert dated.json["policyName"] == "DAILY"


def test_401_for_good_lasts(service):
    service.portal.faults.add("401-for-good", nth=2)
    assert [service.get(CONTACTS).status for _ in range(4)] == [200, 401, 401, 401]


def test_a_lost_scope_stays_lost(service):
    service.portal.faults.add("403-scope-lost", nth=1, args={"scope": "crm.lists.read"})
    assert service.get(CONTACTS).status == 403
    assert service.get(CONTACTS).status == 200
    assert service.post("/crm/lists/2026-09/search", {}).status == 403


def test_a_merged_id_is_merged_under_the_client(service):
    service.portal.faults.add("404-merged-id", endpoint="contacts.batch_update")
    assert service.post(UPDATE, CHANGE).status == 404
    service.portal.faults.clear()
    assert service.get(f"{CONTACTS}/101").json["id"] == "107"
    assert [line["kind"] for line in service.log()] == ["merge"]


def test_a_duplicate_page_repeats_the_last_one(service):
    service.portal.faults.add("duplicate-page", nth=2)
    first = service.get(f"{CONTACTS}?limit=1")
    second = service.get(f"{CONTACTS}?limit=1&after={first.after}")
    assert (first.ids, second.ids, second.after) == (["101"], ["101"], "102")


def test_a_list_page_may_be_short_or_empty_and_still_go_on(service):
    service.portal.faults.add("short-page", nth=1, args={"size": 1})
    service.portal.faults.add("empty-page", nth=2)
    first = service.get(f"{CONTACTS}?limit=100")
    second = service.get(f"{CONTACTS}?limit=100&after={first.after}")
    third = service.get(f"{CONTACTS}?limit=100&after={second.after}")
    assert (first.ids, second.ids, third.ids, third.after) == (["101"], [], ["102", "103"], None)


def test_half_of_a_batch_fails_by_row(service):
    service.portal.faults.add("207-partial", endpoint="contacts.batch_update")
    old = service.post("/crm/v3/objects/contacts/batch/update", CHANGE)
    assert (old.status, old.ids, old.json["errors"][0]["context"]) == (207, ["101"], {"ids": ["102"]})


def test_a_script_is_read_from_the_folder(tmp_path):
    script = {
        "seed": 3,
        "faults": [{"match": {"endpoint": "contacts.*", "nth": 2}, "kind": "423", "args": {}}],
    }
    (tmp_path / "faults.json").write_text(json.dumps(script))
    loaded = FaultScript.load(tmp_path / "faults.json")
    due = [loaded.due(operation) for operation in ("contacts.list", "deals.list", "contacts.get")]
    assert [fault and fault.kind for fault in due] == [None, None, "423"]


def test_the_same_seed_gives_the_same_faults():
    def fired(seed):
        script = FaultScript([Fault(kind="500", probability=0.3)], seed=seed)
        return [script.due("contacts.list") is not None for _ in range(50)]

    assert fired(1) == fired(1)
    assert fired(1) != fired(2)
    assert 5 < sum(fired(1)) < 25


def test_faults_can_be_counted_off():
    script = FaultScript([Fault(kind="500", endpoint="contacts.list", times=2)])
    assert [script.due("contacts.list") is not None for _ in range(4)] == [True, True, False, False]


def test_unknown_kinds_and_matches_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no fault of kind"):
        Fault(kind="meteor")
    (tmp_path / "faults.json").write_text('{"faults": [{"match": {"when": 1}, "kind": "500"}]}')
    with pytest.raises(ValueError, match="match knows"):
        FaultScript.load(tmp_path / "faults.json")
    assert len(FAULTS) == 27


def test_connections_are_kept_alive(service):
    for _ in range(5):
        assert service.get(CONTACTS).status == 200
    assert service.pool.connection_from_url(service.base_url).num_connections == 1


def test_only_the_loopback_interface_is_served(service):
    port = int(service.base_url.rpartition(":")[2])
    with socket.socket() as other:
        other.settimeout(0.5)
        assert other.connect_ex(("127.0.0.2", port)) != 0
