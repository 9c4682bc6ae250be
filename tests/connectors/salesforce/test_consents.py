"""Consent records as events: purposes, channels, conflicts, dates, and who they belong to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consentric import Bookmark, ConfigError, ConsentEvent, RecordRef, Stream
from consentric_salesforce.consent_words import Word, settled

JANUARY = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
CONSENTS = Stream(name="consents", kind="consents")
ME = RecordRef(object="Contact", id="003000000000001AAA")


def word(status: str, said_at: datetime | None = JANUARY, **facts: Any) -> Word:
    given: dict[str, Any] = {
        "giver": "0PK",
        "purpose": "news",
        "channel": "email",
        "ends_at": None,
        "is_deleted": False,
        "changed_at": MARCH,
        "is_confirmed": False,
        "captured_by": "Web",
        "origin": "Form",
    }
    return Word(status=status, said_at=said_at, **(given | facts))


def said(*words: Word) -> list[tuple[Any, ...]]:
    events = settled(words, [ME], at=MAY)
    return [(e.state, e.purpose, e.channel, e.grade, e.method, e.occurred_at) for e in events]


def test_a_yes_is_graded_by_what_is_known_of_it() -> None:
    assert said(word("OptIn")) == [("granted", "news", "email", "C", "form", JANUARY)]
    assert said(word("OptIn", is_confirmed=True)) == [("granted", "news", "email", "A", "doi", JANUARY)]
    assert said(word("OptIn", None)) == [("granted", "news", "email", "D", "form", None)]


def test_of_two_that_contradict_each_other_the_stricter_speaks_at_the_later_time() -> None:
    yes, no = word("OptIn", MARCH, is_confirmed=True), word("OptOut", JANUARY)

    assert said(yes, no) == said(no, yes) == [("withdrawn", "news", "email", "C", "form", MARCH)]


def test_each_channel_and_each_purpose_is_a_question_of_its_own() -> None:
    found = said(word("OptIn"), word("OptOut", channel="phone"), word("OptOut", purpose="other"))

    assert [one[:3] for one in found] == [
        ("granted", "news", "email"),
        ("withdrawn", "news", "phone"),
        ("withdrawn", "other", "email"),
    ]


def test_without_a_mapped_purpose_a_no_counts_for_all_and_a_yes_for_none() -> None:
    assert said(word("OptIn", purpose=None)) == []
    assert said(word("OptOut", purpose=None)) == [("withdrawn", "*", "email", "C", "form", JANUARY)]


def test_a_yes_that_ran_out_or_was_taken_back_has_ended() -> None:
    ended = ("ended", "news", "email", "D", "crm_flag")
    assert said(word("OptIn", ends_at=MARCH)) == [(*ended, MARCH)]
    assert said(word("OptIn", ends_at=MAY)) == [(*ended, MAY)]
    assert said(word("OptIn", is_deleted=True)) == [(*ended, MARCH)]
    assert said(word("Seen")) == [(*ended, MARCH)]


def test_a_no_does_not_run_out() -> None:
    assert said(word("OptOut", ends_at=MARCH)) == [("withdrawn", "news", "email", "C", "form", JANUARY)]


def test_one_yes_among_others_that_ended_is_enough() -> None:
    assert [one[0] for one in said(word("OptIn", is_deleted=True), word("OptIn", MARCH))] == ["granted"]


def test_a_yes_on_an_unknown_channel_is_none_and_a_no_is_one_on_all() -> None:
    assert said(word("OptIn", channel="*")) == []
    assert said(word("OptOut", channel="*"))[0][:3] == ("withdrawn", "news", "*")


class Individuals:
    """Puts people with consent records into an org."""

    def __init__(self, org: Any) -> None:
        self.at = JANUARY
        self.state = org.state
        self.news = self.state.add("DataUsePurpose", {"Name": "Newsletter"}, created_at=JANUARY)

    def person(self, entity: str = "Contact", **fields: Any) -> tuple[str, RecordRef]:
        individual = self.state.add("Individual", {"LastName": "P"}, created_at=self.at)
        more = {"Company": "C"} if entity == "Lead" else {}
        given = {"LastName": "P", "IndividualId": individual, **more, **fields}
        id = self.state.add(entity, given, created_at=self.at)
        return individual, RecordRef(object=entity, id=id)

    def consent(self, individual: str, status: str = "OptIn", **fields: Any) -> str:
        given = {
            "Name": "c",
            "PartyId": individual,
            "DataUsePurposeId": self.news,
            "ContactPointType": "Email",
            "PrivacyConsentStatus": status,
            "CaptureDate": JANUARY,
            "CaptureSource": "Web form",
            "CaptureContactPointType": "Web",
        }
        return self.state.add("ContactPointTypeConsent", given | fields, created_at=self.at)


def events(connector: Any, since: Bookmark | None = None) -> tuple[list[ConsentEvent], Bookmark]:
    records = list(connector.read(CONSENTS, since))
    marks = [one for one in records if isinstance(one, Bookmark)]
    return [one for one in records if isinstance(one, ConsentEvent)], marks[-1]


def test_a_consent_belongs_to_every_record_of_its_individual(org: Any) -> None:
    people = Individuals(org)
    individual, ref = people.person()
    fields = {"LastName": "P", "Company": "C", "IndividualId": individual}
    twin = org.state.add_lead(fields, created_at=JANUARY)
    people.consent(individual)

    found, _ = events(org.connector(consents={"Newsletter": "email_marketing"}))

    expected = {
        "state": "granted",
        "purpose": "email_marketing",
        "channel": "email",
        "grade": "C",
        "occurred_at": JANUARY,
        "method": "form",
        "origin": "Web form",
    }
    assert found == [
        ConsentEvent(**expected, record=ref),
        ConsentEvent(**expected, record=RecordRef(object="Lead", id=twin)),
    ]


def test_a_consent_begins_to_count_when_it_takes_effect(org: Any) -> None:
    people = Individuals(org)
    individual, _ = people.person()
    people.consent(individual, EffectiveFrom=MARCH)

    (found,), _ = events(org.connector(consents={people.news[:15]: "news"}))

    assert found.occurred_at == MARCH


def test_a_source_that_may_name_somebody_is_left_where_it_is(org: Any) -> None:
    people = Individuals(org)
    individual, _ = people.person()
    people.consent(individual, CaptureSource="told marie@example.org")

    (found,), _ = events(org.connector(consents={"Newsletter": "news"}))

    assert found.origin is None


def test_an_increment_reads_all_records_of_who_changed_and_of_nobody_else(org: Any) -> None:
    people = Individuals(org)
    one, ref = people.person()
    people.consent(one)
    no = people.consent(one, "Seen")
    people.at -= timedelta(days=1)
    other, _ = people.person()
    people.consent(other)
    connector = org.connector(consents={"Newsletter": "news"})
    _, mark = events(connector)
    org.now += timedelta(days=1)
    org.touch("ContactPointTypeConsent", no, PrivacyConsentStatus="OptOut")

    found, after = events(connector, mark)

    assert [(e.state, e.record) for e in found] == [("withdrawn", ref)]
    assert after.watermark > mark.watermark


def test_a_grant_that_runs_out_between_two_reads_ends(org: Any) -> None:
    people = Individuals(org)
    one, ref = people.person()
    ends = org.now + timedelta(hours=3)
    people.consent(one, EffectiveTo=ends)
    connector = org.connector(consents={"Newsletter": "news"})
    before, mark = events(connector)
    org.now += timedelta(days=1)

    found, _ = events(connector, mark)

    assert [e.state for e in before] == ["granted"]
    assert [(e.state, e.record, e.occurred_at) for e in found] == [("ended", ref, ends)]


def test_a_contact_that_is_linked_later_brings_its_consents(org: Any) -> None:
    people = Individuals(org)
    one, _ = people.person()
    people.consent(one)
    late = org.state.add_contact({"LastName": "L"}, created_at=JANUARY)
    connector = org.connector(consents={"Newsletter": "news"})
    _, mark = events(connector)
    org.now += timedelta(days=1)
    org.touch("Contact", late, IndividualId=one)

    found, _ = events(connector, mark)

    assert RecordRef(object="Contact", id=late) in {e.record for e in found}


def test_a_subscription_consent_speaks_for_the_channel_of_its_contact_point(org: Any) -> None:
    people = Individuals(org)
    individual, ref = people.person()
    state = org.state
    point = {"ParentId": individual, "EmailAddress": "p@example.org"}
    address = state.add("ContactPointEmail", point, created_at=JANUARY)
    given = {
        "Name": "s",
        "ContactPointId": address,
        "ConsentGiverId": ref.id,
        "ConsentCapturedDateTime": MARCH,
        "ConsentCapturedSource": "Preference page",
        "DataUsePurposeId": people.news,
        "PrivacyConsentStatus": "OptOut",
    }
    state.add("CommSubscriptionConsent", given, created_at=MARCH)

    (found,), _ = events(org.connector(consents={"Newsletter": "news"}))

    assert (found.state, found.purpose, found.channel, found.record, found.occurred_at) == (
        "withdrawn",
        "news",
        "email",
        ref,
        MARCH,
    )


def test_denials_hold_the_no_of_a_consent_record(org: Any) -> None:
    people = Individuals(org)
    one, ref = people.person()
    id = people.consent(one)
    connector = org.connector(consents={"Newsletter": "news"})
    _, mark = events(connector)
    org.now += timedelta(days=1)
    org.touch("ContactPointTypeConsent", id, PrivacyConsentStatus="OptOut")

    records = list(connector.read_denials(mark))

    assert [(e.state, e.record) for e in records if isinstance(e, ConsentEvent)] == [("withdrawn", ref)]
    assert isinstance(records[-1], Bookmark)


def test_a_purpose_that_the_org_does_not_have_is_refused_at_check(org: Any) -> None:
    Individuals(org)

    with pytest.raises(ConfigError, match='consents names "Newsletters"'):
        org.connector(consents={"Newsletters": "news"}).check()


def test_an_object_that_cannot_be_read_is_a_missing_scope(org: Any) -> None:
    org.state.hide_object("Opportunity")

    account = org.connector(purchases="opportunities").check()

    assert account.name == "Pretend Retail"
    assert account.missing_scopes == ("read Opportunity",)
