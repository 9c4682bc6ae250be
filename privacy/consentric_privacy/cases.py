"""Conformance cases: worlds with an expected verdict, in the public form of `decision_cases.json`.

The file has a spelling of its own (`dm`, `lia`, `auth`); it ends here. In these cases alone a free string
counts as a signed assessment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from consentric_privacy.decision import decide
from consentric_privacy.person import Event, Facts, Hit, Objection, Person, Restriction
from consentric_privacy.purpose import Basis, Purpose, Transfer
from consentric_privacy.readmission import OwnAct, closes_erasure

_Json = Mapping[str, Any]
_PURPOSE_KEYS = frozenset(
    ("basis", "dm", "profiling", "channels", "min_grade", "max_age", "notices", "auth", "lia", "special",
     "significant", "inactivity_months", "child_directed")
)  # fmt: skip
_CASE_KEYS = frozenset(
    ("id", "desc", "purpose", "channel", "expect", "action", "at", "events", "subject", "objections",
     "suppression", "own_act", "source_pull", "raw", "destination", "special_inputs", "human_review")
)  # fmt: skip
_SUBJECT_KEYS = frozenset(
    ("age", "country", "restricted", "erased", "created_at", "last_contact_at", "customer", "contract")
)
_EVENT_KEYS = frozenset(
    ("state", "source", "purpose", "channel", "occurred_at", "first_observed_at", "grade", "notice", "origin",
     "parental")
)  # fmt: skip
_MECHANISMS: Mapping[str, Transfer] = {"adequacy": "adequacy", "scc": "scc", "bcr": "bcr"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What one case expected and what the decision said, both as `VERDICT/REASON`."""

    id: str
    expected: str
    got: str

    @property
    def passed(self) -> bool:
        """Whether verdict and reason are the expected ones."""
        return self.expected == self.got


