"""The vendor's SDK at work, with the odd ways of it that a client has to know."""

from __future__ import annotations

import pytest
import requests
from mailchimp_marketing.api_client import ApiClientError

from .conftest import hash_of


def test_the_sdk_reads_and_tags(service):
    client = service.client()
    found = client.lists.get_list_members_info(
        service.news, count=1, fields=["members.contact_id", "total_items"]
    )
    assert found["total_items"] == 7
    body = {"tags": [{"name": "A", "status": "active"}], "is_syncing": True}
    assert client.lists.update_list_member_tags(service.news, hash_of("bob"), body).status_code == 204
    assert client.lists.get_list_member_tags(service.news, hash_of("bob"))["tags"][0]["name"] == "A"
    assert client.lists.tag_search(service.news, name="A")["total_items"] == 1


def test_the_sdk_runs_a_batch(service):
    client = service.client()
    operation = {"method": "GET", "path": "/ping", "operation_id": "p"}
    id = client.batches.start({"operations": [operation]})["id"]
    assert [client.batches.status(id)["status"] for _ in range(4)][-1] == "finished"
    assert client.batches.list()["total_items"] == 1


def test_the_sdk_reads_reports_and_orders(service):
    client = service.client()
    assert (
        client.campaigns.list(status="sent", since_send_time="2026-01-01T00:00:00+00:00")["total_items"] == 1
    )
    assert client.reports.get_campaign_recipients("c000000001")["total_items"] == 3
    assert client.reports.get_campaign_click_details("c000000001")["total_items"] == 2
    assert client.reports.get_unsubscribed_list_for_campaign("c000000001")["total_items"] == 0
    assert client.reports.get_email_activity_for_campaign("c000000001")["total_items"] == 3
    assert client.ecommerce.orders(count=1)["total_items"] == 3
    assert client.ecommerce.get_store_orders("myserver-shop")["total_items"] == 3


def test_the_sdk_fills_a_segment(service):
    client = service.client()
    made = client.lists.create_segment(service.news, {"name": "Lost", "static_segment": []})
    body = {"members_to_add": ["bob@example.com"]}
    assert client.lists.batch_segment_members(body, service.news, made["id"])["total_added"] == 1


def test_the_sdk_forgets_a_member(service):
    client = service.client(access_token=service.state.credentials.access_token)
    assert client.lists.delete_list_member_permanent(service.news, hash_of("ada")).status_code == 204
    assert client.lists.delete_list_member(service.news, hash_of("bob")).status_code == 204
    assert [line["kind"] for line in service.log()] == ["erase", "other"]


@pytest.mark.behaviour(
    "an error without body is returned by the SDK, not raised", "mailchimp-marketing 3.0.80 (crm-apis 0.5)"
)
def test_the_sdk_returns_a_throttle_as_if_it_were_an_answer(service):
    service.account.faults.add("429-no-hint", nth=1)
    found = service.client().lists.get_all_lists()
    assert isinstance(found, requests.Response)
    assert found.status_code == 429


@pytest.mark.behaviour(
    "an error's text is a JSON text in the SDK", "mailchimp-marketing 3.0.80 (crm-apis 3.A c)"
)
def test_the_sdk_raises_a_problem_as_text(service):
    with pytest.raises(ApiClientError) as caught:
        service.client().lists.get_list("nope")
    assert caught.value.status_code == 404
    assert '"Resource Not Found"' in caught.value.text
    assert str(caught.value) == "", "nothing to print, nothing to leak"


@pytest.mark.behaviour(
    "the SDK puts the data centre over the word server", "mailchimp-marketing 3.0.80 (crm-apis 3.A a)"
)
def test_the_sdk_mangles_a_shop_with_server_in_its_name(service):
    client = service.client()
    client.api_client.server = "us6"
    with pytest.raises(ApiClientError) as caught:
        client.ecommerce.get_store("myserver-shop")
    assert caught.value.status_code == 404
