"""Tokens, scopes, OAuth and rate limits."""

from __future__ import annotations

import urllib.parse

import pytest

CONTACTS = "/crm/objects/2026-09/contacts"
SEARCH = "/crm/objects/2026-09/contacts/search"


def form(service, path, **values):
    return service.call(
        "POST",
        path,
        content=urllib.parse.urlencode(values).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


def grant(service, **changes):
    account = service.state.account
    values = {
        "grant_type": "refresh_token",
        "client_id": account.client_id,
        "client_secret": account.client_secret,
        "refresh_token": account.refresh_token,
    }
    return form(service, "/oauth/2026-03/token", **(values | changes))


@pytest.mark.behaviour("an unknown token is a 401", "HubSpot 'Error handling'; body as reported publicly")
def test_an_unknown_token_is_refused(service):
    reply = service.get(CONTACTS, token="pat-wrong")
    assert (reply.status, reply.json["category"]) == (401, "INVALID_AUTHENTICATION")
    assert service.get(CONTACTS, headers={"Authorization": "Basic abc"}).status == 401


@pytest.mark.behaviour("a missing scope is a 403 MISSING_SCOPES", "hubspot-api-nodejs #50")
def test_a_missing_scope_is_refused(service):
    service.state.account.scopes.remove("crm.objects.contacts.write")
    assert service.get(CONTACTS).status == 200
    reply = service.post(f"{CONTACTS}/batch/update", {"inputs": []})
    assert (reply.status, reply.json["category"]) == (403, "MISSING_SCOPES")
    assert reply.json["errors"][0]["context"] == {"requiredGranularScopes": ["crm.objects.contacts.write"]}


@pytest.mark.behaviour("an access token lives 1,800 seconds", "HubSpot 'OAuth', expires_in")
def test_an_access_token_ends_by_the_clock(service):
    granted = grant(service).json
    assert (granted["expires_in"], granted["token_type"]) == (1800, "bearer")
    assert granted["refresh_token"] == service.state.account.refresh_token
    service.clocks.move(1799)
    assert service.get(CONTACTS, token=granted["access_token"]).status == 200
    service.clocks.move(1)
    late = service.get(CONTACTS, token=granted["access_token"])
    assert (late.status, late.json["category"]) == (401, "EXPIRED_AUTHENTICATION")


@pytest.mark.behaviour("a bad refresh is a 400", "HubSpot 'OAuth', BAD_REFRESH_TOKEN and others")
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"refresh_token": "x"}, "BAD_REFRESH_TOKEN"),
        ({"client_secret": "x"}, "BAD_CLIENT_SECRET"),
        ({"client_id": "x"}, "BAD_CLIENT_ID"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
    ],
)
def test_a_bad_refresh_is_refused(service, change, status):
    reply = grant(service, **change)
    assert (reply.status, reply.json["status"]) == (400, status)


@pytest.mark.behaviour("what a token is", "OpenAPI OAuth 2026-09, introspect; v1 access-tokens")
def test_a_token_can_be_looked_at(service):
    access = grant(service).json["access_token"]
    found = form(service, "/oauth/2026-09/token/introspect", token=access).json
    assert (found["active"], found["hub_id"], found["expires_in"]) == (True, 147000001, 1800)
    assert "crm.objects.contacts.read" in service.get(f"/oauth/v1/access-tokens/{access}").json["scopes"]
    service.clocks.move(1800)
    assert form(service, "/oauth/2026-09/token/introspect", token=access).json == {"active": False}
    own = {"tokenKey": service.state.account.token}
    assert service.post("/oauth/v2/private-apps/get/access-token-info", own).json["hubId"] == 147000001


def test_a_revoked_refresh_token_ends_its_access_tokens(service):
    access = grant(service).json["access_token"]
    assert form(service, "/oauth/2026-03/revoke", token=service.state.account.refresh_token).status == 204
    assert service.get(CONTACTS, token=access).status == 401


