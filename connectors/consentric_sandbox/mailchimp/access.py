"""Who may ask: an API key as the password of basic authentication, or an OAuth token."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any

from .account import MailchimpAccount
from .api import Answer, Problem, Request


def authorize(account: MailchimpAccount, header: str) -> None:
    """Accepts any user name with the key as password, and bearer tokens.

    Raises:
        Problem: 401 without a key or with a wrong one, 403 for the key of another data centre.
    """
    scheme, _, rest = header.partition(" ")
    credentials = account.state.credentials
    if scheme.lower() == "basic":
        given = _password(rest)
        if account.faults.is_revoked or not given:
            raise invalid_key()
        if _same(given, credentials.api_key):
            return
        if _same(given.rpartition("-")[0], credentials.api_key.rpartition("-")[0]):
            raise Problem(
                403,
                "Wrong Datacenter",
                "The API key provided is linked to a different data center.",
            )
        raise invalid_key()
    if scheme.lower() == "bearer":
        if account.faults.is_revoked or not _same(rest, credentials.access_token):
            raise invalid_key()
        return
    raise Problem(401, "API Key Missing", "Your request did not include an API key.")


def invalid_key() -> Problem:
    """The 401 of a key that is wrong or was disabled."""
    return Problem(
        401,
        "API Key Invalid",
        "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
    )


def ping(_account: MailchimpAccount, _request: Request) -> Answer:
    """Says that all is well."""
    return 200, {"health_status": "Everything's Chimpy!"}


def root(account: MailchimpAccount, _request: Request) -> Answer:
    """The account."""
    credentials = account.state.credentials
    subscribers = sum(
        member.status == "subscribed"
        for audience in account.state.audiences.values()
        for member in audience.members.values()
    )
    return 200, {
        "account_id": f"{int(credentials.login_id):024x}",
        "login_id": credentials.login_id,
        "account_name": credentials.account_name,
        "email": "owner@example.com",
        "role": "owner",
        "account_timezone": "Europe/Paris",
        "pro_enabled": False,
        "last_login": "",
        "total_subscribers": subscribers,
        "_links": [],
    }


def metadata(account: MailchimpAccount, header: str, host: str) -> dict[str, Any]:
    """Where a token is at home (`/oauth2/metadata`); a wrong token gets an answer without an address."""
    scheme, _, token = header.partition(" ")
    credentials = account.state.credentials
    if scheme != "OAuth" or not _same(token, credentials.access_token):
        return {"error": "invalid_token"}
    return {
        "dc": credentials.data_centre,
        "role": "owner",
        "accountname": credentials.account_name,
        "user_id": int(credentials.login_id),
        "login_url": f"https://login.{host.partition('//')[2]}",
        "api_endpoint": host,
    }


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _same(given: str, known: str) -> bool:
    return bool(known) and hmac.compare_digest(given.encode(), known.encode())
