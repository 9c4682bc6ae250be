"""Tokens of three flows, sessions, limits and addresses."""

from __future__ import annotations

import base64
import json
import socket

import jwt
import pytest

from .conftest import START, key_pair

TOKEN = "/services/oauth2/token"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def form(service, path=TOKEN, headers=None, **values):
    return service.call("POST", path, data=values, headers={"Authorization": ""} | (headers or {}))


def assertion(service, *, key=None, algorithm="RS256", **changes):
    account = service.state.account
    claims = {
        "iss": account.consumer_key,
        "sub": account.username,
        "aud": "https://login.salesforce.com",
        "exp": str(int(START.timestamp()) + 180),
    }
    return jwt.encode(claims | changes, key or key_pair()[0], algorithm=algorithm)


def by_secret(service, **changes):
    account = service.state.account
    values = {
        "grant_type": "client_credentials",
        "client_id": account.consumer_key,
        "client_secret": account.consumer_secret,
    }
    return form(service, **(values | changes))


def refresh(service, **changes):
    token = service.state.account.refresh_token
    return by_secret(service, **({"grant_type": "refresh_token", "refresh_token": token} | changes))


@pytest.mark.behaviour(
    "JWT bearer gives a token that says no lifetime", "crm-apis 1.G; 'OAuth 2.0 JWT Bearer'"
)
def test_a_signed_assertion_gives_a_token_without_a_lifetime(service):
    granted = form(service, grant_type=JWT, assertion=assertion(service))
    assert granted.status == 200
    assert set(granted.json) == {
        "access_token", "instance_url", "id", "token_type", "issued_at", "signature", "scope",
    }  # fmt: skip
    assert granted.json["instance_url"] == service.base_url
    service.token = granted.json["access_token"]
    assert service.get("/limits").status == 200


@pytest.mark.behaviour("a wrong assertion is an invalid_grant", "RFC 7523; messages as reported publicly")
@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"aud": "https://example.com"}, "audience is invalid"),
        ({"sub": "nobody@example.com"}, "user hasn't approved this consumer"),
        ({"exp": str(int(START.timestamp()) - 1)}, "invalid assertion"),
        ({"exp": str(int(START.timestamp()) + 3600)}, "invalid assertion"),
        ({"exp": "soon"}, "invalid assertion"),
    ],
)
def test_a_wrong_assertion_is_refused(service, changes, description):
    refused = form(service, grant_type=JWT, assertion=assertion(service, **changes))
    assert refused.status == 400
    assert refused.json == {"error": "invalid_grant", "error_description": description}


@pytest.mark.behaviour("an assertion must be signed with the app's key", "RFC 7515, RS256")
def test_an_assertion_of_another_key_or_algorithm_is_refused(service):
    from cryptography.hazmat.primitives.asymmetric import rsa

    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    unsigned = jwt.encode({"iss": service.state.account.consumer_key}, None, algorithm="none")
    by_password = assertion(service, key="x" * 32, algorithm="HS256")
    for wrong in (assertion(service, key=stranger), unsigned, by_password, "a.b", ""):
        assert form(service, grant_type=JWT, assertion=wrong).json["error"] == "invalid_grant"
    other_app = assertion(service, iss="another app")
    assert form(service, grant_type=JWT, assertion=other_app).json["error"] == "invalid_client_id"
    service.state.account.is_preauthorised = False
    assert form(service, grant_type=JWT, assertion=assertion(service)).status == 400


@pytest.mark.behaviour("client credentials in the form or the header", "'OAuth 2.0 Client Credentials Flow'")
def test_client_credentials_may_stand_in_the_header(service):
    account = service.state.account
    pair = base64.b64encode(f"{account.consumer_key}:{account.consumer_secret}".encode()).decode()
    granted = form(service, headers={"Authorization": f"Basic {pair}"}, grant_type="client_credentials")
    assert (granted.status, granted.json["token_type"]) == (200, "Bearer")
    assert by_secret(service).status == 200


