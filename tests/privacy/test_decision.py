"""Rules, bases, effects and instants of the decision, each by an example worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from consentric_privacy.decision import (
    Claim,
    Decision,
    Event,
    Facts,
    Hit,
    Objection,
    Person,
    Purpose,
    Restriction,
    decide,
)
from consentric_privacy.effects import EFFECTS, combine
from consentric_privacy.months import add_months
from consentric_privacy.purpose import policy_hash

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TOMORROW = NOON + timedelta(hours=24)
NEWS = Purpose(
    id="news",
    basis=("consent",),
    channels=("email",),
    direct_marketing=True,
    max_age_months=36,
    accepted_notices=("n2",),
    authorities=("hubspot",),
)
RFM = Purpose(
    id="rfm", basis=("legitimate_interest",), direct_marketing=True, profiling=True, has_assessment=True
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T00:00:00+00:00")


def event(state: Any, said_on: str | None, number: int = 0, **more: Any) -> Event:
    values: dict[str, Any] = {
        "id": bytes([number]),
        "rref": b"r",
        "source": "hubspot",
        "purpose": "news",
        "channel": "email",
        "grade": "B",
        "notice": "n2",
        "first_observed_at": at("2026-06-01"),
        "occurred_at": at(said_on) if said_on else None,
    }
    return Event(state=state, **(values | more))


GRANT = event("granted", "2026-03-01")


def ask(person: Person | None = None, purpose: Purpose | None = NEWS, **more: Any) -> Decision:
    question: dict[str, Any] = {"action": "process", "at": NOON, "reads": {"hubspot": NOON}}
    question |= {"channel": purpose.channels[0] if purpose else "email", "max_staleness": timedelta(hours=24)}
    return decide(person or Person(), purpose, **(question | more))


def outcome(decision: Decision) -> tuple[int, str, str | None]:
    return decision.rule, decision.reason, decision.effect


def test_every_rule_fires_in_its_place() -> None:
    consented = Person(events=(GRANT,))
    minor = Facts(consent_age_at=TOMORROW, adult_at=at("2030-01-01"))
    stale = {"action": "write_back", "reads": {}}
    assert outcome(ask(action="rights_request", purpose=None)) == (1, "RIGHTS_REQUEST", None)
    assert outcome(ask(purpose=None)) == (2, "PURPOSE_UNKNOWN", "refuse")
    assert outcome(ask(consented, channel="sms")) == (3, "CHANNEL_NOT_COVERED", "refuse")
    assert outcome(ask(replace(consented, hits=(Hit(reason="erasure", since=NOON),)))) == (
        (4, "SUBJECT_ERASED", "remove")
    )
    assert outcome(ask(replace(consented, restrictions=(Restriction(),)))) == (5, "RESTRICTED", "remove")
    assert outcome(ask(replace(consented, objections=(Objection(kind="21.2"),)))) == (
        (6, "OBJECTED_MARKETING", "remove")
    )
    assert outcome(ask(replace(consented, hits=(Hit(reason="bounce", since=NOON, channel="email"),)))) == (
        (7, "SUPPRESSED", "remove")
    )
    assert outcome(ask(Person(objections=(Objection(kind="21.1"),)), RFM)) == (8, "OBJECTED", "remove")
    assert outcome(ask(replace(consented, facts=Facts(created_at=at("2023-06-15"))))) == (
        (9, "RETENTION_EXPIRED", "expire")
    )
    assert outcome(ask(Person(facts=minor), RFM)) == (10, "MINOR_PROFILING", "remove")
    assert outcome(ask(consented, replace(NEWS, child_directed=True))) == (10, "AGE_UNKNOWN", "expire")
    assert outcome(ask(replace(consented, facts=minor))) == (11, "MINOR_NO_PARENTAL_CONSENT", "remove")
    assert outcome(ask(consented, uses_special_category=True)) == (12, "SPECIAL_CATEGORY", "remove")
    assert outcome(ask(consented, **stale)) == (13, "SOURCE_STALE", "hold")
    assert outcome(ask()) == (14, "CONSENT_MISSING", "expire")
    assert outcome(ask(consented, replace(NEWS, significant_effect=True))) == (
        15,
        "AUTOMATED_DECISION",
        "hold",
    )
    assert outcome(ask(consented, action="send", transfer="uncovered")) == (
        16,
        "TRANSFER_NOT_COVERED",
        "refuse",
    )
    assert outcome(ask(consented)) == (17, "CONSENT_VALID", None)


def test_each_rule_comes_before_the_next() -> None:
    """A person to whom rules 4 to 14 all apply, relieved of one after the other."""
    purpose = Purpose(
        id="news",
        basis=("consent", "legitimate_interest"),
        channels=("email",),
        direct_marketing=True,
        profiling=True,
        has_assessment=True,
        authorities=("hubspot",),
    )
    person = Person(
        hits=(Hit(reason="erasure", since=NOON), Hit(reason="complaint", since=NOON)),
        restrictions=(Restriction(),),
        objections=(Objection(kind="21.2"), Objection(kind="21.1")),
        facts=Facts(created_at=at("2020-01-01"), consent_age_at=TOMORROW, adult_at=TOMORROW),
    )
    question: dict[str, Any] = {"action": "send", "reads": {}, "uses_special_category": True}
    fired = [ask(person, purpose, **question).rule]
    for relief in (
        {"hits": (person.hits[1],)},
        {"restrictions": ()},
        {"objections": (person.objections[1],)},
        {"hits": ()},
        {"facts": replace(person.facts, created_at=NOON)},
    ):
        person = replace(person, **relief)
        fired.append(ask(person, purpose, **question).rule)
    person = replace(person, facts=Facts())
    fired.append(ask(person, purpose, **question).rule)
    question["uses_special_category"] = False
    fired.append(ask(person, purpose, **question).rule)

    # Rule 8 strikes one of two bases; 11 strikes the last. Without it the objection is a known no: rule 14.
    assert fired == [4, 5, 6, 7, 9, 11, 12, 14]


@pytest.mark.parametrize(
    ("events", "verdict", "reason"),
    [
        ([], "DENY", "CONSENT_MISSING"),
        ([event("withdrawn", "2026-02-01")], "DENY", "CONSENT_WITHDRAWN"),
        ([GRANT], "ALLOW", "CONSENT_VALID"),
        ([event("granted", "2026-03-01", grade="A")], "ALLOW", "CONSENT_VALID"),
        ([GRANT, event("ended", None, 1)], "DENY", "CONSENT_WITHDRAWN"),
        ([event("granted", "2026-03-01", grade="C")], "DENY", "EVIDENCE_INSUFFICIENT"),
        ([event("granted", "2026-03-01", grade="D")], "DENY", "EVIDENCE_INSUFFICIENT"),
        ([event("granted", None)], "DENY", "EVIDENCE_INSUFFICIENT"),
        ([GRANT, event("denied", "2026-02-28", 1)], "ALLOW", "CONSENT_VALID"),
        ([GRANT, event("denied", "2026-03-01", 1)], "DENY", "CONSENT_WITHDRAWN"),
        ([GRANT, event("denied", "2026-03-02", 1)], "DENY", "CONSENT_WITHDRAWN"),
        (
            [event("granted", "2026-03-01", grade="C"), event("denied", "2026-02-01", 1)],
            "DENY",
            "CONSENT_WITHDRAWN",
        ),
        ([event("granted", "2026-06-02"), event("withdrawn", None, 1)], "ALLOW", "CONSENT_VALID"),
        ([event("granted", "2026-05-31"), event("withdrawn", None, 1)], "DENY", "CONSENT_WITHDRAWN"),
    ],
)
def test_the_truth_table_of_grants_and_denials(events: list[Event], verdict: str, reason: str) -> None:
    decision = ask(Person(events=tuple(events)))

    assert (decision.verdict, decision.reason) == (verdict, reason)


@pytest.mark.parametrize(
    ("grants", "reason"),
    [
        ([event("granted", "2026-07-01")], "CONSENT_NOT_YET_VALID"),
        ([event("granted", "2026-03-01", notice="n1")], "CONSENT_NOTICE_OUTDATED"),
        ([event("granted", "2026-03-01", notice=None)], "CONSENT_NOTICE_UNKNOWN"),
        ([event("granted", "2023-06-15", occurred_at=NOON.replace(year=2023))], "CONSENT_EXPIRED"),
        # The lowest number counts, and of one number the alphabetically first.
        (
            [event("granted", "2023-06-15"), event("granted", "2026-03-01", 1, notice=None)],
            "CONSENT_NOTICE_UNKNOWN",
        ),
        (
            [event("granted", "2026-03-01", notice=None), event("granted", "2026-03-01", 1, notice="n1")],
            "CONSENT_NOTICE_OUTDATED",
        ),
        (
            [event("granted", "2026-07-01"), event("granted", "2026-03-01", 1, grade="D")],
            "CONSENT_NOT_YET_VALID",
        ),
        # One effective grant allows, whatever became of the others.
        ([event("granted", "2026-07-01"), event("granted", "2026-03-01", 1)], "CONSENT_VALID"),
    ],
)
def test_the_fate_of_each_grant(grants: list[Event], reason: str) -> None:
    assert ask(Person(events=tuple(grants))).reason == reason


def test_a_purpose_with_double_opt_in_calls_a_single_one_unconfirmed() -> None:
    confirmed = replace(NEWS, min_grade="A")

    assert ask(Person(events=(GRANT,)), confirmed).reason == "CONSENT_UNCONFIRMED"
    assert ask(Person(events=(GRANT._replace(grade="C"),)), confirmed).reason == "EVIDENCE_INSUFFICIENT"
    assert ask(Person(events=(event("pending", "2026-03-01"),)), confirmed).reason == "CONSENT_UNCONFIRMED"


def test_wildcards_count_for_denials_and_never_for_grants() -> None:
    anything = event("withdrawn", "2026-04-01", 1, purpose="*", channel="*")

    assert ask(Person(events=(GRANT._replace(purpose="*"),))).reason == "CONSENT_MISSING"
    assert ask(Person(events=(GRANT._replace(channel="*"),))).reason == "CONSENT_MISSING"
    assert ask(Person(events=(GRANT, anything))).reason == "CONSENT_WITHDRAWN"
    assert ask(Person(events=(anything,)), RFM).reason == "CONSENT_WITHDRAWN"
    assert ask(Person(events=(anything._replace(channel="email"),)), RFM).reason == "LEGITIMATE_INTEREST"


def test_a_withdrawal_that_is_only_inferred_expires_and_one_that_was_said_removes() -> None:
    ended = Person(events=(GRANT, event("ended", None, 1)))
    said = replace(ended, events=(*ended.events, event("denied", "2026-01-01", 2)))

    assert outcome(ask(ended)) == (14, "CONSENT_WITHDRAWN", "expire")
    assert outcome(ask(said)) == (14, "CONSENT_WITHDRAWN", "remove")


def test_an_ending_spares_other_records_sources_and_later_grants() -> None:
    for spared in (
        GRANT._replace(rref=b"other"),
        GRANT._replace(source="mailchimp"),
        GRANT._replace(occurred_at=at("2026-06-02")),
        GRANT._replace(shown_again_at=at("2026-06-02")),
    ):
        assert ask(Person(events=(spared, event("ended", None, 1)))).reason == "CONSENT_VALID"
    tied = GRANT._replace(occurred_at=at("2026-06-01"))
    assert ask(Person(events=(tied, event("ended", None, 1)))).reason == "CONSENT_WITHDRAWN"
    undated = GRANT._replace(occurred_at=None)
    assert ask(Person(events=(undated, event("ended", None, 1)))).reason == "CONSENT_WITHDRAWN"


def test_a_known_no_stands_when_sources_are_stale() -> None:
    stale: dict[str, Any] = {
        "action": "write_back",
        "reads": {"hubspot": NOON - timedelta(hours=24, seconds=1)},
    }
    no = Person(events=(GRANT, event("withdrawn", "2026-04-01", 1)))
    inferred = Person(events=(GRANT, event("ended", None, 1)))

    assert outcome(ask(no, **stale)) == (14, "CONSENT_WITHDRAWN", "remove")
    assert outcome(ask(inferred, **stale)) == (13, "SOURCE_STALE", "hold")
    assert outcome(ask(Person(), **stale)) == (13, "SOURCE_STALE", "hold")
    fresh = stale | {"reads": {"hubspot": NOON - timedelta(hours=24)}}
    assert ask(Person(events=(GRANT,)), **fresh).reason == "CONSENT_VALID"
    assert ask(Person(events=(GRANT,)), **(stale | {"action": "process"})).reason == "CONSENT_VALID"


def test_restriction_spares_storing_and_legal_claims() -> None:
    person = Person(events=(GRANT,), restrictions=(Restriction(),))

    assert [ask(person, action=action).rule for action in ("store", "legal_claim", "export")] == [17, 17, 5]


def test_objections_count_within_their_scope_until_lifted() -> None:
    def with_objection(**of: Any) -> str:
        return ask(Person(objections=(Objection(**of),)), RFM).reason

    assert with_objection(kind="21.1", scope="rfm") == "OBJECTED"
    assert with_objection(kind="21.1", scope="news") == "LEGITIMATE_INTEREST"
    assert with_objection(kind="21.1", has_compelling_grounds=True) == "LEGITIMATE_INTEREST"
    assert with_objection(kind="21.1", lifted_at=NOON) == "LEGITIMATE_INTEREST"
    assert with_objection(kind="21.1", lifted_at=TOMORROW) == "OBJECTED"
    assert with_objection(kind="21.2", has_compelling_grounds=True) == "OBJECTED_MARKETING"
    assert ask(Person(objections=(Objection(kind="21.2"),)), replace(RFM, direct_marketing=False)).rule == 17


def test_a_struck_basis_leaves_the_others() -> None:
    both = replace(NEWS, basis=("legitimate_interest", "consent"), has_assessment=True)
    objected = Person(events=(GRANT,), objections=(Objection(kind="21.1"),))

    assert ask(objected, both).reason == "CONSENT_VALID"
    assert outcome(ask(replace(objected, events=()), both)) == (14, "OBJECTED", "remove")


@pytest.mark.parametrize(
    ("basis", "events", "reason", "effect"),
    [
        (("consent", "legitimate_interest"), [], "LIA_MISSING", "refuse"),
        (("consent", "contract"), [], "CONSENT_MISSING", "expire"),
        (("contract", "consent"), [], "CONTRACT_ENDED", "expire"),
        (
            ("contract", "consent", "soft_opt_in"),
            [event("denied", "2026-01-01")],
            "CONSENT_WITHDRAWN",
            "remove",
        ),
        (("soft_opt_in",), [], "SOFT_OPT_IN_NOT_CUSTOMER", "expire"),
        (("legal_obligation",), [event("denied", "2026-01-01")], "LEGAL_OBLIGATION", None),
    ],
)
def test_if_no_basis_holds_the_strongest_effect_names_the_reason(
    basis: Any, events: list[Event], reason: str, effect: str | None
) -> None:
    decision = ask(Person(events=tuple(events)), replace(NEWS, basis=basis))

    assert (decision.reason, decision.effect) == (reason, effect)


def test_soft_opt_in_asks_for_a_purchase_an_offer_and_no_denial() -> None:
    purpose = replace(NEWS, basis=("soft_opt_in",))
    customer = Person(facts=Facts(customer_since=at("2026-01-02"), optout_offered=True))

    assert ask(customer, purpose).reason == "SOFT_OPT_IN"
    assert ask(Person(facts=replace(customer.facts, optout_offered=False)), purpose).reason == (
        "SOFT_OPT_IN_NO_OPTOUT_OFFERED"
    )
    assert ask(Person(facts=replace(customer.facts, customer_since=TOMORROW)), purpose).reason == (
        "SOFT_OPT_IN_NOT_CUSTOMER"
    )
    # An earlier denial kills it for good, even where a later grant exists.
    regretted = replace(customer, events=(event("denied", "2026-01-01", 1), GRANT))
    assert ask(regretted, purpose).reason == "CONSENT_WITHDRAWN"


def test_a_contract_holds_until_its_end() -> None:
    purpose = replace(NEWS, basis=("contract",))

    assert ask(Person(facts=Facts(contract_until=TOMORROW)), purpose).valid_until == TOMORROW
    assert ask(Person(facts=Facts(contract_until=NOON)), purpose).reason == "CONTRACT_ENDED"


@pytest.mark.parametrize(
    ("parental", "reason"),
    [
        ({"parental": True, "grade": "A"}, "CONSENT_VALID"),
        ({"parental": True, "grade": "B"}, "MINOR_NO_PARENTAL_CONSENT"),
        ({"grade": "A"}, "MINOR_NO_PARENTAL_CONSENT"),
        ({"parental": True, "grade": "A", "occurred_at": TOMORROW}, "MINOR_NO_PARENTAL_CONSENT"),
        ({"parental": True, "grade": "A", "source": "ended"}, "MINOR_NO_PARENTAL_CONSENT"),
        ({"parental": True, "grade": "A", "notice": "n1"}, "CONSENT_NOTICE_OUTDATED"),
    ],
)
def test_a_child_needs_a_verified_parental_grant(parental: dict[str, Any], reason: str) -> None:
    own = event("granted", "2026-03-02", 1, grade="A")
    ended = event("ended", None, 2, source="ended")
    child = Person(
        events=(GRANT._replace(**parental), own, ended), facts=Facts(consent_age_at=at("2027-01-01"))
    )

    assert ask(child).reason == reason


def test_between_consent_age_and_adulthood_only_profiling_on_interest_is_denied() -> None:
    facts = Facts(consent_age_at=NOON, adult_at=TOMORROW)

    assert ask(Person(events=(GRANT,), facts=facts)).reason == "CONSENT_VALID"
    assert outcome(ask(Person(facts=facts), RFM)) == (10, "MINOR_PROFILING", "remove")
    assert ask(Person(facts=facts), RFM).valid_until == TOMORROW
    assert ask(Person(facts=replace(facts, adult_at=NOON)), RFM).reason == "LEGITIMATE_INTEREST"


@pytest.mark.parametrize(
    ("transfer", "reason"),
    [
        (None, "CONSENT_VALID"),
        ("eea", "CONSENT_VALID"),
        ("adequacy", "CONSENT_VALID"),
        ("scc", "CONSENT_VALID"),
        ("bcr", "CONSENT_VALID"),
        ("uncovered", "TRANSFER_NOT_COVERED"),
    ],
)
def test_a_transfer_needs_a_mechanism(transfer: Any, reason: str) -> None:
    assert ask(Person(events=(GRANT,)), action="write_back", transfer=transfer).reason == reason


def test_an_uncovered_transfer_says_nothing_about_computing() -> None:
    assert ask(Person(events=(GRANT,)), transfer="uncovered").reason == "CONSENT_VALID"


def test_a_human_review_lets_a_significant_effect_pass() -> None:
    purpose = replace(NEWS, significant_effect=True)

    assert ask(Person(events=(GRANT,)), purpose, is_human_reviewed=True).reason == "CONSENT_VALID"


class TestClaims:
    """What the controller claims to be able to prove."""

    claim = Claim(source="hubspot", origin="Sign-up", grade="B", notice="n2")
    bare = event("granted", "2026-03-01", grade="D", notice=None, origin="Sign-up")

    def reason(self, grant: Event, claim: Claim, *others: Event) -> str:
        return ask(Person(events=(grant, *others)), claims=(claim,)).reason

    def test_a_claim_gives_grade_and_notice(self) -> None:
        assert ask(Person(events=(self.bare,))).reason == "EVIDENCE_INSUFFICIENT"
        assert self.reason(self.bare, self.claim) == "CONSENT_VALID"
        assert self.reason(self.bare, replace(self.claim, notice=None)) == "CONSENT_NOTICE_UNKNOWN"
        assert self.reason(self.bare, replace(self.claim, origin=None)) == "CONSENT_VALID"

    def test_a_claim_covers_its_source_form_and_days_only(self) -> None:
        for other in (
            replace(self.claim, source="mailchimp"),
            replace(self.claim, origin="Shop"),
            replace(self.claim, from_at=at("2026-03-02")),
            replace(self.claim, until_at=at("2026-03-01")),
        ):
            assert self.reason(self.bare, other) == "EVIDENCE_INSUFFICIENT"
        exact = replace(self.claim, from_at=at("2026-03-01"), until_at=at("2026-03-02"))
        assert self.reason(self.bare, exact) == "CONSENT_VALID"

    def test_a_claim_gives_no_time(self) -> None:
        assert self.reason(self.bare._replace(occurred_at=None), self.claim) == "EVIDENCE_INSUFFICIENT"

    def test_a_claim_does_not_replace_what_the_source_says(self) -> None:
        assert self.reason(self.bare._replace(notice="n1"), self.claim) == "CONSENT_NOTICE_OUTDATED"
        assert self.reason(GRANT._replace(grade="A", origin="Sign-up"), self.claim) == "CONSENT_VALID"

    def test_a_claim_never_overrules_a_no(self) -> None:
        no = event("withdrawn", "2026-01-01", 1)

        assert self.reason(self.bare, self.claim, no) == "CONSENT_WITHDRAWN"
        assert self.reason(GRANT._replace(origin="Sign-up"), self.claim, no) == "CONSENT_VALID"

    def test_a_claim_can_say_that_an_opt_out_was_offered(self) -> None:
        purpose = replace(NEWS, basis=("soft_opt_in",))
        facts = Facts(customer_since=at("2026-01-02"), created_at=at("2026-01-02"))
        customer = Person(facts=facts, sources=("hubspot",))
        offered = Claim(source="hubspot", optout_offered=True)

        def reason(person: Person, claim: Claim) -> str:
            return ask(person, purpose, claims=(claim,)).reason

        refused = "SOFT_OPT_IN_NO_OPTOUT_OFFERED"
        assert reason(customer, offered) == "SOFT_OPT_IN"
        assert reason(customer, replace(offered, source="mailchimp")) == refused
        assert reason(customer, replace(offered, from_at=at("2026-01-03"))) == refused
        assert reason(customer, replace(offered, origin="Shop")) == refused
        in_shop = replace(customer, events=(event("pending", "2026-01-02", origin="Shop"),))
        assert reason(in_shop, replace(offered, origin="Shop")) == "SOFT_OPT_IN"


class TestErasure:
    """An erasure entry, open or closed by an own act."""

    closed = Hit(reason="erasure", since=at("2026-04-01"), closed_at=at("2026-05-01"))

    def test_grants_and_purchases_before_an_erasure_never_count_again(self) -> None:
        later = GRANT._replace(occurred_at=at("2026-04-02"))
        assert ask(Person(events=(GRANT,), hits=(self.closed,))).reason == "CONSENT_MISSING"
        tied = GRANT._replace(occurred_at=at("2026-04-01"))
        assert ask(Person(events=(tied,), hits=(self.closed,))).reason == "CONSENT_MISSING"
        assert ask(Person(events=(GRANT, later), hits=(self.closed,))).reason == "CONSENT_VALID"

        purpose = replace(NEWS, basis=("soft_opt_in",))
        facts = Facts(customer_since=at("2026-04-01"), optout_offered=True)
        assert ask(Person(facts=facts, hits=(self.closed,)), purpose).reason == "SOFT_OPT_IN_NOT_CUSTOMER"
        facts = replace(facts, customer_since=at("2026-04-02"))
        assert ask(Person(facts=facts, hits=(self.closed,)), purpose).reason == "SOFT_OPT_IN"

    def test_an_entry_is_open_until_the_act_that_closes_it(self) -> None:
        person = Person(events=(GRANT._replace(occurred_at=at("2026-05-01")),), hits=(self.closed,))

        assert ask(person, at=at("2026-04-30")).reason == "SUBJECT_ERASED"
        assert ask(person, at=at("2026-04-30")).valid_until == at("2026-05-01")
        assert ask(person, at=at("2026-05-01")).reason == "CONSENT_VALID"


class TestValidUntil:
    """The next instant at which time alone changes the verdict."""

    def test_the_last_of_several_consents_counts(self) -> None:
        older, newer = event("granted", "2024-01-31"), event("granted", "2025-02-28", 1)

        assert ask(Person(events=(older, newer))).valid_until == at("2028-02-28")

    def test_inactivity_ends_before_consent(self) -> None:
        person = Person(
            events=(GRANT,), facts=Facts(created_at=at("2020-01-01"), last_contact_at=at("2024-02-29"))
        )

        assert ask(person).valid_until == at("2027-02-28")

    def test_a_future_grant_begins(self) -> None:
        assert ask(Person(events=(event("granted", "2026-07-01"),))).valid_until == at("2026-07-01")

    def test_a_suppression_ends(self) -> None:
        hit = Hit(reason="bounce", since=NOON, expires_at=TOMORROW)

        assert ask(Person(events=(GRANT,), hits=(hit,))).valid_until == TOMORROW

    def test_what_time_cannot_change_has_no_end(self) -> None:
        denied = Person(events=(event("withdrawn", "2026-04-01"),))

        assert ask(denied).valid_until is None
        assert ask(Person(facts=Facts(created_at=at("2020-01-01")))).valid_until is None
        assert ask(Person(), RFM).valid_until is None

    def test_stale_sources_leave_the_own_end(self) -> None:
        decision = ask(Person(events=(GRANT,)), action="send", reads={})

        assert (decision.reason, decision.valid_until) == ("SOURCE_STALE", at("2029-03-01"))


def test_a_decision_names_the_event_it_rests_on() -> None:
    newer, no = event("granted", "2026-04-01", 7), event("denied", "2026-05-01", 9)

    assert ask(Person(events=(GRANT, newer))).event_id == bytes([7])
    assert ask(Person(events=(GRANT, newer, no))).event_id == bytes([9])
    assert (ask(Person(events=(GRANT,))).basis, ask().basis) == ("consent", None)


def test_each_reason_has_its_effect() -> None:
    by_effect = {
        effect: {reason for reason in EFFECTS if EFFECTS[reason] == effect} for effect in EFFECTS.values()
    }
    assert by_effect == {
        "remove": {
            "CONSENT_WITHDRAWN",
            "OBJECTED",
            "OBJECTED_MARKETING",
            "RESTRICTED",
            "SUBJECT_ERASED",
            "SUPPRESSED",
            "SPECIAL_CATEGORY",
            "MINOR_PROFILING",
            "MINOR_NO_PARENTAL_CONSENT",
        },
        "expire": {
            "CONSENT_EXPIRED",
            "RETENTION_EXPIRED",
            "CONSENT_NOTICE_OUTDATED",
            "CONSENT_NOTICE_UNKNOWN",
            "CONSENT_MISSING",
            "CONSENT_UNCONFIRMED",
            "EVIDENCE_INSUFFICIENT",
            "CONSENT_NOT_YET_VALID",
            "CONTRACT_ENDED",
            "SOFT_OPT_IN_NOT_CUSTOMER",
            "SOFT_OPT_IN_NO_OPTOUT_OFFERED",
            "AGE_UNKNOWN",
        },
        "hold": {"SOURCE_STALE", "AUTOMATED_DECISION"},
        "refuse": {"PURPOSE_UNKNOWN", "LIA_MISSING", "TRANSFER_NOT_COVERED", "CHANNEL_NOT_COVERED"},
    }


def test_of_two_effects_the_stronger_counts() -> None:
    order: list[Any] = ["remove", "refuse", "expire", "hold"]
    for strong, weak in pairwise(order):
        assert combine([weak, strong]) == strong
    assert combine([]) is None


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-06-15", -36, "2023-06-15"),
    ],
)
def test_months_are_clipped_to_their_last_day(start: str, months: int, end: str) -> None:
    assert add_months(at(start), months) == at(end)


def test_the_policy_hash_changes_with_anything_that_verdicts_depend_on() -> None:
    claim = Claim(source="hubspot", from_at=NOON, grade="B")
    whole = policy_hash([NEWS, RFM], [claim])

    assert policy_hash([RFM, NEWS], [claim]) == whole
    assert len(whole) == 64
    others = {
        policy_hash([NEWS], [claim]),
        policy_hash([NEWS, replace(RFM, has_assessment=False)], [claim]),
        policy_hash([replace(NEWS, basis=("consent", "soft_opt_in")), RFM], [claim]),
        policy_hash([NEWS, RFM], []),
        policy_hash([NEWS, RFM], [replace(claim, from_at=TOMORROW)]),
    }
    assert len(others | {whole}) == 6
