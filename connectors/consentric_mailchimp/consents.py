"""What Mailchimp knows of a member's consent, as events: status, marketing permissions, text messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from consentric.sdk.records import ConsentEvent, ConsentState, Grade

from .settings import MailchimpSettings
from .values import Row, instant

_FORM = re.compile(r"\bform\b|landing page|pop-?up|preference", re.IGNORECASE)
"""Sources where the person did it: "Hosted Signup Form", "Embed Form", "Popup", "Landing Page"."""
_STAFF = re.compile(r"import|admin|\bcsv\b|copy|paste|list duplication", re.IGNORECASE)
"""Sources where somebody else did: such members skip the confirmation of a double opt-in audience."""
_SMS_STATES: Mapping[str, ConsentState] = {
    "subscribed": "granted",
    "unsubscribed": "withdrawn",
    "pending": "pending",
}
PERMISSION_FIELDS = ("marketing_permissions.marketing_permission_id", "marketing_permissions.enabled")
CONSENT_FIELDS = (
    "status",
    "timestamp_signup",
    "timestamp_opt",
    "last_changed",
    "source",
    "sms_subscription_status",
    "sms_subscription_last_updated",
)
"""Members of a member that its consent is read from; no IP address, which is evidence we do not keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """An audience, and what its members' statuses speak for."""

    list_id: str
    purpose: str | None
    """None when it is mapped to none: it then grants nothing, and its no counts for every purpose."""
    permissions: Mapping[str, str]
    """Number of a marketing permission to purpose."""
    is_confirmed: bool
    """Whether the audience asks for a confirmation (double opt-in)."""

    @classmethod
    def of(cls, settings: MailchimpSettings, list_id: str, *, is_confirmed: bool) -> Speaker:
        """The audience as the settings map it."""
        return cls(
            list_id=list_id,
            purpose=settings.consents.get(list_id),
            permissions=settings.permissions,
            is_confirmed=is_confirmed,
        )


def consent_events(member: Row, speaker: Speaker, *, is_new_no: bool = False) -> tuple[ConsentEvent, ...]:
    """The events of one member (privacy.md 5.2); none for one that is archived, cleaned or transactional.

    Mailchimp tells no time of unsubscribing, only of the last change of anything, which is never before it
    and moves with every label we write. So a no that is merely still there does not count again.

    Args:
        member: As Mailchimp prints it.
        speaker: The audience it was read from.
        is_new_no: Mailchimp named it among those who unsubscribed since the last read.
    """
    return (*_by_email(member, speaker, is_new_no=is_new_no), *_by_sms(member, speaker))


def _by_email(member: Row, speaker: Speaker, *, is_new_no: bool) -> Iterator[ConsentEvent]:
    status = member.get("status")
    permitted = dict(_permissions(member, speaker))
    if status == "subscribed":
        if speaker.purpose is not None and speaker.purpose not in permitted:
            yield _grant(member, speaker, speaker.purpose)
        for purpose, is_given in permitted.items():
            # No box is dated, so one that is no longer ticked is a no from when it was seen so.
            yield _grant(member, speaker, purpose) if is_given else _unticked(purpose, speaker)
    elif status == "unsubscribed":
        # Who leaves the audience gets no mail of it, whatever boxes were ticked.
        for purpose in dict.fromkeys((speaker.purpose or "*", *permitted)):
            yield ConsentEvent(
                state="withdrawn",
                purpose=purpose,
                channel="email",
                grade="B",
                occurred_at=instant(member.get("last_changed")),
                origin=_origin(speaker),
                counts="always" if is_new_no else "if_new",
            )
    elif status == "pending" and speaker.purpose is not None:
        yield ConsentEvent(
            state="pending",
            purpose=speaker.purpose,
            channel="email",
            grade="B",
            occurred_at=instant(member.get("timestamp_signup")) or instant(member.get("last_changed")),
            method="form",
            origin=_origin(speaker),
        )


def _by_sms(member: Row, speaker: Speaker) -> Iterator[ConsentEvent]:
    state = _SMS_STATES.get(str(member.get("sms_subscription_status") or ""))
    at = instant(member.get("sms_subscription_last_updated"))
    if state == "withdrawn":
        yield ConsentEvent(
            state=state,
            purpose=speaker.purpose or "*",
            channel="sms",
            grade="B",
            occurred_at=at,
            origin=_origin(speaker),
        )
    elif state is not None and speaker.purpose is not None:
        grade = _grade(member, at, is_confirmed=False)
        yield ConsentEvent(
            state=state,
            purpose=speaker.purpose,
            channel="sms",
            grade=grade,
            occurred_at=at,
            method="form" if grade == "B" else "crm_flag",
            origin=_origin(speaker),
        )


def _grant(member: Row, speaker: Speaker, purpose: str) -> ConsentEvent:
    at = opted_in_at(member)
    grade = _grade(member, at, is_confirmed=speaker.is_confirmed)
    is_staff = _STAFF.search(str(member.get("source") or "")) is not None
    return ConsentEvent(
        state="granted",
        purpose=purpose,
        channel="email",
        grade=grade,
        occurred_at=at,
        method="doi" if grade == "A" else "form" if grade == "B" else "import" if is_staff else "crm_flag",
        origin=_origin(speaker),
    )


def _unticked(purpose: str, speaker: Speaker) -> ConsentEvent:
    return ConsentEvent(
        state="withdrawn",
        purpose=purpose,
        channel="email",
        grade="B",
        origin=_origin(speaker),
        counts="if_granted",
    )


def _permissions(member: Row, speaker: Speaker) -> Iterator[tuple[str, bool]]:
    """Purpose of each mapped permission of the member, and whether all that speak for it are given."""
    given: dict[str, bool] = {}
    for one in member.get("marketing_permissions") or ():
        if not isinstance(one, dict):
            continue
        purpose = speaker.permissions.get(str(one.get("marketing_permission_id")))
        if purpose is not None:
            given[purpose] = given.get(purpose, True) and one.get("enabled") is True
    yield from given.items()


def opted_in_at(member: Row) -> datetime | None:
    """When the person opted in or was taken in, as far as Mailchimp knows."""
    return instant(member.get("timestamp_opt")) or instant(member.get("timestamp_signup"))


def _grade(member: Row, at: datetime | None, *, is_confirmed: bool) -> Grade:
    if at is None:
        return "D"
    source = str(member.get("source") or "")
    is_staff = _STAFF.search(source) is not None
    signed_up, confirmed = instant(member.get("timestamp_signup")), instant(member.get("timestamp_opt"))
    # Who was imported never signed up, or did so at the same instant; a confirmation comes later.
    is_act = not is_staff or (signed_up is not None and confirmed is not None and confirmed > signed_up)
    if is_confirmed and confirmed is not None and is_act:
        return "A"
    return "B" if not is_staff and _FORM.search(source) else "C"


def _origin(speaker: Speaker) -> str:
    """The audience: evidence claims name it. The form's name says nothing without it."""
    return speaker.list_id
