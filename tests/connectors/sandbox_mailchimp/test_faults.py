"""The fault script as this vendor plays it."""

from __future__ import annotations

import json

import pytest
import urllib3

from consentric_sandbox.faults import FaultScript
from consentric_sandbox.mailchimp.account import FAULT_FILE, FAULTS, MailchimpAccount

from .conftest import START

WRITE = "members.tag"


@pytest.mark.behaviour("a throttle is a 429 or a 403, both without body", "crm-apis 3.D, 3.E and 4")
@pytest.mark.parametrize(("kind", "status"), [("429-no-hint", 429), ("403-limit", 403)])
def test_a_throttle_has_neither_body_nor_hint(service, kind, status):
    service.account.faults.add(kind, nth=1)
    reply = service.tag("bob", "A")
    assert (reply.status, reply.data) == (status, b"")
    assert set(reply.headers) == {"Date", "Content-Length", "Connection"}
    assert service.tags_of("bob") == []


@pytest.mark.parametrize(
    ("kind", "status", "applied"),
    [
        ("500", 500, False),
        ("502-html", 502, False),
        ("503", 503, False),
        ("html-page", 200, False),
        ("401-for-good", 401, False),
        ("403-scope-lost", 403, False),
        ("200-no-op", 204, False),
        ("latency", 204, True),
    ],
)
def test_a_fault_gives_its_status_and_applies_or_not(service, kind, status, applied):
    service.account.faults.add(kind, endpoint=WRITE, nth=1, args={"seconds": 0})
    assert service.tag("bob", "A").status == status
    service.account.faults.clear()
    assert service.tags_of("bob") == (["A"] if applied else [])


@pytest.mark.parametrize(("kind", "applied"), [("reset-before-apply", False), ("reset-after-apply", True)])
def test_a_broken_connection_applies_before_or_after(service, kind, applied):
    service.account.faults.add(kind, endpoint=WRITE)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        service.tag("bob", "A")
    assert service.tags_of("bob") == (["A"] if applied else [])


def test_a_timeout_after_apply_leaves_the_write_done(service):
    service.account.faults.add("timeout-after-apply", endpoint=WRITE)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        service.pool.request(
            "POST",
            f"{service.base_url}/3.0/lists/{service.news}/members/bob@example.com/tags",
            body=json.dumps({"tags": [{"name": "A", "status": "active"}]}),
            headers={"Authorization": f"Bearer {service.state.credentials.access_token}"},
            retries=False,
            timeout=0.2,
        )
    assert service.tags_of("bob") == ["A"]


def test_a_truncated_and_an_invalid_body(service):
    service.account.faults.add("truncated-body", nth=1)
    service.account.faults.add("invalid-json", nth=2)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        service.get("/lists")
    with pytest.raises(json.JSONDecodeError):
        service.get("/lists")
    assert service.get("/lists").status == 200


def test_401_for_good_lasts(service):
    service.account.faults.add("401-for-good", nth=2)
    assert [service.get("/ping").status for _ in range(4)] == [200, 401, 401, 401]


def test_pages_may_be_short_empty_or_told_twice(service):
    path = f"/lists/{service.news}/members?count=2&offset="
    service.account.faults.add("short-page", nth=1, args={"size": 1})
    service.account.faults.add("empty-page", nth=2)
    service.account.faults.add("duplicate-page", nth=4)
    seen = [service.get(f"{path}{offset}").names for offset in (0, 2, 2, 4)]
    assert seen == [["ada"], [], ["cyd", "unsubscribed"], ["cyd", "unsubscribed"]]


def test_what_this_vendor_does_not_do_is_refused(service, tmp_path):
    with pytest.raises(ValueError, match="plays no '207-partial'"):
        service.account.faults.add("207-partial")
    (tmp_path / FAULT_FILE).write_text('{"faults": [{"kind": "429-seconds"}]}')
    with pytest.raises(ValueError, match="plays no '429-seconds'"):
        MailchimpAccount.open(tmp_path, clock=lambda: START)
    assert len(FAULTS) == 21


def test_operations_of_a_batch_meet_their_own_lines_only():
    script = FaultScript(kinds=FAULTS)
    script.add("500")
    script.add("503", endpoint="in_batch.*")
    assert script.due("members.tag").kind == "500"
    assert script.due("in_batch.members.tag").kind == "503"
