"""What the Salesforce writer asks for, writes, reads back, and says of each row."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.plugins.salesforce_sync.conftest import NOON, RFM

from consentric import Change, LabelSet, Outcome, RecordRef, RemoteError, RemoteKind, SegmentLabel, Shown
from consentric.testing.writer_suite import Sent
from consentric_sandbox.salesforce import lifecycle

FIELD = "field:rfm5"
CHAMPIONS = "list:rfm5.champions"
BASKET = LabelSet(
    name="basket",
    title="Basket",
    prefix="acme_",
    marker=RFM.marker,
    segments=(SegmentLabel(key="big", title="Big"),),
)


def sets(records: list[RecordRef], new: str = "champions", *, target: str = FIELD) -> list[Change]:
    return [
        Change(
            op=n, record=one, verb="set", target=target, new=new, previous="at_risk", since=date(2026, 6, 15)
        )
        for n, one in enumerate(records)
    ]


def members(records: list[RecordRef], verb: Any = "add") -> list[Change]:
    return [Change(op=n, record=one, verb=verb, target=CHAMPIONS) for n, one in enumerate(records)]


def provisioned(org: Any, *labels: LabelSet) -> Any:
    for one in labels or (RFM,):
        org.make_fields(one)
    writer = org.writer()
    for provision in writer.prepare(labels or [RFM]):
        writer.provision(labels or [RFM], provision.target)
    return writer


def states(writer: Any, changes: list[Change], *labels: LabelSet) -> dict[int, tuple[str, str]]:
    found = list(writer.apply(labels or [RFM], changes))
    assert all(isinstance(one, Outcome) for one in found)
    assert len(found) == len(changes)
    return {one.op: (one.state, one.vendor_code) for one in found}


def test_missing_fields_are_the_admins_and_stand_there_with_their_definition(bench_org: Any) -> None:
    writer = bench_org.writer()

    field, *lists = writer.prepare([RFM])

    assert (field.target, field.is_possible) == (FIELD, False)
    assert field.description == (
        'create on Contact and Lead the custom fields acme_rfm5__c (Text(80), label "Buying"),'
        ' acme_rfm5_previous__c (Text(80), label "Buying: before"),'
        ' acme_rfm5_since__c (Date, label "Buying: since"), each with the help text'
        ' "managed by consentric 0123456789abcdef", and let the integration user edit them'
    )
    assert [(one.target, one.is_possible) for one in lists] == [
        (CHAMPIONS, True),
        ("list:rfm5.at_risk", True),
    ]
    with pytest.raises(RemoteError, match="only its admin can create") as raised:
        writer.provision([RFM], FIELD)
    assert (raised.value.kind, raised.value.code) == (RemoteKind.FATAL, "CS108")


def test_fields_on_contacts_alone_are_half_of_it(bench_org: Any) -> None:
    bench_org.make_fields(RFM, "Contact")

    (field, *_) = bench_org.writer().prepare([RFM])

    assert field.description.startswith("create on Lead the custom fields acme_rfm5__c")


def test_fields_that_the_user_may_not_edit_are_named(bench_org: Any) -> None:
    bench_org.make_fields(RFM)
    bench_org.state.protect_field("Lead", "acme_rfm5__c")

    (field, *_) = bench_org.writer().prepare([RFM])

    assert field.description == "let the integration user edit Lead.acme_rfm5__c"
    assert not field.is_possible


def test_a_set_writes_three_values_to_contacts_and_leads_in_one_call(bench_org: Any) -> None:
    writer = provisioned(bench_org)

    assert states(writer, sets(bench_org.records)) == dict.fromkeys(range(4), ("done", ""))

    for record in bench_org.records:
        values = bench_org.values(record)
        assert values["acme_rfm5__c"] == "champions"
        assert values["acme_rfm5_previous__c"] == "at_risk"
        assert values["acme_rfm5_since__c"] == "2026-06-15"
    assert bench_org.requests["collections.update"] == 1


def test_a_clear_leaves_nothing_behind(bench_org: Any) -> None:
    writer = provisioned(bench_org)
    one = bench_org.records[0]
    states(writer, sets([one]))

    states(writer, [Change(op=0, record=one, verb="clear", target=FIELD, previous="champions")])

    assert not [name for name in bench_org.values(one) if name.startswith("acme_")]


def test_two_sets_of_one_record_travel_as_one_row(bench_org: Any, sent: list[Sent]) -> None:
    writer = provisioned(bench_org, RFM, BASKET)
    one = bench_org.records[0]
    both = [
        Change(op=0, record=one, verb="set", target=FIELD, new="champions"),
        Change(op=1, record=one, verb="set", target="field:basket", new="big"),
    ]

    assert states(writer, both, RFM, BASKET) == {0: ("done", ""), 1: ("done", "")}
    (patch,) = [one for one in sent if one.method == "PATCH"]
    assert patch.body.count('"id"') == 1


def test_a_row_that_is_locked_is_for_later_and_the_others_are_done(bench_org: Any) -> None:
    bench_org.faults({"kind": "lock-row", "match": {"endpoint": "collections.update"}, "args": {"rows": [1]}})
    writer = provisioned(bench_org)

    found = states(writer, sets(bench_org.records))

    assert found == {
        0: ("done", ""),
        1: ("retry", "UNABLE_TO_LOCK_ROW"),
        2: ("done", ""),
        3: ("done", ""),
    }


def test_who_was_deleted_merged_or_converted_is_gone(bench_org: Any) -> None:
    writer = provisioned(bench_org)
    deleted, loser, winner, lead = bench_org.records
    lifecycle.delete(bench_org.inside, "Contact", deleted.id, at=NOON)
    lifecycle.merge(bench_org.inside, "Contact", winner.id, [loser.id], at=NOON)
    lifecycle.convert(bench_org.inside, lead.id, at=NOON)

    found = states(writer, sets(bench_org.records))

    assert found == {
        0: ("gone", "ENTITY_IS_DELETED"),
        1: ("gone", "ENTITY_IS_DELETED"),
        2: ("done", ""),
        3: ("gone", "CANNOT_UPDATE_CONVERTED_LEAD"),
    }
    assert {one.record for one in writer.current([RFM], bench_org.records)} == {winner}


def test_fields_that_went_missing_stop_the_destination_by_name(bench_org: Any) -> None:
    writer = provisioned(bench_org)
    for entity in ("Contact", "Lead"):
        bench_org.inside.hide_field(entity, "acme_rfm5__c")

    with pytest.raises(RemoteError, match="acme_rfm5__c of Contact") as raised:
        states(writer, sets(bench_org.records))
    assert (raised.value.kind, raised.value.code) == (RemoteKind.FATAL, "CS106")


def test_an_answer_that_never_came_is_ambiguous(bench_org: Any) -> None:
    bench_org.faults({"kind": "reset-after-apply", "match": {"endpoint": "collections.update"}})
    writer = provisioned(bench_org)

    with pytest.raises(RemoteError) as raised:
        states(writer, sets(bench_org.records))

    assert raised.value.kind is RemoteKind.AMBIGUOUS
    assert bench_org.requests["collections.update"] == 1


def test_who_is_on_a_campaign_already_is_not_put_there_again(bench_org: Any, sent: list[Sent]) -> None:
    writer = provisioned(bench_org)
    states(writer, members(bench_org.records[:2]))
    sent.clear()

    assert states(writer, members(bench_org.records)) == dict.fromkeys(range(4), ("done", ""))

    (post,) = [one for one in sent if one.method == "POST"]
    assert post.body.count("CampaignId") == 2
    assert '"LeadId"' in post.body


def test_a_membership_that_came_up_meanwhile_is_done(bench_org: Any, monkeypatch: Any) -> None:
    writer = provisioned(bench_org)
    states(writer, members(bench_org.records[:1]))
    monkeypatch.setattr(writer._office, "memberships", lambda *_: iter(()))

    assert states(writer, members(bench_org.records[:1])) == {0: ("done", "")}


def test_removing_deletes_memberships_and_nobody(bench_org: Any, sent: list[Sent]) -> None:
    writer = provisioned(bench_org)
    states(writer, members(bench_org.records[:3]))

    assert states(writer, members(bench_org.records[:2], "remove")) == {0: ("done", ""), 1: ("done", "")}
    assert states(writer, members(bench_org.records[:2], "remove")) == {0: ("done", ""), 1: ("done", "")}

    assert [one.record for one in writer.labelled([RFM])] == [bench_org.records[2]]
    (delete,) = [one for one in sent if one.method == "DELETE"]
    assert not any(record.id in delete.url for record in bench_org.records)


def test_a_campaign_that_somebody_deleted_stops_the_destination(bench_org: Any) -> None:
    writer = provisioned(bench_org)
    for row in list(bench_org.inside.tables["Campaign"].each()):
        lifecycle.delete(bench_org.inside, "Campaign", row.id, at=NOON)

    with pytest.raises(RemoteError, match=r"list:rfm5\.champions") as raised:
        states(writer, members(bench_org.records))
    assert raised.value.kind is RemoteKind.FATAL
    assert [one.target for one in writer.prepare([RFM])] == [CHAMPIONS, "list:rfm5.at_risk"]


def test_the_list_of_a_segment_that_left_the_configuration_is_still_read(bench_org: Any) -> None:
    writer = provisioned(bench_org)
    states(writer, members(bench_org.records[:1]))
    fewer = LabelSet(
        name=RFM.name, title=RFM.title, prefix=RFM.prefix, marker=RFM.marker, segments=RFM.segments[1:]
    )

    assert list(writer.labelled([fewer])) == [
        Shown(record=bench_org.records[0], target=CHAMPIONS, value="member")
    ]


def test_a_campaign_carries_title_and_marker(bench_org: Any) -> None:
    provisioned(bench_org)

    told = {
        row.values["Name"]: row.values["Description"] for row in bench_org.inside.tables["Campaign"].each()
    }

    assert told == {
        "acme_rfm5: champions": "Buying. managed by consentric 0123456789abcdef",
        "acme_rfm5: at_risk": "Buying. managed by consentric 0123456789abcdef",
    }


def test_the_fingerprint_tells_an_opt_out_from_none(bench_org: Any) -> None:
    writer = provisioned(bench_org)
    one, two = bench_org.records[0], bench_org.records[3]
    before = writer.consent_fingerprint([one, two])
    bench_org.values(one)["HasOptedOutOfEmail"] = True

    after = writer.consent_fingerprint([one, two])

    assert before == dict.fromkeys([one, two], "HasOptedOutOfEmail=False;DoNotCall=False")
    assert after == {**before, one: "HasOptedOutOfEmail=True;DoNotCall=False"}


@pytest.mark.parametrize("name", ["a" * 28, "x__y", "trailing_"])
def test_a_name_that_salesforce_refuses_is_refused_before_anything_is_asked(
    bench_org: Any, name: str
) -> None:
    from consentric import ConfigError

    labels = LabelSet(name=name, title="T", prefix="acme_", marker=RFM.marker, segments=RFM.segments)
    writer = bench_org.writer()

    with pytest.raises(ConfigError, match="no name for a Salesforce field"):
        writer.prepare([labels])
    assert bench_org.requests == {}