def run_cases(path: Path) -> list[CaseResult]:
    """Decide every case of a file, in its order.

    A case with a key that this reader does not know is not guessed at: it fails, as `UNREADABLE/...`.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    return [_run(case, document["purposes"], document["defaults"]) for case in document["cases"]]


class _UnknownKey(Exception):
    """A case holds a key that nothing here reads."""


def _run(case: _Json, purposes: _Json, defaults: _Json) -> CaseResult:
    try:
        got = _decide(case, purposes, defaults)
    except _UnknownKey as error:
        got = f"UNREADABLE/{error}"
    return CaseResult(id=case["id"], expected=case["expect"], got=got)


def _decide(case: _Json, purposes: _Json, defaults: _Json) -> str:
    _refuse_unknown(case, _CASE_KEYS)
    at = _instant(case.get("at", defaults["at"]))
    decision = decide(
        _person(case, defaults, at),
        _purpose(case["purpose"], purposes[case["purpose"]]) if case["purpose"] in purposes else None,
        channel=case["channel"],
        action=case.get("action", defaults["action"]),
        at=at,
        reads=_reads(case, purposes, defaults),
        max_staleness=timedelta(seconds=defaults["max_staleness_s"]),
        transfer=_transfer(case.get("destination")),
        uses_special_category=bool(case.get("special_inputs")),
        is_human_reviewed=bool(case.get("human_review")),
    )
    return f"{decision.verdict}/{decision.reason}"


def _purpose(name: str, body: _Json) -> Purpose:
    _refuse_unknown(body, _PURPOSE_KEYS)
    basis: Basis | list[Basis] = body["basis"]
    return Purpose(
        id=name,
        basis=(basis,) if isinstance(basis, str) else tuple(basis),
        channels=tuple(body["channels"]),
        direct_marketing=body["dm"],
        profiling=body["profiling"],
        significant_effect=body.get("significant", False),
        special_category=body.get("special", False),
        min_grade=body.get("min_grade") or "B",
        max_age_months=body.get("max_age"),
        accepted_notices=tuple(body.get("notices") or ()),
        authorities=tuple(body["auth"]),
        has_assessment=bool(body.get("lia")),
        inactivity_months=body.get("inactivity_months", 36),
        child_directed=body.get("child_directed", False),
    )


def _person(case: _Json, defaults: _Json, at: datetime) -> Person:
    subject = case.get("subject") or {}
    _refuse_unknown(subject, _SUBJECT_KEYS)
    events = [_event(number, body, case, at) for number, body in enumerate(case.get("events") or ())]
    hits = [_hit(body, case.get("own_act"), at) for body in case.get("suppression") or ()]
    if subject.get("erased"):
        hits.append(Hit(reason="erasure", since=at))
    return Person(
        events=tuple(events),
        hits=tuple(hits),
        objections=tuple(_objection(body) for body in case.get("objections") or ()),
        restrictions=(Restriction(),) if subject.get("restricted") else (),
        facts=_facts(subject, defaults, at),
        sources=tuple({event.source for event in events}),
    )


def _event(number: int, body: _Json, case: _Json, at: datetime) -> Event:
    _refuse_unknown(body, _EVENT_KEYS)
    source = body["source"]
    return Event(
        id=number.to_bytes(2, "big"),
        rref=source.encode(),  # each source has one record
        source=source,
        purpose=body.get("purpose", case["purpose"]),
        channel=body.get("channel", case["channel"]),
        state=body["state"],
        grade=body.get("grade", "D"),
        occurred_at=_maybe(body.get("occurred_at")),
        first_observed_at=_maybe(body.get("first_observed_at")) or _maybe(body.get("occurred_at")) or at,
        notice=body.get("notice"),
        origin=body.get("origin"),
        parental=body.get("parental", False),
    )


def _hit(body: _Json, own_act: _Json | None, at: datetime) -> Hit:
    since = _maybe(body.get("at")) or at
    is_closed = own_act is not None and closes_erasure(
        OwnAct(grade=own_act["grade"], at=_instant(own_act["at"])), erased_at=since
    )
    return Hit(
        reason=body["reason"],
        since=since,
        channel=body.get("channel", "*"),
        purpose=body.get("purpose", "*"),
        expires_at=_maybe(body.get("expires_at")),
        closed_at=_instant(own_act["at"]) if own_act is not None and is_closed else None,
    )


def _objection(body: _Json) -> Objection:
    return Objection(
        kind=body["kind"],
        scope=body.get("scope", "*"),
        lifted_at=_maybe(body.get("lifted_at")),
        has_compelling_grounds=bool(body.get("compelling_grounds_ref")),
    )


def _facts(subject: _Json, defaults: _Json, at: datetime) -> Facts:
    ages = defaults["digital_consent_age"]
    age = subject.get("age")
    customer = subject.get("customer") or {}
    return Facts(
        created_at=_instant(subject.get("created_at", defaults["subject_created_at"])),
        last_contact_at=_maybe(subject.get("last_contact_at")),
        consent_age_at=_birthday(age, ages.get(subject.get("country"), ages["default"]), at),
        adult_at=_birthday(age, 18, at),
        customer_since=_maybe(customer.get("purchase_at")),
        optout_offered=bool(customer.get("optout_offered_at_collection")),
        contract_until=_contract_until(subject.get("contract") or {}, at),
    )


def _birthday(age: int | None, threshold: int, at: datetime) -> datetime | None:
    """A birthday that fits an age in whole years: today if it is reached, else as many years ahead."""
    if age is None:
        return None
    return at if age >= threshold else at + timedelta(days=365 * (threshold - age))


def _contract_until(contract: _Json, at: datetime) -> datetime | None:
    """The end of a contract: as stated, or never for one that is only said to be active."""
    if "until" in contract:
        return _maybe(contract["until"])
    return at.replace(year=9999) if contract.get("active") else None


def _reads(case: _Json, purposes: _Json, defaults: _Json) -> dict[str, datetime]:
    if "source_pull" in case:
        return {source: _instant(text) for source, text in case["source_pull"].items()}
    last_read_at = _instant(defaults["source_pull"])
    return {source: last_read_at for purpose in purposes.values() for source in purpose["auth"]}


def _transfer(destination: _Json | None) -> Transfer | None:
    """How a destination `{"eea": false, "mechanism": "scc"}` is covered; None when there is none."""
    if destination is None:
        return None
    if destination.get("eea"):
        return "eea"
    return _MECHANISMS.get(destination.get("mechanism") or "", "uncovered")


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else _instant(text)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _refuse_unknown(body: _Json, known: frozenset[str]) -> None:
    unknown = sorted(set(body) - known)
    if unknown:
        raise _UnknownKey(f"unknown key {', '.join(unknown)}")
