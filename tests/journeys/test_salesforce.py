"""The whole way with Salesforce: contacts, leads and deals in, fields out, a no that clears its field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from consentric.sdk.errors import ConsentricError
from consentric.sdk.transport import Transport
from consentric_sandbox.salesforce import lifecycle, snapshot
from consentric_sandbox.salesforce.state import SalesforceState

from .vendor_journey import LABEL_FIELDS, START, VendorJourney, add_label_fields, purposes_of, write_private

PEOPLE = 24
SEGMENT = LABEL_FIELDS[0]
CONNECTION = """
[workspace]
root_key = "file:../root.key"

[clock]
at = {at}

[connections.salesforce]
connector = "salesforce"
sandbox = "../sandbox"
domain = "acme.my"
consumer_key = "file:../consumer.key"
consumer_secret = "file:../sandbox/salesforce.token"
consents = {{ "Newsletter" = "email_marketing" }}
purchases = "opportunities"
currency = "EUR"
calls_per_second = 1000
"""
DESTINATION = """
[[destination]]
name = "salesforce-test"
to = "salesforce"
sets = ["rfm5"]
purpose = "email_marketing"
channel = "email"
transfer = "scc"
lists = {lists}
"""


@dataclass(slots=True, kw_only=True)
class Journey(VendorJourney):
    """The journey with Salesforce."""

    ids: list[str]
    lists: str = "true"
    snapshot = snapshot

    def config(self, at: str) -> str:
        destination = DESTINATION.format(lists=self.lists)
        return CONNECTION.format(at=at) + purposes_of("salesforce") + destination

    def make_fields(self) -> None:
        """What the admin does with the definitions that the plan prints."""
        with self.opened() as workspace:
            store_id = workspace.control.store_id
        with self.crm() as state:
            add_label_fields(state, store_id)

    def shown(self) -> dict[str, str]:
        """Last name of a contact to the segment in its field; those without one are left out."""
        rows = snapshot.load(self.root / "sandbox").tables["Contact"].each()
        return {row.values["LastName"]: row.values[SEGMENT] for row in rows if row.values.get(SEGMENT)}

    def members(self) -> dict[str, str]:
        """Last name of a contact to the campaign it is on."""
        tables = snapshot.load(self.root / "sandbox").tables
        return {
            tables["Contact"].rows[one.values["ContactId"]].values["LastName"]: tables["Campaign"]
            .rows[one.values["CampaignId"]]
            .values["Name"]
            for one in tables["CampaignMember"].each()
        }


@pytest.fixture
def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journey]:
    """Customers p00 to p23 with one to four won deals each; p22 opted out, p23 was imported."""
    monkeypatch.setitem(Transport.__init__.__kwdefaults__ or {}, "sleep", lambda _seconds: None)
    state, ids = SalesforceState(), []
    news = state.add("DataUsePurpose", {"Name": "Newsletter"}, created_at=START - timedelta(days=900))
    for n in range(PEOPLE):
        joined = START - timedelta(days=500 - n)
        individual = state.add("Individual", {"LastName": f"p{n:02d}"}, created_at=joined)
        person = {"LastName": f"p{n:02d}", "Email": f"p{n:02d}@example.org", "IndividualId": individual}
        ids.append(state.add_contact({**person, "HasOptedOutOfEmail": n == 22}, created_at=joined))
        consent = {
            "Name": "c",
            "PartyId": individual,
            "DataUsePurposeId": news,
            "ContactPointType": "Email",
            "PrivacyConsentStatus": "OptIn",
            "CaptureDate": joined,
            "CaptureSource": "Web form",
            "CaptureContactPointType": "Web",
            "DoubleConsentCaptureDate": None if n == 23 else joined,
        }
        state.add("ContactPointTypeConsent", consent, created_at=joined)
        for order in range(n % 4 + 1):
            won = date(2026, 6, 5) - timedelta(days=10 * n + 30 * order)
            deal = {"Name": "D", "StageName": "Closed Won", "CloseDate": won, "Amount": 10 + n}
            state.add_opportunity(deal, created_at=joined, contacts=[ids[-1]])
    snapshot.save(state, tmp_path / "sandbox")
    write_private(tmp_path / "consumer.key", state.account.consumer_key)
    found = Journey(root=tmp_path, ids=ids)
    found.begin()
    yield found
    assert {line["kind"] for line in found.log()} <= {"label", "provision"}


def test_without_the_admins_fields_nothing_is_written(journey: Journey) -> None:
    with pytest.raises(ConsentricError) as raised:
        journey.apply_first()

    assert raised.value.code == "CS237"
    assert journey.log() == []


def test_who_consented_gets_a_field_and_a_campaign_and_a_second_run_writes_nothing(journey: Journey) -> None:
    journey.make_fields()

    report = journey.apply_first()
    shown, members = journey.shown(), journey.members()

    assert report.exit_code == 0
    assert sorted(shown) == [f"p{n:02d}" for n in range(22)]
    assert members == {name: f"consentric_rfm5: {segment}" for name, segment in shown.items()}
    before = len(journey.log())
    journey.tomorrow()
    journey.sync()
    assert [line for line in journey.log()[before:] if line["kind"] == "label"] == []
    assert (journey.shown(), journey.members()) == (shown, members)


def test_each_way_of_saying_no_takes_the_label_off(journey: Journey) -> None:
    journey.make_fields()
    journey.apply_first()
    before = journey.shown()
    journey.tomorrow()
    moment = (journey.now - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    with journey.crm() as state:
        contacts, consents = state.tables["Contact"].rows, state.tables["ContactPointTypeConsent"]
        flagged, individual, recorded = (contacts[journey.ids[n]] for n in range(3))
        flagged.values["HasOptedOutOfEmail"], flagged.stamp = True, moment
        person = state.tables["Individual"].rows[individual.values["IndividualId"]]
        person.values["HasOptedOutSolicit"], person.stamp = True, moment
        (consent,) = [
            row for row in consents.each() if row.values["PartyId"] == recorded.values["IndividualId"]
        ]
        consent.values["PrivacyConsentStatus"], consent.stamp = "OptOut", moment

    journey.sync()

    gone = {"p00", "p01", "p02"}
    assert set(before) - set(journey.shown()) == gone
    assert not gone & set(journey.members())


def test_a_merge_leaves_one_label_on_the_survivor(journey: Journey) -> None:
    journey.make_fields()
    journey.apply_first()
    journey.tomorrow()
    with journey.crm() as state:
        lifecycle.merge(
            state, "Contact", journey.ids[3], [journey.ids[4]], at=journey.now - timedelta(hours=2)
        )

    report = journey.sync()

    assert report.exit_code == 0
    assert "p04" not in journey.shown()
    assert "p03" in journey.shown()
