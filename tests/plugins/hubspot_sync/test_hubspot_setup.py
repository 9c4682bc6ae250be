"""What HubSpot lacks for our labels is found and created once; what is somebody else's is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consentric import ConfigError, Provision, RemoteError, RemoteKind, SegmentLabel

from .conftest import RFM

FIELD, CHAMPIONS, AT_RISK = "field:rfm5", "list:rfm5.champions", "list:rfm5.at_risk"
GREW = replace(RFM, segments=(*RFM.segments, SegmentLabel(key="new", title="New")))


def test_an_empty_portal_lacks_three_properties_and_a_list_per_segment(writer):
    assert writer.prepare([RFM]) == [
        Provision(
            target=FIELD,
            description="creates the contact properties acme_rfm5, acme_rfm5_previous, acme_rfm5_since",
        ),
        Provision(target=CHAMPIONS, description='creates the list "acme_rfm5: champions"'),
        Provision(target=AT_RISK, description='creates the list "acme_rfm5: at_risk"'),
    ]


def test_the_properties_carry_marker_choices_and_meaning(ready, portal):
    value = portal.properties["acme_rfm5"]

    assert value["description"] == "Buying. managed by consentric 0123456789abcdef"
    assert (value["type"], value["fieldType"], value["groupName"]) == ("enumeration", "select", "acme")
    assert [(choice["value"], choice["label"], choice["description"]) for choice in value["options"]] == [
        ("champions", "Champions", "bought lately, often and much"),
        ("at_risk", "At risk", ""),
    ]
    assert portal.properties["acme_rfm5_previous"]["type"] == "string"
    assert portal.properties["acme_rfm5_since"]["type"] == "date"
    assert portal.lists["acme_rfm5: at_risk"]["processingType"] == "MANUAL"
    assert ready.prepare([RFM]) == []


def test_provisioning_twice_sends_nothing_the_second_time(ready, portal):
    for target in (FIELD, CHAMPIONS, AT_RISK):
        ready.provision([RFM], target)

    assert {method for method, _, _ in portal.asked} <= {"GET"}


def test_a_list_brings_its_property_along(writer, portal):
    writer.provision([RFM], CHAMPIONS)

    assert "acme_rfm5" in portal.properties
    assert [provision.target for provision in writer.prepare([RFM])] == [AT_RISK]


def test_a_new_segment_adds_a_choice_and_keeps_those_that_stand_there(ready, portal):
    portal.properties["acme_rfm5"]["options"].append({"value": "by_hand", "label": "By hand"})

    assert [provision.description for provision in ready.prepare([GREW])] == [
        "adds the choices new to acme_rfm5",
        'creates the list "acme_rfm5: new"',
    ]
    ready.provision([GREW], FIELD)
    assert [choice["value"] for choice in portal.properties["acme_rfm5"]["options"]] == [
        "champions", "at_risk", "by_hand", "new",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["acme_rfm5", "acme_rfm5_previous", "acme_rfm5_since"])
@pytest.mark.parametrize("description", [None, "ours", "managed by consentric ffffffffffffffff"])
def test_a_property_without_our_marker_is_refused_by_name(writer, portal, name, description):
    portal.properties[name] = {"name": name, "description": description}

    with pytest.raises(RemoteError, match=f'property "{name}"') as raised:
        writer.prepare([RFM])

    assert raised.value.kind is RemoteKind.FATAL


def test_a_list_that_was_there_before_our_property_is_refused_by_name(writer, portal):
    portal.lists["acme_rfm5: champions"] = {"listId": "7", "processingType": "MANUAL"}

    with pytest.raises(RemoteError, match='list "acme_rfm5: champions"') as raised:
        writer.prepare([RFM])

    assert raised.value.kind is RemoteKind.FATAL


def test_a_list_that_was_there_before_its_segment_is_refused_by_name(ready, portal):
    portal.lists["acme_rfm5: new"] = {"listId": "7", "processingType": "MANUAL"}

    with pytest.raises(RemoteError, match='list "acme_rfm5: new"'):
        ready.prepare([GREW])


def test_a_list_that_fills_itself_is_refused(ready, portal):
    portal.lists["acme_rfm5: champions"]["processingType"] = "DYNAMIC"

    with pytest.raises(RemoteError, match='list "acme_rfm5: champions"'):
        ready.prepare([RFM])


def test_a_property_that_somebody_creates_in_between_is_not_adopted(writer, portal):
    create = portal.post_properties

    def overtaken(body):
        portal.properties.setdefault(body["name"], {"name": body["name"], "description": "theirs"})
        return create({}, {}, body)

    portal.replies["properties"] = lambda body: overtaken(body) if body else portal.get_properties({}, {}, {})

    with pytest.raises(RemoteError, match="did not create"):
        writer.provision([RFM], FIELD)


def test_a_prefix_that_makes_no_property_name_is_a_fault_of_the_config(writer):
    with pytest.raises(ConfigError, match="Acme-rfm5"):
        writer.prepare([replace(RFM, prefix="Acme-")])
