"""The gate: whom it decides again, what it writes, and what it answers at the moment of writing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from consentric.gate.gate import GateReport, Policy, decide_permissions, permits
from consentric.gate.questions import Question, Use, all_questions
from consentric.sdk.permit import Permit
from consentric.sdk.progress import SilentProgress
from consentric.warehouse.store import Warehouse
from consentric_privacy.deks import DekStore
from consentric_privacy.keyset import Keyset
from consentric_privacy.ledger import Ledger, NewEvent, NewObjection, SubjectFacts
from consentric_privacy.people import PeopleStore
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.purpose import Purpose
from consentric_privacy.vault import Arrival, Vault

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
COMPUTE = Question(purpose="segmentation", channel="none", action="process")
WRITE_SET = Question(purpose="segmentation", channel="none", action="write_back")
WRITE_MAIL = Question(purpose="email_marketing", channel="email", action="write_back")
USE = Use(sets=("rfm5",), purpose="email_marketing", channel="email")
SETS = {"rfm5": "segmentation"}
POLICY = Policy(
    purposes={
        "segmentation": Purpose(
            id="segmentation",
            basis=("legitimate_interest",),
            direct_marketing=True,
            profiling=True,
            has_assessment=True,
        ),
        "email_marketing": Purpose(
            id="email_marketing",
            basis=("consent",),
            channels=("email",),
            direct_marketing=True,
            authorities=("hubspot",),
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    ledger: Ledger
    vault: Vault
    warehouse: Warehouse
    pseudonyms: Pseudonyms

    def decide(self, at: datetime = NOON) -> GateReport:
        return decide_permissions(
            self.ledger,
            self.pseudonyms,
            self.warehouse,
            policy=POLICY,
            questions=all_questions(SETS, [USE]),
            run="run",
            at=at,
            progress=SilentProgress(),
        )

    def permit(self, rref: bytes, at: datetime = NOON) -> Permit:
        subjects = self.vault.subject_of([rref])
        answers = permits(self.ledger, subjects, policy=POLICY, questions=USE.questions(SETS), at=at)
        return answers[rref]

    def say(self, rref: bytes, state: str, at: datetime) -> None:
        event = NewEvent(
            rref=rref,
            source="hubspot",
            purpose="email_marketing",
            channel="email",
            state=state,  # type: ignore[arg-type]
            occurred_at=at,
            grade="A",
            method="form",
            notice=None,
            origin=None,
            parental=False,
        )
        self.ledger.record_events([event], at=at)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    tmp_path.chmod(0o700)
    keyset = Keyset.create(tmp_path / "keyset.json", bytes(range(32)))
    pseudonyms = Pseudonyms(keyset)
    people = PeopleStore.open(tmp_path)
    deks = DekStore.open(tmp_path / "deks.sqlite", keyset)
    with Warehouse.open(tmp_path / "analytics", memory_limit_mb=128, threads=1) as warehouse:
        vault = Vault(people, deks, pseudonyms)
        yield House(
            ledger=Ledger(people, pseudonyms), vault=vault, warehouse=warehouse, pseudonyms=pseudonyms
        )
    deks.close()
    people.close()


@pytest.fixture
def records(house: House) -> list[bytes]:
    """Two people with one contact each, both of whom agreed in May; the source was read an hour ago."""
    arrivals = [
        Arrival(account="hubspot", object="contact", id=str(number), email=f"p{number}@mel.example")
        for number in (1, 2)
    ]
    admitted = house.vault.admit(arrivals, at=NOON).records
    house.warehouse.put_records(
        pa.table(
            {
                "rref": pa.array([one.rref for one in admitted], pa.binary()),
                "pid": pa.array([house.pseudonyms.pid(one.sid) for one in admitted], pa.string()),
                "account": ["hubspot", "hubspot"],
                "object": ["contact", "contact"],
                "partition": ["", ""],
                "live": [True, True],
            }
        )
    )
    house.ledger.record_facts([SubjectFacts(sid=one.sid, created_on=date(2026, 1, 10)) for one in admitted])
    for one in admitted:
        house.say(one.rref, "granted", NOON - timedelta(days=30))
    house.ledger.mark_read("hubspot", NOON - timedelta(hours=1), full=True)
    return [one.rref for one in admitted]


def verdicts(house: House) -> dict[str, dict[str, int]]:
    rows = house.warehouse.connection.execute(
        "SELECT purpose || '/' || action, reason, count(*) FROM permission GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    found: dict[str, dict[str, int]] = {}
    for question, reason, number in rows:
        found.setdefault(question, {})[reason] = number
    return found


def test_computing_and_writing_ask_for_the_set_and_the_destination_for_itself() -> None:
    assert all_questions(SETS, [USE]) == (WRITE_MAIL, COMPUTE, WRITE_SET)
    assert all_questions(SETS, []) == (COMPUTE,)


def test_the_first_time_everybody_is_decided_then_only_who_changed(
    house: House, records: list[bytes]
) -> None:
    assert house.decide().decided == 2
    assert house.decide().decided == 0

    house.say(records[0], "withdrawn", NOON)
    report = house.decide()

    assert report.decided == 1
    assert report.allowed["email_marketing/email/write_back"] == 1
    assert report.denied["email_marketing/email/write_back"] == {"CONSENT_WITHDRAWN": 1}
    assert report.allowed["segmentation/none/process"] == 2


def test_when_an_authority_turns_stale_and_fresh_again_everybody_is_decided_anew(
    house: House, records: list[bytes]
) -> None:
    house.decide()

    stale = house.decide(NOON + timedelta(hours=24))
    assert stale.decided == 2
    assert verdicts(house)["email_marketing/write_back"] == {"SOURCE_STALE": 2}
    assert verdicts(house)["segmentation/process"] == {"LEGITIMATE_INTEREST": 2}

    house.ledger.mark_read("hubspot", NOON + timedelta(hours=24), full=False)
    assert house.decide(NOON + timedelta(hours=24)).decided == 2
    assert verdicts(house)["email_marketing/write_back"] == {"CONSENT_VALID": 2}


def test_a_lost_warehouse_gets_everybodys_verdict_back(
    house: House, records: list[bytes], tmp_path: Path
) -> None:
    house.decide()
    house.warehouse.connection.execute("DELETE FROM permission")
    house.warehouse.connection.execute("DELETE FROM permission_run")

    assert house.decide().decided == 2
    assert verdicts(house)["email_marketing/write_back"] == {"CONSENT_VALID": 2}


def test_a_permit_is_of_the_person_as_they_are_now_and_not_as_the_table_says(
    house: House, records: list[bytes]
) -> None:
    house.decide()
    assert house.permit(records[0]) == Permit(allowed=True, reason="", effect="")

    house.say(records[0], "withdrawn", NOON)

    assert verdicts(house)["email_marketing/write_back"] == {"CONSENT_VALID": 2}
    assert house.permit(records[0]) == Permit(allowed=False, reason="CONSENT_WITHDRAWN", effect="remove")
    assert house.permit(records[1]).allowed


def test_of_two_denials_the_stronger_effect_counts(house: House, records: list[bytes]) -> None:
    # Not read for a day: writing would be held; but the person objected to marketing, and a no stands.
    later = NOON + timedelta(hours=25)
    sid = house.vault.subject_of(records)[records[0]]
    assert house.permit(records[0], later) == Permit(allowed=False, reason="SOURCE_STALE", effect="hold")

    house.ledger.record_objections(sid, [NewObjection(kind="21.2", channel="operator")], at=NOON)

    assert house.permit(records[0], later) == Permit(
        allowed=False, reason="OBJECTED_MARKETING", effect="remove"
    )


def test_a_record_of_nobody_is_held(house: House) -> None:
    answers = permits(
        house.ledger, {b"r" * 16: b"s" * 16}, policy=POLICY, questions=USE.questions(SETS), at=NOON
    )

    assert answers == {b"r" * 16: Permit(allowed=False, reason="PERMISSION_MISSING", effect="hold")}