@pytest.mark.behaviour("wrong client credentials are refused", "'OAuth 2.0 Error Codes'")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "x"}, "invalid_client"),
        ({"client_id": "x"}, "invalid_client_id"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_wrong_client_credentials_are_refused(service, changes, error):
    refused = by_secret(service, **changes)
    assert (refused.status, refused.json["error"]) == (400, error)


@pytest.mark.behaviour("a refresh token is used again and again", "'OAuth 2.0 Refresh Token Flow'")
def test_a_refresh_token_is_used_again(service):
    first, second = refresh(service), refresh(service)
    assert (first.status, second.status) == (200, 200)
    assert "refresh_token" not in first.json
    assert refresh(service, client_secret="").json["error"] == "invalid_client"
    service.state.account.refresh_needs_secret = False
    assert refresh(service, client_secret="").status == 200


@pytest.mark.behaviour("with rotation each refresh spends its token", "tap-salesforce, change of 2026")
def test_a_rotated_refresh_token_works_once(service):
    service.state.account.rotates_refresh_tokens = True
    old = service.state.account.refresh_token
    rotated = refresh(service).json["refresh_token"]
    assert rotated == service.state.account.refresh_token != old
    late = refresh(service, refresh_token=old)
    assert late.json == {"error": "invalid_grant", "error_description": "expired access/refresh token"}
    assert refresh(service, refresh_token=rotated).status == 200


@pytest.mark.behaviour("a session ends after two hours", "'Session Security Levels': timeout of 2 hours")
def test_a_session_ends_by_the_clock(service):
    service.clock.move(seconds=7199)
    assert service.get("/limits").status == 200
    service.clock.move(seconds=1)
    late = service.get("/limits")
    assert late.status == 401
    assert late.json == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


@pytest.mark.behaviour("an unknown token is INVALID_SESSION_ID", "crm-apis 1.E")
def test_an_unknown_token_is_refused(service):
    for header in ("Bearer 00D!nothing", f"Basic {service.token}", ""):
        assert service.get("/limits", headers={"Authorization": header}).code == "INVALID_SESSION_ID"


@pytest.mark.behaviour("a revoked token ends", "'Revoke OAuth Tokens'")
def test_a_revoked_token_ends(service):
    assert form(service, "/services/oauth2/revoke", token=service.token).status == 200
    assert service.get("/limits").status == 401
    assert form(service, "/services/oauth2/revoke", token="x").status == 400
    refresh_token = service.state.account.refresh_token
    assert form(service, "/services/oauth2/revoke", token=refresh_token).status == 200
    assert refresh(service, refresh_token=refresh_token).status == 400


@pytest.mark.behaviour("userinfo names user and org", "'Query for User Information'")
def test_userinfo_names_user_and_org(service):
    told = service.get("/services/oauth2/userinfo").json
    assert (told["organization_id"], told["user_id"]) == ("00DTn0000000001MAA", "005Tn0000000001IAA")


@pytest.mark.behaviour("only https is served", "simple-salesforce 1.12.10 builds https addresses alone")
def test_plain_http_is_not_served(service):
    port = int(service.base_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        plain.sendall(b"GET /services/data HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.MonkeyPatch.context():
            try:
                answer = plain.recv(100)
            except ConnectionResetError:
                answer = b""
    assert b"HTTP/1.1 200" not in answer


@pytest.mark.behaviour("every answer tells the requests used", "header Sforce-Limit-Info, crm-apis 1.A")
def test_requests_are_counted(service):
    assert service.get("/limits").headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    refused = service.query("SELECT Nothing FROM Contact")
    assert refused.headers["Sforce-Limit-Info"] == "api-usage=2/100000"
    told = service.get("/limits").json["DailyApiRequests"]
    assert told == {"Max": 100000, "Remaining": 99997}


@pytest.mark.behaviour("a spent day is a 403 TotalRequests", "'API Request Limits and Allocations'")
def test_a_spent_day_is_refused_for_24_hours(service):
    service.state.allowance.daily = 2
    assert [service.get("/limits").status for _ in range(3)] == [200, 200, 403]
    refused = service.get("/limits")
    assert refused.json == [
        {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
    ]
    service.clock.move(hours=23)
    service.login()
    assert service.get("/limits").status == 403
    service.clock.move(hours=1)
    service.login()
    assert service.get("/limits").status == 200


@pytest.mark.behaviour("versions 21 to 30 are gone", "'API End-of-Life Policy', Summer '25")
def test_versions_are_listed_retired_or_unknown(service):
    listed = service.get("/services/data", headers={"Authorization": ""}).json
    assert (listed[0]["version"], listed[0]["url"]) == ("31.0", "/services/data/v31.0")
    gone = service.get("/services/data/v30.0/limits")
    assert (gone.status, gone.code) == (410, "UNSUPPORTED_API_VERSION")
    for path in ("/services/data/v99.0/limits", "/services/data/64/limits", "/nothing", "/services/x"):
        assert service.get(path).code == "NOT_FOUND"
    assert "limits" in service.get("/services/data/v64.0/").json


@pytest.mark.behaviour("a wrong method is a 405", "'Status Codes and Error Responses'")
def test_a_wrong_method_is_refused(service):
    refused = service.post("/limits", {})
    assert (refused.status, refused.code, refused.headers["Allow"]) == (405, "METHOD_NOT_ALLOWED", "GET")


@pytest.mark.behaviour("a body must be JSON and say so", "'Status Codes and Error Responses', 415")
def test_a_body_that_is_no_json_is_refused(service):
    path = "/composite/sobjects"
    plain = service.call("PATCH", path, data="a=b", headers={"Content-Type": "text/plain"})
    assert (plain.status, plain.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    for text in ("{", "[]", ""):
        broken = service.call("PATCH", path, data=text, headers={"Content-Type": "application/json"})
        assert (broken.status, broken.code) == (400, "JSON_PARSER_ERROR")
    assert json.loads(service.get("/limits").text)
