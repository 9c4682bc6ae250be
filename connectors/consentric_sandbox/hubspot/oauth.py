"""Who may ask: bearer tokens and scopes, the OAuth token end points, and the account itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .api import Answer, ApiError, Request, fields
from .object_store import iso
from .portal import Portal
from .values import milliseconds

LIFETIME_SECONDS = 1_800
APP_ID = 3_000_001
USER_ID = 9_000_001


def unauthorized(message: str, category: str = "INVALID_AUTHENTICATION") -> ApiError:
    """A 401."""
    return ApiError(401, category, message)


def expired(seconds: int = 5) -> ApiError:
    """The 401 of an access token that ran out."""
    return unauthorized(
        f"The OAuth token used to make this call expired {seconds} second(s) ago.", "EXPIRED_AUTHENTICATION"
    )


def missing_scopes(required: Sequence[str]) -> ApiError:
    """The 403 of a token without any of the scopes that would do."""
    return ApiError(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call."
        " Read more about required scopes here: https://developers.hubspot.com/scopes.",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(required)},
            }
        ],
    )


def authorize(portal: Portal, authorization: str, scopes: Sequence[str]) -> None:
    """Checks the bearer token and that it has one of the scopes.

    Raises:
        ApiError: 401 for an unknown or expired token, 403 MISSING_SCOPES.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized(
            "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can"
            " find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
        )
    account = portal.state.account
    if not secrets.compare_digest(token, account.token):
        ends = account.access_tokens.get(token)
        if ends is None:
            raise unauthorized("Authentication credentials not found.")
        late = (milliseconds(portal.now()) or 0) - (milliseconds(ends) or 0)
        if late >= 0:
            raise expired(late // 1000)
    if scopes and not set(scopes) & set(account.scopes):
        raise missing_scopes(scopes)


def token(portal: Portal, request: Request) -> Answer:
    """`POST /oauth/.../token` with `grant_type=refresh_token`: a new access token for 1,800 seconds."""
    form, account = _form(request), portal.state.account
    if form.get("grant_type") != "refresh_token":
        raise _refused("BAD_GRANT_TYPE", "only grant_type refresh_token is offered")
    if form.get("client_id") != account.client_id:
        raise _refused("BAD_CLIENT_ID", "missing or unknown client id")
    if not secrets.compare_digest(form.get("client_secret", ""), account.client_secret):
        raise _refused("BAD_CLIENT_SECRET", "missing or unknown client secret")
    if not secrets.compare_digest(form.get("refresh_token", ""), account.refresh_token):
        raise _refused("BAD_REFRESH_TOKEN", "missing or unknown refresh token")
    access = f"CPretend-{secrets.token_urlsafe(24)}"
    account.access_tokens[access] = iso(portal.clock() + timedelta(seconds=LIFETIME_SECONDS))
    answer: dict[str, Any] = {
        "token_type": "bearer",
        "refresh_token": account.refresh_token,
        "access_token": access,
        "expires_in": LIFETIME_SECONDS,
    }
    if request.version != "v1":
        answer |= {"hub_id": account.portal_id, "scopes": account.scopes, "token_use": "access_token"}
    return 200, answer


def introspect(portal: Portal, request: Request) -> Answer:
    """`POST /oauth/.../introspect`: whether a token is active, and its scopes."""
    form, account = _form(request), portal.state.account
    wanted = form.get("token", "")
    if wanted == account.refresh_token:
        return 200, _token_info(portal, wanted) | {"active": True, "token_use": "refresh_token"}
    ends = account.access_tokens.get(wanted)
    if ends is None or ends <= portal.now():
        return 200, {"active": False}
    return 200, _access_info(portal, wanted, ends) | {"active": True, "token_use": "access_token"}


def access_token_info(portal: Portal, request: Request) -> Answer:
    """`GET /oauth/v1/access-tokens/{token}`."""
    wanted = request.params["token"]
    ends = portal.state.account.access_tokens.get(wanted)
    if ends is None or ends <= portal.now():
        raise ApiError(404, "OBJECT_NOT_FOUND", "access token not found or expired")
    return 200, _access_info(portal, wanted, ends)


def private_token_info(portal: Portal, request: Request) -> Answer:
    """`POST /oauth/v2/private-apps/get/access-token-info`: the scopes of a `pat-...` token."""
    wanted = fields(request.body, {"tokenKey": str}, "tokenKey")["tokenKey"]
    account = portal.state.account
    if wanted != account.token:
        raise ApiError(404, "OBJECT_NOT_FOUND", "token not found")
    return 200, {"userId": USER_ID, "hubId": account.portal_id, "appId": APP_ID, "scopes": account.scopes}


def revoke(portal: Portal, request: Request) -> Answer:
    """`POST /oauth/.../revoke`: the refresh token and all access tokens of it end."""
    account = portal.state.account
    if _form(request).get("token") == account.refresh_token:
        account.refresh_token = ""
        account.access_tokens.clear()
        portal.is_changed = True
    return 204, None


def account_details(portal: Portal, _request: Request) -> Answer:
    """`GET /account-info/.../details`: portal, time zone and currency."""
    account = portal.state.account
    offset = portal.clock().astimezone(ZoneInfo(account.time_zone)).utcoffset() or timedelta(0)
    minutes = offset // timedelta(minutes=1)
    return 200, {
        "portalId": account.portal_id,
        "accountType": "STANDARD",
        "timeZone": account.time_zone,
        "companyCurrency": account.currency,
        "additionalCurrencies": [],
        "utcOffset": f"{minutes // 60:+03d}:{minutes % 60:02d}",
        "utcOffsetMilliseconds": minutes * 60_000,
        "uiDomain": "app-eu1.hubspot.com",
        "dataHostingLocation": "eu1",
    }


def _form(request: Request) -> Mapping[str, str]:
    if request.version == "v1" and not request.body:
        return {name: values[-1] for name, values in request.query.items()}
    return request.body if isinstance(request.body, dict) else {}


def _refused(status: str, message: str) -> ApiError:
    return ApiError(400, status, message, body={"status": status, "message": message})


def _token_info(portal: Portal, wanted: str) -> dict[str, Any]:
    account = portal.state.account
    return {
        "token": wanted,
        "token_type": "bearer",
        "hub_id": account.portal_id,
        "app_id": APP_ID,
        "client_id": account.client_id,
        "user_id": USER_ID,
        "scopes": account.scopes,
    }


def _access_info(portal: Portal, wanted: str, ends: str) -> dict[str, Any]:
    left = ((milliseconds(ends) or 0) - (milliseconds(portal.now()) or 0)) // 1000
    return _token_info(portal, wanted) | {"expires_in": left}
