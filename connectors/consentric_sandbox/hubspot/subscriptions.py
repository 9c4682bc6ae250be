"""Communication preferences: definitions and statuses in the v3 and the v4/dated form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from consentric_sandbox.write_log import Kind

from .api import Answer, Request, batch, fields, inputs, invalid
from .portal import Portal
from .state import Status

STATES = ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED")
LEGAL_BASES = (
    "LEGITIMATE_INTEREST_PQL LEGITIMATE_INTEREST_CLIENT LEGITIMATE_INTEREST_OTHER PERFORMANCE_OF_CONTRACT"
    " CONSENT_WITH_NOTICE NON_GDPR PROCESS_AND_STORE"
)
_STATUS: dict[str, type | tuple[type, ...]] = {
    "subscriberIdString": str,
    "subscriptionId": int,
    "statusState": str,
    "channel": str,
    "legalBasis": str,
    "legalBasisExplanation": str,
}
_V3_CHANGE: dict[str, type | tuple[type, ...]] = {
    "emailAddress": str,
    "subscriptionId": (str, int),
    "legalBasis": str,
    "legalBasisExplanation": str,
}


def definitions(portal: Portal, request: Request) -> Answer:
    """`GET /definitions`: v3 names the list `subscriptionDefinitions`, later versions `results`."""
    rows = [
        {
            "id": str(one.id),
            "name": one.name,
            "description": one.description,
            "purpose": one.purpose,
            "communicationMethod": one.communication_method,
            "isActive": one.is_active,
            "isDefault": True,
            "isInternal": one.is_internal,
            "businessUnitId": 0,
            "createdAt": one.created_at,
            "updatedAt": one.created_at,
        }
        for one in portal.state.subscriptions.values()
    ]
    if request.version == "v3":
        return 200, {"subscriptionDefinitions": rows}
    return batch(request, rows)


def statuses(portal: Portal, request: Request) -> Answer:
    """`GET /statuses/{email}?channel=EMAIL`: one row per subscription."""
    _check_channel(request)
    return batch(request, _statuses(portal, request.params["email"]))


def batch_read(portal: Portal, request: Request) -> Answer:
    """`POST /statuses/batch/read?channel=EMAIL`: up to 100 addresses."""
    _check_channel(request)
    rows = [
        {"subscriberIdString": email, "statuses": _statuses(portal, email)} for email in _addresses(request)
    ]
    return batch(request, rows)


def left(portal: Portal, request: Request) -> Answer:
    """`GET /statuses/{email}/unsubscribe-all`: no row when the address did not leave everything."""
    _check_channel(request)
    return batch(request, _wide(portal, request.params["email"]))


def batch_left(portal: Portal, request: Request) -> Answer:
    """`POST /statuses/batch/unsubscribe-all/read`."""
    _check_channel(request)
    rows = [
        {"subscriberIdString": email, "wideStatuses": _wide(portal, email)} for email in _addresses(request)
    ]
    return batch(request, rows)


def write(portal: Portal, request: Request) -> Answer:
    """`POST /statuses/{email}`: changes one subscription."""
    email = request.params["email"]
    body = fields(request.body, _STATUS, "subscriptionId", "statusState", "channel")
    _write(portal, request, email, body)
    changed = [row for row in _statuses(portal, email) if row["subscriptionId"] == body["subscriptionId"]]
    return batch(request, changed)


def batch_write(portal: Portal, request: Request) -> Answer:
    """`POST /statuses/batch/write`."""
    rows = inputs(fields(request.body, {"inputs": list}, "inputs"))
    changed = []
    for row in rows:
        body = fields(row, _STATUS, "subscriberIdString", "subscriptionId", "statusState", "channel")
        email = body["subscriberIdString"]
        _write(portal, request, email, body)
        changed += [
            one for one in _statuses(portal, email) if one["subscriptionId"] == body["subscriptionId"]
        ]
    return batch(request, changed)


def leave(portal: Portal, request: Request) -> Answer:
    """`POST /statuses/{email}/unsubscribe-all`."""
    _check_channel(request)
    _leave(portal, request, [request.params["email"]])
    return batch(request, _wide(portal, request.params["email"]))


def batch_leave(portal: Portal, request: Request) -> Answer:
    """`POST /statuses/batch/unsubscribe-all`."""
    _check_channel(request)
    addresses = _addresses(request)
    _leave(portal, request, addresses)
    return batch(request, [{"subscriberIdString": email} for email in addresses])


def v3_status(portal: Portal, request: Request) -> Answer:
    """`GET /communication-preferences/v3/status/email/{email}`."""
    return 200, {"recipient": request.params["email"], "subscriptionStatuses": _v3(portal, request)}


def v3_change(portal: Portal, request: Request) -> Answer:
    """`POST /v3/subscribe` and `/v3/unsubscribe`; who unsubscribed cannot be subscribed again by API."""
    body = fields(request.body, _V3_CHANGE, "emailAddress", "subscriptionId")
    if not str(body["subscriptionId"]).isdigit():
        raise invalid("subscriptionId must be a number")
    email, number = body["emailAddress"], int(body["subscriptionId"])
    state = "SUBSCRIBED" if request.operation.endswith(".subscribe") else "UNSUBSCRIBED"
    known = portal.state.statuses.get(email.lower(), {}).get(number)
    if known is not None and known.status == state:
        raise invalid(f"Subscription {number} already has the status {state}")
    if known is not None and known.status == "UNSUBSCRIBED":
        raise invalid(f"Subscription {number} cannot be updated because the contact has unsubscribed")
    _write(portal, request, email, {**body, "subscriptionId": number, "statusState": state})
    request.params["email"] = email
    return 200, next(row for row in _v3(portal, request) if row["id"] == str(number))


def _statuses(portal: Portal, email: str) -> list[dict[str, Any]]:
    known = portal.state.statuses.get(email.lower(), {})
    left = portal.state.opted_out.get(email.lower())
    rows = []
    for number, subscription in portal.state.subscriptions.items():
        status = known.get(number, Status("NOT_SPECIFIED", timestamp=subscription.created_at))
        if left is not None:
            status = status._replace(status="UNSUBSCRIBED", source="Unsubscribed from all", timestamp=left)
        row = {
            "subscriberIdString": email,
            "subscriptionId": number,
            "subscriptionName": subscription.name,
            "channel": "EMAIL",
            "status": status.status,
            "source": status.source,
            "timestamp": status.timestamp,
            "businessUnitId": 0,
        }
        if status.legal_basis:
            row["legalBasis"] = status.legal_basis
            row["legalBasisExplanation"] = status.legal_basis_explanation
        rows.append(row)
    return rows


def _wide(portal: Portal, email: str) -> list[dict[str, Any]]:
    left = portal.state.opted_out.get(email.lower())
    if left is None:
        return []
    return [
        {
            "subscriberIdString": email,
            "channel": "EMAIL",
            "status": "UNSUBSCRIBED",
            "wideStatusType": "PORTAL_WIDE",
            "timestamp": left,
            "businessUnitId": 0,
        }
    ]


def _v3(portal: Portal, request: Request) -> list[dict[str, Any]]:
    left = request.params["email"].lower() in portal.state.opted_out
    rows = []
    for row in _statuses(portal, request.params["email"]):
        subscription = portal.state.subscriptions[row["subscriptionId"]]
        rows.append(
            {
                "id": str(subscription.id),
                "name": subscription.name,
                "description": subscription.description,
                "status": "SUBSCRIBED" if row["status"] == "SUBSCRIBED" else "NOT_SUBSCRIBED",
                "sourceOfStatus": "PORTAL_WIDE_STATUS" if left else "SUBSCRIPTION_STATUS",
                "brandId": 0,
                "preferenceGroupName": None,
                "legalBasis": row.get("legalBasis"),
                "legalBasisExplanation": row.get("legalBasisExplanation"),
            }
        )
    return rows


def _write(portal: Portal, request: Request, email: str, body: Mapping[str, Any]) -> None:
    number, state = body["subscriptionId"], body["statusState"]
    if number not in portal.state.subscriptions:
        raise invalid(f"Subscription {number} does not exist")
    if state not in STATES or body.get("channel", "EMAIL") != "EMAIL":
        raise invalid(f"statusState must be one of {STATES} and channel EMAIL")
    if body.get("legalBasis", "NON_GDPR") not in LEGAL_BASES.split():
        raise invalid("legalBasis is not known")
    portal.state.set_status(
        email,
        number,
        state,
        at=datetime.fromisoformat(request.at),
        legal_basis=body.get("legalBasis", ""),
        explanation=body.get("legalBasisExplanation", ""),
        source="Public API",
    )
    _touch(portal, request, [email])
    kind: Kind = "could_subscribe" if state == "SUBSCRIBED" else "unsubscribe"
    portal.accept(kind, request, [email], [{"subscription": str(number), "status": state}])


def _leave(portal: Portal, request: Request, addresses: list[str]) -> None:
    for email in addresses:
        portal.state.opt_out_of_all(email, at=datetime.fromisoformat(request.at))
    _touch(portal, request, addresses)
    portal.accept("unsubscribe", request, addresses)


def _touch(portal: Portal, request: Request, addresses: Iterable[str]) -> None:
    """A status stands in a contact property (`hs_email_optout...`), so it moves lastmodifieddate."""
    contacts = portal.state.objects["contacts"]
    for email in addresses:
        contact = contacts.by_unique("email", email)
        if contact is not None:
            portal.write(request, contacts, contact, {})


def _addresses(request: Request) -> list[str]:
    rows = inputs(fields(request.body, {"inputs": list}, "inputs"))
    if not all(isinstance(row, str) for row in rows):
        raise invalid("Invalid input JSON on line 1, column 12: inputs must be texts")
    return rows


def _check_channel(request: Request) -> None:
    if request.one("channel") != "EMAIL":
        raise invalid("query parameter channel is required; EMAIL is the only one")
