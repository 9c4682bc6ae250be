"""What HubSpot knows of a contact's consent, as events: subscription statuses and opt-out properties."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from consentric.sdk.errors import RemoteError, RemoteKind
from consentric.sdk.records import ConsentEvent, Grade

from .client import HubSpotClient
from .failures import partial_errors
from .values import instant, is_true

logger = logging.getLogger(__name__)

BATCH = 100
_CHANNEL = [("channel", "EMAIL")]
_NO_BATCH = frozenset({400, 403, 404, 405})
_NOT_CONSENT = ("LEGITIMATE_INTEREST", "PERFORMANCE_OF_CONTRACT")
"""SUBSCRIBED on such a basis is no consent (privacy.md 5.2)."""

Method = Literal["form", "preference_centre", "phone", "paper"]
_METHODS: tuple[tuple[Method, re.Pattern[str]], ...] = (
    ("preference_centre", re.compile(r"\bpreference|\bpréférence", re.IGNORECASE)),
    ("form", re.compile(r"\bform\b|\bformulaire\b|\bcheck ?box\b|\bcase à cocher\b", re.IGNORECASE)),
    ("paper", re.compile(r"\bpaper\b|\bpapier\b|\bcoupon\b", re.IGNORECASE)),
    ("phone", re.compile(r"\bphone\b|\btelephone\b|\btéléphone\b|\bcall\b", re.IGNORECASE)),
)
_NOTICE = re.compile(
    r"\b(?:notice|privacy policy|mention|politique)\b\s*"
    # Without a sign between, the name must hold a digit: "notice on the form" names no notice.
    r"(?:[:=#]\s*(?=\w)|(?=[\w.-]*\d))([\w.-]{1,64})",
    re.IGNORECASE | re.ASCII,
)

Statuses = Mapping[str, Sequence[Mapping[str, Any]]]
"""Address in lower case to its statuses; an address that could not be asked is absent."""


class Subscriptions:
    """Asks subscription statuses: 100 addresses a call where the account's tier allows, else one by one.

    Vendor pages disagree on the tier of the batch, so the first call finds out and the answer is kept.
    Addresses stand in memory and in the request only.
    """

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._has_batch = True
        self._is_allowed = True

    def of(self, addresses: Iterable[str]) -> Statuses:
        """The statuses of these addresses; those that HubSpot would not tell are left out."""
        unique = list(dict.fromkeys(address.lower() for address in addresses))
        found: dict[str, Sequence[Mapping[str, Any]]] = {}
        for start in range(0, len(unique), BATCH):
            found.update(self._ask(unique[start : start + BATCH]))
        return found

    def _ask(self, addresses: Sequence[str]) -> Statuses:
        if self._has_batch:
            try:
                return self._batch(addresses)
            except RemoteError as error:
                if error.status not in _NO_BATCH:
                    raise
                logger.info("subscription statuses: no batch read (%s), asking one by one", error.status)
                self._has_batch = False
        return self._one_by_one(addresses)

    def _batch(self, addresses: Sequence[str]) -> Statuses:
        body = {"inputs": list(addresses)}
        answer = self._client.request("POST", "statuses.read", query=_CHANNEL, body=body)
        found = {
            str(entry.get("subscriberIdString", "")).lower(): _statuses(entry.get("statuses"))
            for entry in answer.get("results") or ()
            if isinstance(entry, dict)
        }
        if not partial_errors(answer):
            # No entry and no error: nothing was ever said about this address.
            return {address: found.get(address, ()) for address in addresses}
        return found

    def _one_by_one(self, addresses: Sequence[str]) -> Statuses:
        found: dict[str, Sequence[Mapping[str, Any]]] = {}
        for address in addresses if self._is_allowed else ():
            try:
                answer = self._client.request("GET", "statuses", parts={"email": address}, query=_CHANNEL)
            except RemoteError as error:
                if error.kind is RemoteKind.AUTH and error.status == 403:
                    logger.warning("subscription statuses: the token lacks their scope")
                    self._is_allowed = False
                    break
                if error.status not in (400, 404):
                    raise
                if error.status == 404:
                    found[address] = ()
                continue
            found[address] = _statuses(answer.get("results"))
        return found


def consent_events(
    properties: Mapping[str, str | None],
    statuses: Sequence[Mapping[str, Any]],
    *,
    optouts: Mapping[str, str],
    purposes: Mapping[str, str],
) -> tuple[ConsentEvent, ...]:
    """The events of one contact (privacy.md 5.2).

    A subscription type without a purpose grants nothing, and its no counts for every purpose.

    Args:
        properties: The contact's properties.
        statuses: Its subscription statuses.
        optouts: Property to the number of the subscription type it opts out of.
        purposes: Name or number of a subscription type to purpose.
    """
    is_confirmed = (properties.get("hs_emailconfirmationstatus") or "").strip().lower() == "confirmed"
    events = list(_from_statuses(statuses, purposes, is_confirmed=is_confirmed))
    if is_true(properties.get("hs_email_optout")):
        events.append(_event("withdrawn", "*", grade="D", origin="hs_email_optout"))
    told = {str(status.get("subscriptionId")) for status in statuses if _state(status) == "withdrawn"}
    for name, number in optouts.items():
        if number not in told and is_true(properties.get(name)):
            events.append(_event("withdrawn", purposes.get(number, "*"), grade="D", origin=number))
    return tuple(events)


def _from_statuses(
    statuses: Sequence[Mapping[str, Any]], purposes: Mapping[str, str], *, is_confirmed: bool
) -> Iterator[ConsentEvent]:
    for status in statuses:
        state = _state(status)
        number, name = str(status.get("subscriptionId")), str(status.get("subscriptionName") or "")
        purpose = purposes.get(number) or purposes.get(name)
        if state is None or (purpose is None and state == "granted"):
            continue
        text = str(status.get("legalBasisExplanation") or "")
        at = instant(status.get("timestamp"))
        method, notice = _method(text), _notice(text)
        grade: Grade = "C"
        if is_confirmed and state == "granted":
            grade = "A"
        elif at is not None and method is not None and notice is not None:
            grade = "B"
        yield ConsentEvent(
            state=state,
            purpose=purpose or "*",
            channel="email",
            grade=grade,
            occurred_at=at,
            method="doi" if grade == "A" else method or "crm_flag",
            notice=notice,
            origin=name or number,
        )


def _state(status: Mapping[str, Any]) -> Literal["granted", "withdrawn"] | None:
    said = status.get("status")
    if said == "UNSUBSCRIBED":
        return "withdrawn"
    basis = str(status.get("legalBasis") or "")
    if said == "SUBSCRIBED" and not basis.startswith(_NOT_CONSENT):
        return "granted"
    return None


def _event(state: Literal["withdrawn"], purpose: str, *, grade: Grade, origin: str) -> ConsentEvent:
    return ConsentEvent(state=state, purpose=purpose, channel="email", grade=grade, origin=origin)


def _method(text: str) -> Method | None:
    return next((method for method, shape in _METHODS if shape.search(text)), None)


def _notice(text: str) -> str | None:
    match = _NOTICE.search(text)
    return match[1].rstrip(".-") or None if match else None


def _statuses(entries: object) -> Sequence[Mapping[str, Any]]:
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else ()
