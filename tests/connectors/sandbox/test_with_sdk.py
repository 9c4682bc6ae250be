"""The vendor's own SDK, version 12, against the sandbox: methods on v3, `call_api` on dated paths."""

from __future__ import annotations

import pytest
from hubspot import HubSpot
from hubspot.crm.contacts.exceptions import ForbiddenException, NotFoundException


@pytest.fixture
def sdk(service):
    return HubSpot(
        access_token=service.state.account.token,
        host=service.base_url,
        ssl_ca_cert=str(service.ca_file),
        retry=False,
    )


@pytest.mark.behaviour("the SDK reads, merges and purges", "SDK 12.0.0, crm.contacts.basic_api")
def test_the_sdk_reads_pages_merges_and_purges(service, sdk):
    api = sdk.crm.contacts.basic_api
    page = api.get_page(limit=2, properties=["email"])
    assert [row.properties["email"] for row in page.results] == ["ada@example.com", "bob@example.com"]
    assert api.get_page(limit=2, after=page.paging.next.after).results[0].id == "103"
    merged = api.merge({"primaryObjectId": "101", "objectIdToMerge": "102"})
    assert api.get_by_id("102").id == merged.id == "106"
    api.purge({"objectId": "103"})
    with pytest.raises(NotFoundException):
        api.get_by_id("103")


@pytest.mark.behaviour("the SDK writes batches", "SDK 12.0.0, crm.contacts.batch_api")
def test_the_sdk_writes_a_batch_and_sees_errors_of_207_only(service, sdk):
    rows = [{"id": id, "properties": {"x_rfm": "lost"}} for id in ("101", "999")]
    reply = sdk.crm.contacts.batch_api.update({"inputs": rows})
    assert (reply.num_errors, [row.id for row in reply.results]) == (1, ["101"])


@pytest.mark.behaviour("the SDK searches", "SDK 12.0.0, crm.contacts.search_api")
def test_the_sdk_searches(service, sdk):
    query = {"filterGroups": [{"filters": [{"propertyName": "firstname", "operator": "EQ", "value": "bob"}]}]}
    assert [row.id for row in sdk.crm.contacts.search_api.do_search(query).results] == ["102"]


@pytest.mark.behaviour("the SDK makes properties and lists", "SDK 12.0.0, crm.properties, crm.lists")
def test_the_sdk_provisions_properties_and_lists(service, sdk):
    definition = {
        "name": "x_new",
        "label": "New",
        "groupName": "contactinformation",
        "type": "string",
        "fieldType": "text",
    }
    assert sdk.crm.properties.core_api.create("contacts", definition).name == "x_new"
    made = sdk.crm.lists.lists_api.create(
        {"name": "x", "objectTypeId": "0-1", "processingType": "MANUAL"}
    ).list
    changed = sdk.crm.lists.memberships_api.add(made.list_id, ["101", "999"])
    assert (changed.records_ids_added, changed.record_ids_missing) == (["101"], ["999"])
    rows = sdk.crm.lists.memberships_api.get_page(made.list_id).results
    assert [row.record_id for row in rows] == ["101"]


@pytest.mark.behaviour("the SDK reads links and subscriptions", "SDK 12.0.0, associations.v4")
def test_the_sdk_reads_associations_and_v3_subscriptions(service, sdk):
    rows = sdk.crm.associations.v4.batch_api.get_page(
        "deals", "contacts", {"inputs": [{"id": "104"}]}
    ).results
    assert int(rows[0].to[0].to_object_id) == 101
    definitions = sdk.communication_preferences.definition_api.get_page().subscription_definitions
    assert [one.name for one in definitions] == ["Newsletter", "Partners"]
    status = sdk.communication_preferences.status_api.get_email_status("ada@example.com")
    assert [one.status for one in status.subscription_statuses] == ["SUBSCRIBED", "NOT_SUBSCRIBED"]


@pytest.mark.behaviour("call_api reaches dated paths", "SDK 12.0.0, ApiClient.call_api")
def test_call_api_reaches_dated_paths_with_rate_headers(service, sdk):
    body, status, headers = sdk.crm.contacts.basic_api.api_client.call_api(
        "/crm/objects/{version}/{type}",
        "GET",
        path_params={"version": "2026-09", "type": "contacts"},
        query_params=[("limit", 1)],
        header_params={"Accept": "application/json"},
        response_types_map={200: "object"},
        auth_settings=["oauth2"],
        _return_http_data_only=False,
    )
    assert (status, body["results"][0]["id"]) == (200, "101")
    assert headers["X-HubSpot-RateLimit-Remaining"] == "189"


@pytest.mark.behaviour("the SDK's exceptions", "SDK 12.0.0, exceptions by status")
def test_a_lost_scope_is_the_sdks_forbidden(service, sdk):
    service.portal.faults.add("403-scope-lost")
    with pytest.raises(ForbiddenException, match="MISSING_SCOPES"):
        sdk.crm.contacts.basic_api.get_page()


@pytest.mark.behaviour("OAuth through the SDK", "SDK 12.0.0, oauth.tokens_api on v1")
def test_the_sdk_renews_a_token(service, sdk):
    account = service.state.account
    granted = sdk.oauth.tokens_api.create(
        grant_type="refresh_token",
        client_id=account.client_id,
        client_secret=account.client_secret,
        refresh_token=account.refresh_token,
    )
    assert granted.expires_in == 1800
    sdk.access_token = granted.access_token
    assert sdk.crm.contacts.basic_api.get_page(limit=1).results[0].id == "101"
