"""Credentials, connections, errors in the vendor's form, and what no answer tells."""

from __future__ import annotations

import contextlib
import threading
from base64 import b64encode

import pytest
import urllib3


def basic(password, user="anything"):
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.behaviour("the key is the password of any user", "crm-apis 3.G; Marketing API Conventions")
@pytest.mark.parametrize("user", ["user", "", "anystring"])
def test_any_user_name_will_do(service, user):
    assert service.get("/ping", authorization=basic(service.key, user)).json == {
        "health_status": "Everything's Chimpy!"
    }


@pytest.mark.behaviour("an OAuth token is a bearer", "crm-apis 3.G")
def test_a_bearer_token_is_taken(service):
    token = service.state.credentials.access_token
    assert service.get("/", authorization=f"Bearer {token}").json["account_name"] == "Pretend shop"
    assert service.get("/ping", authorization="Bearer nonsense").status == 401
    assert service.get("/ping", authorization=f"Bearer {service.key}").status == 401


@pytest.mark.behaviour("a missing or wrong key is 401", "Errors: API Key Missing, API Key Invalid")
def test_a_missing_and_a_wrong_key_differ_by_title(service):
    missing, wrong = (
        service.get("/ping", authorization=""),
        service.get("/ping", authorization=basic("x-us6")),
    )
    assert [(one.status, one.title) for one in (missing, wrong)] == [
        (401, "API Key Missing"),
        (401, "API Key Invalid"),
    ]
    assert service.get("/ping", authorization="Basic %%%").title == "API Key Invalid"


@pytest.mark.behaviour("the key of another data centre is 403", "Errors: Wrong Datacenter")
def test_a_key_with_another_suffix_is_refused(service):
    other = service.key.replace("-us6", "-us7")
    found = service.get("/ping", authorization=basic(other))
    assert (found.status, found.title) == (403, "Wrong Datacenter")
    assert service.get("/ping", authorization=basic(service.key.removesuffix("-us6"))).status == 401


@pytest.mark.behaviour(
    "a token's metadata name its home; a wrong one is answered 200 without", "tap-mailchimp (crm-apis 3.G)"
)
def test_metadata_of_a_wrong_token_have_no_end_point(service):
    url = f"{service.base_url}/oauth2/metadata"
    right = service.call("GET", url, authorization=f"OAuth {service.state.credentials.access_token}")
    wrong = service.call("GET", url, authorization="OAuth nonsense")
    assert (right.status, right.json["dc"], right.json["api_endpoint"]) == (200, "us6", service.base_url)
    assert (wrong.status, wrong.json) == (200, {"error": "invalid_token"})


@pytest.mark.behaviour("errors are problem documents", "Errors; crm-apis 3, sample")
def test_an_error_is_a_problem_document(service):
    found = service.get("/nope")
    assert found.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    assert found.json == {
        "type": "https://mailchimp.com/developer/marketing/docs/errors/",
        "title": "Resource Not Found",
        "status": 404,
        "detail": "The requested resource could not be found.",
        "instance": found.json["instance"],
    }


def test_a_known_path_with_another_method_is_405(service):
    assert service.call("PUT", "/ping").title == "Method Not Allowed"


def test_a_body_that_is_no_json_is_refused(service):
    found = service.call("POST", "/batches", content=b"{")
    assert (found.status, found.title) == (400, "JSON Parse Error")


def test_a_path_outside_the_api_is_404(service):
    assert service.call("GET", f"{service.base_url}/2.0/ping").status == 404


@pytest.mark.behaviour("no answer has rate headers", "crm-apis 3.E: none, and no Retry-After")
def test_answers_tell_nothing_about_rates(service):
    service.account.faults.add("429-no-hint", nth=2)
    for reply in (service.get("/ping"), service.get("/ping")):
        assert not [name for name in reply.headers if "rate" in name.lower() or "retry" in name.lower()]


@pytest.mark.behaviour(
    "the eleventh simultaneous connection is a 429 without body", "crm-apis 3.E and 4; batch guide: 10"
)
def test_the_11th_request_at_a_time_is_throttled(service):
    service.account.faults.add("latency", endpoint="account.ping", times=10, args={"seconds": 30})

    def ask():
        with contextlib.suppress(urllib3.exceptions.HTTPError):  # the test ends before the answer comes
            service.get("/ping")

    for _ in range(10):
        threading.Thread(target=ask, daemon=True).start()
    for _ in range(10):
        assert service.desk.answers.acquire(timeout=10)
    refused = service.get("/lists")
    assert (refused.status, refused.data, "Content-Type" in refused.headers) == (429, b"", False)
    service.desk.lift_limits()
    assert service.get("/lists").status == 200


def test_ten_requests_one_after_another_are_no_crowd(service):
    assert [service.get("/ping").status for _ in range(25)] == [200] * 25


def test_the_servers_clock_is_in_every_answer(service):
    assert service.get("/ping").headers["Date"] == "Mon, 15 Jun 2026 12:00:00 GMT"
    service.clock.move(days=1)
    assert service.get("/nope").headers["Date"] == "Tue, 16 Jun 2026 12:00:00 GMT"


@pytest.mark.behaviour("an address that is too long is a 414", "crm-apis 3.D: not to be asked again")
def test_a_long_address_is_refused(service):
    reply = service.get("/lists?fields=" + "lists.id," * 2000)
    assert (reply.status, reply.title) == (414, "Request-URI Too Long")
