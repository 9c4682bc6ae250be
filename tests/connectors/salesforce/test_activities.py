"""Purchases and engagements: whose they are, when they count, and how they leave."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from consentric import Activity, Bookmark, Complete, Incomplete, RecordRef, Stream
from consentric_sandbox.salesforce import lifecycle

JANUARY = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
FEBRUARY = date(2026, 2, 1)
NOON_OF_FEBRUARY = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
WON = {"Name": "Deal", "StageName": "Closed Won", "CloseDate": FEBRUARY, "Amount": 12.5}


def read(connector: Any, name: str, since: Bookmark | None = None) -> list[Any]:
    return list(connector.read(Stream(name=name, kind="activities"), since))


def found(records: list[Any]) -> list[Activity]:
    return [one for one in records if isinstance(one, Activity)]


def last_mark(records: list[Any]) -> Bookmark:
    return [one for one in records if isinstance(one, Bookmark)][-1]


def contact(id: str) -> RecordRef:
    return RecordRef(object="Contact", id=id)


def person(org: Any, name: str = "P") -> str:
    return str(org.state.add_contact({"LastName": name}, created_at=JANUARY))


def test_a_won_opportunity_counts_for_its_primary_role_else_its_contact_else_nobody(org: Any) -> None:
    a, b = person(org), person(org)
    by_role = org.state.add_opportunity({**WON, "ContactId": b}, created_at=JANUARY, contacts=[a, b])
    by_contact = org.state.add_opportunity({**WON, "ContactId": b}, created_at=JANUARY)
    nobodys = org.state.add_opportunity(WON, created_at=JANUARY)
    org.state.add_opportunity({**WON, "StageName": "Prospecting"}, created_at=JANUARY, contacts=[a])

    records = read(org.connector(purchases="opportunities", currency="EUR"), "opportunities")

    assert found(records) == [
        Activity(
            record=who,
            key=f"opportunity:{id}",
            kind="order",
            at=NOON_OF_FEBRUARY,
            amount=Decimal("12.5"),
            currency="EUR",
        )
        for id, who in (
            (by_role, contact(a)),
            (by_contact, contact(b)),
            (nobodys, RecordRef(object="Opportunity", id=nobodys)),
        )
    ]
    assert [one for one in records if isinstance(one, Complete)] == [Complete(count=3)]


def test_an_org_with_many_currencies_says_which(org: Any) -> None:
    org.state.features.add("multi_currency")
    deal = {**WON, "CurrencyIsoCode": "JPY", "ContactId": person(org), "Amount": -700}
    org.state.add_opportunity(deal, created_at=JANUARY)

    (one,) = found(read(org.connector(purchases="opportunities", currency="EUR"), "opportunities"))

    assert (one.kind, one.amount, one.currency) == ("refund", Decimal("-700"), "JPY")


def test_an_opportunity_that_is_no_longer_won_or_was_deleted_leaves(org: Any) -> None:
    one, two = (
        org.state.add_opportunity({**WON, "ContactId": person(org)}, created_at=JANUARY) for _ in range(2)
    )
    connector = org.connector(purchases="opportunities")
    mark = last_mark(read(connector, "opportunities"))
    org.now += timedelta(days=1)
    org.touch("Opportunity", one, StageName="Prospecting")
    org.change(lambda state: lifecycle.delete(state, "Opportunity", two, at=org.now))

    left = found(read(connector, "opportunities", mark))

    assert {(a.key, a.is_cancelled) for a in left} == {
        (f"opportunity:{one}", True),
        (f"opportunity:{two}", True),
    }


def test_an_opportunity_whose_role_changed_goes_to_the_new_person(org: Any) -> None:
    a, b = person(org), person(org)
    early = JANUARY - timedelta(days=30)
    deal = org.state.add_opportunity(WON, created_at=early, contacts=[a])
    org.state.add_opportunity({**WON, "ContactId": b}, created_at=JANUARY)
    connector = org.connector(purchases="opportunities")
    mark = last_mark(read(connector, "opportunities"))
    org.now += timedelta(days=1)
    (role,) = [row.id for row in org.change(lambda s: list(s.tables["OpportunityContactRole"].each()))]
    org.touch("OpportunityContactRole", role, ContactId=b)

    (first, *_) = found(read(connector, "opportunities", mark))

    assert (first.key, first.record, first.is_cancelled) == (f"opportunity:{deal}", contact(b), False)


def test_an_opportunity_that_lost_its_last_person_leaves(org: Any) -> None:
    deal = org.state.add_opportunity(WON, created_at=JANUARY - timedelta(days=30), contacts=[person(org)])
    connector = org.connector(purchases="opportunities")
    mark = last_mark(read(connector, "opportunities"))
    org.now += timedelta(days=1)
    (role,) = [row.id for row in org.change(lambda s: list(s.tables["OpportunityContactRole"].each()))]
    org.change(lambda state: lifecycle.delete(state, "OpportunityContactRole", role, at=org.now))

    left = found(read(connector, "opportunities", mark))

    nobody = RecordRef(object="Opportunity", id=deal)
    assert [(a.record, a.key, a.is_cancelled) for a in left][-2:] == [
        (nobody, f"opportunity:{deal}", False),
        (nobody, f"opportunity:{deal}", True),
    ]


def test_each_page_of_activities_ends_in_a_promise(org: Any) -> None:
    who = person(org)
    for n in range(3):
        at = JANUARY + timedelta(days=n)
        org.state.add_opportunity({**WON, "ContactId": who}, created_at=at)
    org.faults({"kind": "short-page", "match": {"endpoint": "query*.Opportunity"}, "args": {"size": 1}})

    records = read(org.connector(purchases="opportunities"), "opportunities")

    marks = [one.watermark[:10] for one in records if isinstance(one, Bookmark)]
    assert marks[0] == "2026-01-10"
    assert marks == sorted(marks)


def test_a_lost_order_number_makes_the_read_incomplete(org: Any) -> None:
    records = read(org.connector(purchases="opportunities", order_number="Shop__c"), "opportunities")

    (end,) = [one for one in records if isinstance(one, Incomplete)]
    assert '"Shop__c" of Opportunity' in end.reason


def test_an_activated_order_counts_for_who_gets_the_bill(org: Any) -> None:
    a, b = person(org), person(org)
    account = org.state.add("Account", {"Name": "A"}, created_at=JANUARY)
    given = {"AccountId": account, "EffectiveDate": FEBRUARY, "TotalAmount": 99}
    both = {**given, "BillToContactId": a, "ShipToContactId": b}
    id = org.state.add_order(both, created_at=JANUARY)
    org.state.add_order({**both, "Status": "Draft"}, created_at=JANUARY)

    (one,) = found(read(org.connector(purchases="orders"), "orders"))

    assert (one.key, one.record, one.amount, one.order_number) == (
        f"order:{id}",
        contact(a),
        Decimal(99),
        "00000001",
    )


def test_calls_that_were_made_count_and_tasks_of_staff_do_not(org: Any) -> None:
    a = person(org)
    lead = org.state.add_lead({"LastName": "L", "Company": "C"}, created_at=JANUARY)
    task = {"ActivityDate": FEBRUARY, "Status": "Completed", "TaskSubtype": "Call"}
    call = org.state.add_task({**task, "WhoId": a}, created_at=JANUARY)
    mail = org.state.add_task({**task, "WhoId": lead, "TaskSubtype": "Email"}, created_at=JANUARY)
    org.state.add_task({**task, "WhoId": a, "TaskSubtype": "Task"}, created_at=JANUARY)
    org.state.add_task({**task, "WhoId": a, "Status": "Not Started"}, created_at=JANUARY)
    org.state.add_task(task, created_at=JANUARY)

    alone = found(read(org.connector(activities=["tasks"]), "tasks"))
    beside = found(read(org.connector(activities=["tasks", "emails"]), "tasks"))

    expected = Activity(record=contact(a), key=f"task:{call}", kind="call", at=NOON_OF_FEBRUARY)
    sent = RecordRef(object="Lead", id=lead)
    assert alone == [expected, Activity(record=sent, key=f"task:{mail}", kind="send", at=NOON_OF_FEBRUARY)]
    assert beside == [expected]


def test_archived_events_are_read(org: Any) -> None:
    a = person(org)
    event = {"WhoId": a, "StartDateTime": JANUARY, "EndDateTime": JANUARY}
    id = org.state.add("Event", event, created_at=JANUARY)
    org.state.tables["Event"].rows[id].values["IsArchived"] = True

    (one,) = found(read(org.connector(activities=["events"]), "events"))

    assert one == Activity(record=contact(a), key=f"event:{id}", kind="meeting", at=JANUARY)


def emails(org: Any) -> tuple[str, str, str]:
    a = person(org)
    sent = {"MessageDate": JANUARY, "Status": "3", "FirstOpenedDate": JANUARY + timedelta(days=1)}
    out = org.state.add("EmailMessage", sent, created_at=JANUARY)
    draft = org.state.add("EmailMessage", {**sent, "Status": "5"}, created_at=JANUARY)
    reply = org.state.add(
        "EmailMessage", {**sent, "Incoming": True, "FirstOpenedDate": None}, created_at=JANUARY
    )
    for mail, side in (
        (out, "ToAddress"),
        (draft, "ToAddress"),
        (reply, "FromAddress"),
        (reply, "ToAddress"),
    ):
        link = {"EmailMessageId": mail, "RelationId": a, "RelationType": side}
        org.state.add("EmailMessageRelation", link, created_at=JANUARY)
    return a, out, reply


def test_opens_are_not_asked_for_without_their_purpose(org: Any) -> None:
    a, out, reply = emails(org)

    told = found(read(org.connector(activities=["emails"]), "emails"))

    assert [(one.record, one.key, one.kind) for one in told] == [
        (contact(a), f"email:{out}", "send"),
        (contact(a), f"email:{reply}", "reply"),
    ]


def test_opens_are_read_with_their_purpose(org: Any) -> None:
    a, out, _ = emails(org)
    connector = org.connector(activities=["emails"], context={"purposes": frozenset({"email_tracking"})})

    opens = [one for one in found(read(connector, "emails")) if one.kind == "open"]

    opened = JANUARY + timedelta(days=1)
    assert opens == [Activity(record=contact(a), key=f"email:{out}:open", kind="open", at=opened)]


def test_an_answer_to_a_campaign_counts_and_being_put_on_one_does_not(org: Any) -> None:
    a, b = person(org), person(org)
    campaign = org.state.add_campaign("Spring", created_at=JANUARY, members=[b])
    member = org.state.add_member(campaign, a, created_at=JANUARY, status="Responded")
    org.state.tables["CampaignMember"].rows[member].values["FirstRespondedDate"] = "2026-02-01"

    told = found(read(org.connector(activities=["campaign_members"]), "campaign_members"))

    assert told == [
        Activity(
            record=contact(a),
            key=f"campaign_member:{member}",
            kind="reply",
            at=NOON_OF_FEBRUARY,
            campaign=campaign,
        )
    ]