@pytest.mark.behaviour("the account says portal, zone and currency", "OpenAPI Account Info, details")
@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_the_account_says_who_it_is(service, version):
    found = service.get(f"/account-info/{version}/details").json
    assert (found["portalId"], found["timeZone"], found["companyCurrency"]) == (
        147000001,
        "Europe/Paris",
        "EUR",
    )
    assert (found["utcOffset"], found["utcOffsetMilliseconds"]) == ("+02:00", 7_200_000)


@pytest.mark.behaviour("190 requests in ten seconds, rolling", "HubSpot 'Increasing our API limits'")
def test_the_191st_request_in_ten_seconds_is_refused(service):
    assert [service.get(CONTACTS).status for _ in range(190)] == [200] * 190
    over = service.get(CONTACTS)
    assert over.status == 429
    assert over.json["policyName"] == "TEN_SECONDLY_ROLLING"
    assert over.json["message"] == "You have reached your ten_secondly_rolling limit."
    assert over.json["category"] == "RATE_LIMITS"
    assert service.get("/crm/v3/objects/contacts").json["errorType"] == "RATE_LIMIT"
    assert "Retry-After" not in over.headers
    service.clocks.move(10)
    assert service.get(CONTACTS).status == 200


@pytest.mark.behaviour("five searches a second", "HubSpot 'Search the CRM', rate limit")
def test_the_sixth_search_in_a_second_is_refused(service):
    assert [service.post(SEARCH, {}).status for _ in range(6)] == [200] * 5 + [429]
    assert service.post(SEARCH, {}).json["policyName"] == "SECONDLY"
    assert service.get(CONTACTS).status == 200
    service.clocks.move(1)
    assert service.post(SEARCH, {}).status == 200


@pytest.mark.behaviour(
    "the day ends at midnight of the account", "HubSpot 'API usage guidelines', daily limit"
)
def test_the_daily_limit_ends_at_midnight_in_paris(service):
    service.state.allowance.daily = 2
    assert [service.get(CONTACTS).status for _ in range(3)] == [200, 200, 429]
    assert service.get(CONTACTS).json["policyName"] == "DAILY"
    service.clocks.move(9 * 3600 + 3599)
    assert service.get(CONTACTS).status == 429
    service.clocks.move(1)
    assert service.get(CONTACTS).status == 200


@pytest.mark.behaviour("rate headers, but none on search", "HubSpot 'API usage guidelines', headers")
def test_rate_headers_stand_on_all_but_searches(service):
    headers = service.get(CONTACTS).headers
    assert headers["X-HubSpot-RateLimit-Max"] == "190"
    assert headers["X-HubSpot-RateLimit-Remaining"] == "189"
    assert headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert headers["X-HubSpot-RateLimit-Daily"] == "650000"
    assert headers["X-HubSpot-RateLimit-Daily-Remaining"] == "649999"
    assert not [name for name in service.post(SEARCH, {}).headers if "ratelimit" in name.lower()]


@pytest.mark.behaviour("unknown paths and methods", "HTTP: 404, 405")
def test_unknown_paths_and_methods_are_refused(service):
    assert service.get("/crm/objects/2025-01/contacts").status == 404
    assert service.get("/crm/v3/unicorns").status == 404
    assert service.call("PUT", CONTACTS, {}).status == 405
    assert service.get(f"{CONTACTS}/batch/update/x").status == 404


@pytest.mark.behaviour("bodies are JSON and say so", "HTTP: 415; HubSpot 'Invalid input JSON'")
def test_a_body_must_be_json_and_say_so(service):
    wrong = service.call("POST", SEARCH, content=b"{}", headers={"Content-Type": "text/plain"})
    assert wrong.status == 415
    broken = service.call("POST", SEARCH, content=b"{")
    assert broken.status == 400
    assert broken.json["message"].startswith("Invalid input JSON")
    assert service.post(SEARCH, []).status == 400


@pytest.mark.behaviour("very long addresses are refused", "HubSpot 'Error handling', 414")
def test_a_very_long_address_is_refused(service):
    assert service.get(f"{CONTACTS}?properties=" + "x" * 15_000).status == 414
