"""Who may ask: the token end point with its three flows, sessions, and who the user is."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .api import ApiError, Reply, Request
from .org import Org
from .times import stamp

JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# The guide asks for an assertion that ends within 3 minutes; 5 leaves room for clocks that differ.
_LONGEST_SECONDS = 300


def invalid_session() -> ApiError:
    """The 401 of a session that ended, or never was."""
    return ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")


def authorize(org: Org, authorization: str) -> None:
    """Checks the access token.

    A session ends a fixed time after login here; the vendor counts from the last use. A client that lives
    with the former lives with the latter.

    Raises:
        ApiError: 401 INVALID_SESSION_ID.
    """
    scheme, _, token = authorization.partition(" ")
    ends = org.state.account.sessions.get(token)
    if scheme not in ("Bearer", "OAuth") or ends is None:
        raise invalid_session()
    if ends <= org.now():
        end_session(org, authorization)
        raise invalid_session()


def end_session(org: Org, authorization: str) -> None:
    """Ends the session of a token before its time."""
    if org.state.account.sessions.pop(authorization.partition(" ")[2], None):
        org.is_changed = True


def token(org: Org, request: Request) -> Reply:
    """`POST /services/oauth2/token`: an access token; its answer never says how long it lives."""
    form = request.form()
    flows: dict[str, Callable[[Org, Request, Mapping[str, str]], dict[str, Any]]] = {
        JWT: _by_assertion,
        "client_credentials": _by_secret,
        "refresh_token": _by_refresh_token,
    }
    flow = flows.get(form.get("grant_type", ""))
    if flow is None:
        raise _refused("unsupported_grant_type", "grant type not supported")
    extra = flow(org, request, form)
    account = org.state.account
    access = f"{account.org_id[:15]}!AQ{secrets.token_urlsafe(40)}"
    for old in [old for old, ends in account.sessions.items() if ends <= request.at]:
        del account.sessions[old]
    account.sessions[access] = stamp(org.clock() + timedelta(seconds=account.session_seconds))
    org.is_changed = True
    answer = {
        "access_token": access,
        "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
        "scope": "api",
        "instance_url": request.host,
        "id": f"https://login.salesforce.com/id/{account.org_id}/{account.user_id}",
        "token_type": "Bearer",
        "issued_at": str(int(org.clock().timestamp() * 1000)),
    }
    return Reply(body=answer | extra, headers={"Cache-Control": "no-cache, no-store"})


def revoke(org: Org, request: Request) -> Reply:
    """`POST /services/oauth2/revoke`: ends an access token, or a refresh token with all sessions."""
    account, sent = org.state.account, request.form().get("token", "")
    if sent and sent == account.refresh_token:
        account.refresh_token = ""
        account.sessions.clear()
    elif account.sessions.pop(sent, None) is None:
        raise _refused("unsupported_token_type", "this token type is not supported")
    org.is_changed = True
    return Reply()


def user_info(org: Org, request: Request) -> Reply:
    """`GET /services/oauth2/userinfo`: user and organisation of the token."""
    account = org.state.account
    return Reply(
        body={
            "sub": f"https://login.salesforce.com/id/{account.org_id}/{account.user_id}",
            "user_id": account.user_id,
            "organization_id": account.org_id,
            "preferred_username": account.username,
            "user_type": "STANDARD",
            "urls": {"rest": f"{request.host}/services/data/v{{version}}/"},
        }
    )


def _by_assertion(org: Org, request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    account = org.state.account
    claims = _claims(form.get("assertion", ""), account.public_key)
    if claims.get("iss") != account.consumer_key:
        raise _refused("invalid_client_id", "client identifier invalid")
    if claims.get("aud") not in (*account.audiences, request.host):
        raise _refused("invalid_grant", "audience is invalid")
    ends, now = str(claims.get("exp", "")), org.wall_clock().timestamp()
    if not ends.isdigit() or not now < int(ends) <= now + _LONGEST_SECONDS:
        raise _refused("invalid_grant", "invalid assertion")
    if claims.get("sub") != account.username or not account.is_preauthorised:
        raise _refused("invalid_grant", "user hasn't approved this consumer")
    return {}


def _by_secret(org: Org, request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    _check_client(org, request, form)
    return {}


def _by_refresh_token(org: Org, request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    _check_client(org, request, form)
    account = org.state.account
    if not account.refresh_token or form.get("refresh_token") != account.refresh_token:
        raise _refused("invalid_grant", "expired access/refresh token")
    if not account.rotates_refresh_tokens:
        return {}
    # Rotation: the one just used is spent, even if this answer never arrives.
    account.refresh_token = f"5Aep861{secrets.token_urlsafe(40)}"
    return {"refresh_token": account.refresh_token}


def _check_client(org: Org, request: Request, form: Mapping[str, str]) -> None:
    key, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError as fault:
            raise _refused("invalid_client", "invalid client credentials") from fault
    account = org.state.account
    if key != account.consumer_key:
        raise _refused("invalid_client_id", "client identifier invalid")
    is_refresh = form.get("grant_type") == "refresh_token"
    if not secret and is_refresh and not account.refresh_needs_secret:
        return
    if not secrets.compare_digest(secret.encode(), account.consumer_secret.encode()):
        raise _refused("invalid_client", "invalid client credentials")


def _claims(assertion: str, public_key: str) -> dict[str, Any]:
    """What a signed assertion says (RFC 7519, RS256).

    Raises:
        ApiError: 400 invalid_grant for any other form, algorithm or signature.
    """
    parts = assertion.split(".")
    refused = _refused("invalid_grant", "invalid assertion")
    if len(parts) != 3:
        raise refused
    key = load_pem_public_key(public_key.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        header, claims = json.loads(_decoded(parts[0])), json.loads(_decoded(parts[1]))
        signed = f"{parts[0]}.{parts[1]}".encode()
        key.verify(_decoded(parts[2]), signed, padding.PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature) as fault:
        raise refused from fault
    if not isinstance(header, dict) or header.get("alg") != "RS256" or not isinstance(claims, dict):
        raise refused
    return claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _refused(error: str, description: str) -> ApiError:
    return ApiError(400, error, description, body={"error": error, "error_description": description})
