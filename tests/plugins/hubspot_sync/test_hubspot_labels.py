"""Labels are written by record id, one outcome per change, and read back exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from consentric import Change, RecordRef, RemoteError, RemoteKind, Shown

from .conftest import RFM, refusal

FIELD, CHAMPIONS, AT_RISK = "field:rfm5", "list:rfm5.champions", "list:rfm5.at_risk"
OTHER = replace(RFM, name="life", segments=RFM.segments[:1])


def ref(id: str) -> RecordRef:
    return RecordRef(object="contact", id=id)


def sets(*ids: str, new: str = "champions", previous: str = "", since: date | None = date(2026, 6, 15)):
    return [
        Change(op=int(id), record=ref(id), verb="set", target=FIELD, new=new, previous=previous, since=since)
        for id in ids
    ]


def members(verb, *ids: str, target: str = CHAMPIONS):
    return [Change(op=int(id), record=ref(id), verb=verb, target=target) for id in ids]


def states(writer, changes, labels=(RFM,)):
    return {outcome.op: outcome.state for outcome in writer.apply(labels, changes)}


def test_set_writes_segment_previous_and_since(ready, portal):
    assert states(ready, sets("1", new="at_risk", previous="champions")) == {1: "done"}

    assert portal.contacts["1"] == {
        "acme_rfm5": "at_risk",
        "acme_rfm5_previous": "champions",
        "acme_rfm5_since": "2026-06-15",
    }
    assert portal.sent("objects.update")[0]["inputs"][0]["id"] == "1"
    assert "idProperty" not in portal.sent("objects.update")[0]["inputs"][0]


def test_clear_empties_all_three(ready, portal):
    states(ready, sets("1"))
    states(ready, [Change(op=1, record=ref("1"), verb="clear", target=FIELD, previous="champions")])

    assert set(portal.contacts["1"].values()) == {""}


def test_a_row_that_failed_inside_a_200_is_not_done(ready, portal):
    portal.bad = {"2"}

    assert states(ready, sets("1", "2", "44")) == {1: "done", 2: "rejected", 44: "gone"}


def test_numerrors_without_a_list_leaves_the_missing_rows_to_the_read_back(ready, portal):
    portal.replies["objects.update"] = lambda body: {"results": [{"id": "1"}], "numErrors": 2}

    assert states(ready, sets("1", "2", "3")) == {1: "done", 2: "ambiguous", 3: "ambiguous"}


def test_an_error_without_ids_belongs_to_the_one_row_without_an_answer(ready, portal):
    portal.replies["objects.update"] = lambda body: {
        "results": [{"id": "1"}], "numErrors": 1, "errors": [{"category": "OBJECT_NOT_FOUND"}]
    }  # fmt: skip

    assert states(ready, sets("1", "2")) == {1: "done", 2: "gone"}


def test_a_label_for_a_merged_record_is_left_to_the_read_back_which_shows_nothing(ready, portal):
    portal.moved = {"20": "5"}

    assert states(ready, sets("20")) == {20: "ambiguous"}
    shown = list(ready.current([RFM], [ref("20")]))
    assert {one.record for one in shown} == {ref("5")}


@pytest.mark.parametrize("bad", range(1, 9))
def test_a_batch_refused_as_a_whole_is_halved_until_the_bad_change_stands_alone(ready, portal, bad):
    portal.poison = {str(bad)}

    found = states(ready, sets(*"12345678"))

    assert found == {n: "rejected" if n == bad else "done" for n in range(1, 9)}
    assert len(portal.sent("objects.update")) - 1 <= 2 * 3 + 1


def test_two_bad_changes_cost_at_most_twice_the_calls(ready, portal):
    portal.poison = {"3", "8"}

    found = states(ready, sets(*"12345678"))

    assert [op for op, state in sorted(found.items()) if state == "rejected"] == [3, 8]
    assert len(portal.sent("objects.update")) - 1 <= 2 * (2 * 3 + 1)


@pytest.mark.parametrize("how", ["each row", "whole batch"])
def test_a_property_that_was_deleted_stops_the_destination_instead_of_rejecting_everybody(ready, portal, how):
    del portal.properties["acme_rfm5"]
    (portal.bad if how == "each row" else portal.poison).update("12345678")

    with pytest.raises(RemoteError, match='no contact property "acme_rfm5" any more') as raised:
        states(ready, sets(*"12345678"))

    assert raised.value.kind is RemoteKind.FATAL
    assert len(portal.sent("objects.update")) <= 3


def test_a_missing_answer_is_ambiguous_for_the_whole_batch(ready, portal):
    def lost(body):
        raise refusal(502, kind=RemoteKind.AMBIGUOUS)

    portal.replies["objects.update"] = lost

    with pytest.raises(RemoteError) as raised:
        states(ready, sets("1", "2"))
    assert raised.value.kind is RemoteKind.AMBIGUOUS


@pytest.mark.parametrize(
    ("kind", "state"), [(RemoteKind.AMBIGUOUS, "ambiguous"), (RemoteKind.QUOTA, "retry")]
)
def test_an_answer_lost_while_halving_is_told_per_change(ready, portal, kind, state):
    kinds = [RemoteKind.REJECTED, kind, None]

    def answer(body):
        found = kinds.pop(0)
        if found:
            raise refusal(400, kind=found)
        return {"results": [{"id": row["id"]} for row in body["inputs"]]}

    portal.replies["objects.update"] = answer

    assert states(ready, sets("1", "2", "3", "4")) == {1: state, 2: state, 3: "done", 4: "done"}


def test_two_sets_of_one_record_travel_as_one_row_and_fail_apart(ready, portal):
    for provision in ready.prepare([OTHER]):
        ready.provision([OTHER], provision.target)
    changes = [
        *sets("1", "2"),
        Change(op=9, record=ref("1"), verb="set", target="field:life", new="champions"),
    ]

    assert states(ready, changes, [RFM, OTHER]) == {1: "done", 2: "done", 9: "done"}
    assert [len(body["inputs"]) for body in portal.sent("objects.update")] == [2]

    def refuses_life(body):
        bad = [row["id"] for row in body["inputs"] if "acme_life" in row["properties"]]
        return {
            "results": [{"id": row["id"]} for row in body["inputs"] if row["id"] not in bad],
            "errors": [{"category": "VALIDATION_ERROR", "context": {"ids": bad}}] if bad else [],
        }

    portal.replies["objects.update"] = refuses_life
    assert states(ready, changes, [RFM, OTHER]) == {1: "done", 2: "done", 9: "rejected"}


def test_lists_get_a_bare_array_of_text_ids_and_say_who_is_gone(ready, portal):
    assert states(ready, members("add", "1", "44", "2")) == {1: "done", 44: "gone", 2: "done"}
    assert portal.sent("list.add") == [["1", "44", "2"]]
    assert states(ready, members("add", "1", "3")) == {1: "done", 3: "done"}
    assert states(ready, members("remove", "1", "9")) == {1: "done", 9: "done"}
    assert portal.members["100"] == ["2", "3"]


def test_changes_of_several_lists_are_sent_list_by_list(ready, portal):
    changes = [*members("add", "1"), *members("add", "2", target=AT_RISK), *members("add", "3")]

    assert states(ready, changes) == {1: "done", 2: "done", 3: "done"}
    assert portal.members == {"100": ["1", "3"], "101": ["2"]}
    assert len(portal.sent("list.add")) == 2


def test_a_thousand_ids_are_sent_at_once_and_a_hundred_rows(ready, portal):
    many = [str(n) for n in range(1, 1202)]
    portal.contacts = {id: {} for id in many}

    states(ready, members("add", *many))
    states(ready, sets(*many[:250]))

    assert [len(body) for body in portal.sent("list.add")] == [1000, 201]
    assert [len(body["inputs"]) for body in portal.sent("objects.update")] == [100, 100, 50]


def test_a_deleted_list_stops_the_destination(ready, portal):
    portal.members.clear()

    with pytest.raises(RemoteError, match=r"no list for list:rfm5\.champions any more") as raised:
        states(ready, members("add", "1", "2"))
    assert raised.value.kind is RemoteKind.FATAL


def test_current_shows_every_target_of_live_records_and_nothing_of_others(ready):
    states(ready, sets("1", new="at_risk"))
    states(ready, members("add", "1", target=AT_RISK))

    assert list(ready.current([RFM], [ref("1"), ref("44")])) == [
        Shown(record=ref("1"), target=FIELD, value="at_risk"),
        Shown(record=ref("1"), target=CHAMPIONS, value=""),
        Shown(record=ref("1"), target=AT_RISK, value="member"),
    ]


def test_labelled_pages_through_all_contacts_and_members_without_a_search(ready, portal):
    states(ready, sets("2", "9"))
    states(ready, members("add", *"123456"))
    portal.contacts["7"]["acme_rfm5"] = "typed in by hand"

    found = {(shown.record.id, shown.target, shown.value) for shown in ready.labelled([RFM])}

    assert found == {
        ("2", FIELD, "champions"), ("9", FIELD, "champions"), ("7", FIELD, "typed in by hand"),
        *((id, CHAMPIONS, "member") for id in "123456"),
    }  # fmt: skip
    assert not any("search" in name for _, name, _ in portal.asked)


def test_the_list_of_a_segment_that_left_the_config_is_still_read_and_emptied(ready, portal):
    states(ready, members("add", "4", target=AT_RISK))
    shrunk = replace(RFM, segments=RFM.segments[:1])

    assert list(ready.labelled([shrunk])) == [Shown(record=ref("4"), target=AT_RISK, value="member")]
    assert states(ready, members("remove", "4", target=AT_RISK), [shrunk]) == {4: "done"}
    assert portal.members["101"] == []


def test_the_consent_fingerprint_moves_with_any_opt_out(ready, portal):
    for name in ("hs_email_optout", "hs_email_optout_77", "hs_email_optout_survey_reason"):
        portal.properties[name] = {"name": name}
    ready.prepare([RFM])
    before = ready.consent_fingerprint([ref("1"), ref("44")])
    portal.contacts["1"]["hs_email_optout_77"] = "true"

    after = ready.consent_fingerprint([ref("1")])

    assert set(before) == {ref("1")}
    assert before != after
    assert "hs_email_optout_77=true" in after[ref("1")]


def test_closing_closes_the_client(ready, portal):
    ready.close()
    assert portal.asked == [("CLOSE", "", None)]
