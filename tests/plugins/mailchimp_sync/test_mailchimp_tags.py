"""What the writer sends and reads: tags by member inside batches, and nothing that subscribes anybody."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import md5
from typing import Any

import pytest
from tests.connectors.mailchimp.conftest import CLUB, JANUARY, NEWS

from consentric import (
    Accepted,
    Change,
    ConfigError,
    Outcome,
    RecordRef,
    RemoteError,
    RemoteKind,
    SegmentLabel,
)
from consentric_mailchimp_sync import roster as roster_module
from consentric_mailchimp_sync import writer as writer_module
from consentric_mailchimp_sync.labels import label_of, owner_tag, tag_labels

from .conftest import AT_RISK, CHAMPIONS, NAMES, RFM, sent

OWNER = "acme_rfm5: managed by consentric 0123456789abcdef"
TAG = "acme_rfm5: champions"


def change(writing: Any, op: int, name: str, verb: Any = "add", target: str = CHAMPIONS) -> Change:
    return Change(op=op, record=writing.ref(name), verb=verb, target=target)


def write(writer: Any, changes: list[Change], labels: Any = RFM) -> dict[int, Outcome]:
    found: list[Outcome] = []
    for answer in writer.apply([labels], changes):
        found += writer.collect(answer.job) if isinstance(answer, Accepted) else [answer]
    assert sorted(one.op for one in found) == sorted(one.op for one in changes)
    return {one.op: one for one in found}


def states(found: dict[int, Outcome]) -> dict[int, str]:
    return {op: one.state for op, one in found.items()}


def test_a_label_is_one_operation_with_a_tag_and_nothing_else(ready: Any, writing: Any) -> None:
    write(ready, [change(writing, 7, "ada")])

    ((operation,),) = writing.batches()
    number = md5(b"ada@example.org").hexdigest()
    assert operation["method"] == "POST"
    assert operation["path"] == f"/lists/{NEWS}/members/{number}/tags"
    assert operation["operation_id"] == "7"
    assert json.loads(operation["body"]) == {
        "tags": [{"name": TAG, "status": "active"}],
        "is_syncing": True,
    }
    assert writing.tags("ada") == [TAG]


def test_automations_fire_only_where_the_destination_says_so(ready: Any, writing: Any) -> None:
    write(ready, [change(writing, 1, "ada")], replace(RFM, fires_automations=True))
    write(ready, [change(writing, 2, "ada", "remove")])

    told = [json.loads(operation["body"])["is_syncing"] for (operation,) in writing.batches()]
    assert told == [False, True]


def test_leaving_takes_off_exactly_that_tag(ready: Any, writing: Any) -> None:
    held = writing.account.live
    audience = held.audiences[NEWS]
    audience.tag(
        writing.member("ada"), held.tag_named(audience, "VIP", at="2026-01-01T00:00:00+00:00"), at=""
    )
    write(ready, [change(writing, 1, "ada"), change(writing, 2, "ada", target=AT_RISK)])

    write(ready, [change(writing, 3, "ada", "remove")])

    assert writing.tags("ada") == ["VIP", "acme_rfm5: at_risk"]


def test_no_request_could_create_subscribe_or_bring_back_anyone(writing: Any) -> None:
    account = writing.account
    for status in ("unsubscribed", "cleaned", "pending", "transactional", "archived"):
        account.state.add_member(NEWS, f"{status}@example.org", at=JANUARY, status=status)
    writer = writing.writer()
    for provision in writer.prepare([RFM]):
        writer.provision([RFM], provision.target)
    statuses = {one.email: one.status for one in account.live.audiences[NEWS].members.values()}
    everybody = [
        RecordRef(object="member", partition=NEWS, id=one.contact_id)
        for one in account.live.audiences[NEWS].members.values()
    ]

    for verb in ("add", "remove"):
        changes = [
            Change(op=op, record=ref, verb=verb, target=CHAMPIONS)  # type: ignore[arg-type]
            for op, ref in enumerate(everybody)
        ]
        write(writer, changes)
    list(writer.current([RFM], everybody))
    list(writer.labelled([RFM]))
    writer.consent_fingerprint(everybody)

    writes = [one for one in sent(account.asked) if one.method != "GET"]
    allowed = (f"/lists/{NEWS}/segments?", "/batches?")
    for one in writes:
        assert one.method == "POST"
        if one.url.startswith(f"/lists/{NEWS}/members/"):
            assert one.url.endswith("/tags")
            assert json.loads(one.body).keys() == {"tags", "is_syncing"}
            assert {tag["status"] for tag in json.loads(one.body)["tags"]} <= {"active", "inactive"}
        else:
            assert one.url.startswith(allowed), one.url
        if one.url.startswith(allowed[0]):
            assert json.loads(one.body)["static_segment"] == []
        assert "email" not in one.body
    after = {one.email: one.status for one in account.live.audiences[NEWS].members.values()}
    assert after == statuses


@pytest.mark.parametrize("status", ["archived", "transactional"])
def test_who_was_archived_or_never_subscribed_is_gone_for_labels(
    ready: Any, writing: Any, status: str
) -> None:
    writing.member("bob").status = status
    writing.account.live.audiences[NEWS].revision += 1
    bob = writing.ref("bob")

    found = write(ready, [change(writing, 1, "ada"), change(writing, 2, "bob")])

    assert states(found) == {1: "done", 2: "gone"}
    assert [len(batch) for batch in writing.batches()] == [1]
    held = writing.account.live
    tag = held.tag_named(held.audiences[NEWS], TAG, at="2026-01-01T00:00:00+00:00")
    held.audiences[NEWS].tag(writing.member("bob"), tag, at="2026-01-01T00:00:00+00:00")
    assert {one.record for one in ready.labelled([RFM])} == {writing.ref("ada")}
    assert list(ready.current([RFM], [bob])) == []
    assert ready.consent_fingerprint([bob]) == {}


def test_who_is_gone_altogether_costs_no_batch(ready: Any, writing: Any) -> None:
    stranger = RecordRef(object="member", partition=NEWS, id="f" * 32)

    found = write(ready, [Change(op=1, record=stranger, verb="add", target=CHAMPIONS)])

    assert states(found) == {1: "gone"}
    assert writing.batches() == []


def test_a_new_address_is_found_by_the_contact(ready: Any, writing: Any) -> None:
    audience = writing.account.live.audiences[NEWS]
    ada = audience.members.pop(writing.member("ada").id)
    ada.email = "ada@new.example"
    audience.members[ada.id] = ada
    audience.revision += 1
    ref = RecordRef(object="member", partition=NEWS, id=ada.contact_id)

    assert states(write(ready, [Change(op=1, record=ref, verb="add", target=CHAMPIONS)])) == {1: "done"}
    assert [audience.segments[id].name for id in ada.tags] == [TAG]


def test_batches_hold_500_operations(ready: Any, writing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert writer_module.OPERATIONS == 500
    assert ready.limits.list_batch_size == 500
    monkeypatch.setattr(writer_module, "OPERATIONS", 3)

    write(ready, [change(writing, op, name) for op, name in enumerate(NAMES)])

    assert [len(batch) for batch in writing.batches()] == [3, 1]


def test_a_few_members_are_asked_for_alone_and_many_by_the_page(
    ready: Any, writing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = [change(writing, op, name) for op, name in enumerate(NAMES)]
    write(ready, changes)
    write(ready, changes)
    singles = [p for p in writing.account.paths() if p.startswith(f"/lists/{NEWS}/members/")]
    assert len(singles) == 4, "asked for once"

    monkeypatch.setattr(roster_module, "_FEW", 1)
    monkeypatch.setattr(roster_module, "LIVE_STATUSES", ())
    other = writing.writer()
    writing.account.asked.clear()
    write(other, changes[:1])
    singles = [p for p in writing.account.paths() if p.startswith(f"/lists/{NEWS}/members/")]
    assert len(singles) == 1
    write(other, changes)
    paths = writing.account.paths()
    assert paths.count(f"/lists/{NEWS}/members") >= 5, "four calls so far, and one page would do"
    assert len([p for p in paths if p.startswith(f"/lists/{NEWS}/members/")]) == 1

    writing.account.asked.clear()
    shown = list(other.current([RFM], [one.record for one in changes]))
    assert [one.value for one in shown if one.target == CHAMPIONS] == ["member"] * 4
    assert not any(p.startswith(f"/lists/{NEWS}/members/") for p in writing.account.paths())


def test_more_tags_than_a_member_shows_are_read_from_their_own_list(ready: Any, writing: Any) -> None:
    held = writing.account.live
    audience = held.audiences[NEWS]
    for n in range(60):
        segment = held.tag_named(audience, f"Other {n}", at="2026-01-01T00:00:00+00:00")
        audience.tag(writing.member("ada"), segment, at="2026-01-01T00:00:00+00:00")
    write(ready, [change(writing, 1, "ada")])

    shown = {one.target: one.value for one in ready.current([RFM], [writing.ref("ada")])}
    listed = [(one.record, one.target) for one in ready.labelled([RFM])]

    assert shown == {CHAMPIONS: "member", AT_RISK: ""}
    assert listed == [(writing.ref("ada"), CHAMPIONS)]


def test_a_tag_of_a_segment_that_is_configured_no_more_still_shows(ready: Any, writing: Any) -> None:
    write(ready, [change(writing, 1, "ada")])
    shrunk = replace(RFM, segments=RFM.segments[1:])

    assert [one.target for one in ready.labelled([shrunk])] == [CHAMPIONS]
    shown = {one.target: one.value for one in ready.current([shrunk], [writing.ref("ada")])}
    assert shown == {AT_RISK: "", CHAMPIONS: "member"}
    assert states(write(ready, [change(writing, 2, "ada", "remove")], shrunk)) == {2: "done"}
    assert writing.tags("ada") == []


def test_sets_whose_names_begin_alike_are_kept_apart() -> None:
    sets = [replace(RFM, name=name) for name in ("rfm", "rfm5")]

    found = [label_of(label.name, sets) for label in tag_labels(sets)]

    assert [one.target if one else None for one in found] == [label.target for label in tag_labels(sets)]
    assert label_of(OWNER, sets) is None
    assert label_of("acme_rfm5: ", sets) is None
    assert label_of("VIP", sets) is None


def test_provisioning_makes_tags_that_nobody_has_and_one_that_names_their_owner(writing: Any) -> None:
    writer = writing.writer(audiences=[NEWS, CLUB])

    provisions = writer.prepare([RFM])
    for one in provisions:
        writer.provision([RFM], one.target)

    assert [(one.target, one.description) for one in provisions] == [
        (CHAMPIONS, 'creates the tag "acme_rfm5: champions" in 2 audiences'),
        (AT_RISK, 'creates the tag "acme_rfm5: at_risk" in 2 audiences'),
    ]
    for audience in (NEWS, CLUB):
        tags = {
            one.name: len(one.members) for one in writing.account.live.audiences[audience].segments.values()
        }
        assert tags == {OWNER: 0, TAG: 0, "acme_rfm5: at_risk": 0}
    assert owner_tag(RFM) == OWNER


def test_tags_of_another_installation_stop_the_destination(ready: Any, writing: Any) -> None:
    theirs = replace(RFM, marker="managed by consentric fedcba9876543210")

    with pytest.raises(RemoteError, match="acme_rfm5: managed by consentric 0123456789abcdef") as raised:
        ready.prepare([theirs])

    assert (raised.value.kind, raised.value.code) == (RemoteKind.FATAL, "CS105")


def test_a_tag_by_hand_in_another_case_is_somebody_elses(writing: Any) -> None:
    writing.account.state.add_tag(NEWS, "Acme_RFM5: Champions", at=JANUARY)

    with pytest.raises(RemoteError, match="champions"):
        writing.writer().prepare([RFM])


def test_a_name_that_mailchimp_would_not_take_is_refused_before_anything_is_sent(writing: Any) -> None:
    long = replace(RFM, segments=(SegmentLabel(key="k" * 90, title=""),))

    with pytest.raises(ConfigError, match="too long"):
        writing.writer().prepare([long])


def test_the_fingerprint_changes_with_status_boxes_and_text_messages(ready: Any, writing: Any) -> None:
    ada = writing.ref("ada")
    before = ready.consent_fingerprint([ada])[ada]
    writing.account.live.audiences[NEWS].permissions["aa11"] = "E-mail"
    writing.member("ada").permissions["aa11"] = True
    ticked = ready.consent_fingerprint([ada])[ada]
    writing.member("ada").status = "unsubscribed"
    left = ready.consent_fingerprint([ada])[ada]

    assert len({before, ticked, left}) == 3
    assert "@" not in before + ticked + left
