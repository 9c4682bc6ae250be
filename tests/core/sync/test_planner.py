"""The planner: every case of wanted x owned x shown, and a ledger that always adds up."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentric.control.ownership import GONE, MirrorRow, Owned
from consentric.sync.planner import Circumstances, plan_record, plan_records
from consentric.sync.wanted import Wanted

ANN = b"a" * 16
FIELD, LOYAL, CHAMPIONS = "field:rfm5", "list:rfm5.loyal", "list:rfm5.champions"


def hash_value(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()[:16] if value else b""


def circumstances(**changes):
    return Circumstances(hash_value=hash_value, **changes)


def want(segment="loyal", *, effect="", reason="", from_run="r1", rref=ANN, name="rfm5"):
    return Wanted(
        rref=rref,
        set=name,
        segment=segment,
        from_run=from_run if segment else "",
        reason=reason,
        effect=effect,
    )


def ours(target, segment="loyal", rref=ANN):
    return Owned(rref=rref, label=target, segment=segment, previous="", since=date(2026, 11, 1))


def shows(target, value, rref=ANN):
    return MirrorRow(rref=rref, target=target, value_hash=hash_value(value))


OURS_LOYAL = [ours(FIELD), ours(LOYAL)]
SHOWS_LOYAL = [shows(FIELD, "loyal"), shows(LOYAL, "member")]


def plan(wanted, owned=(), mirror=(), **around):
    rows = [wanted] if isinstance(wanted, Wanted) else wanted
    return plan_record(rows, list(owned), list(mirror), circumstances(**around))


def brief(result):
    return [(op.verb, op.target, op.old, op.new) for one in result.sets for op in one.ops]


def test_new_member_gets_field_and_list():
    result = plan(want())
    assert brief(result) == [("set", FIELD, "", "loyal"), ("add", LOYAL, "", "loyal")]
    assert (result.state, result.kind) == ("written", "enter")


def test_without_lists_only_the_field_is_written():
    assert brief(plan(want(), lists=False)) == [("set", FIELD, "", "loyal")]


def test_label_that_stands_is_unchanged():
    result = plan(want(), OURS_LOYAL, SHOWS_LOYAL)
    assert (result.state, brief(result), result.kind) == ("unchanged", [], None)
    assert not result.is_in_no_segment


def test_move_leaves_the_old_list_and_writes_the_field_once():
    result = plan(want("champions"), OURS_LOYAL, SHOWS_LOYAL)
    assert sorted(brief(result)) == [
        ("add", CHAMPIONS, "", "champions"),
        ("remove", LOYAL, "loyal", ""),
        ("set", FIELD, "loyal", "champions"),
    ]
    assert (result.state, result.kind) == ("written", "move")


def test_leaving_clears_what_we_wrote():
    result = plan(want(None), OURS_LOYAL, SHOWS_LOYAL)
    assert brief(result) == [("clear", FIELD, "loyal", ""), ("remove", LOYAL, "loyal", "")]
    assert result.kind == "leave"


def test_person_without_segment_and_label_is_unchanged():
    assert (plan(want(None)).state, plan(want(None)).is_in_no_segment) == ("unchanged", True)


@pytest.mark.parametrize("effect", ["remove", "expire"])
def test_denial_takes_the_label_off_and_is_withheld_afterwards(effect):
    denied = want(effect=effect, reason="CONSENT_WITHDRAWN")
    first = plan(denied, OURS_LOYAL, SHOWS_LOYAL)
    assert brief(first) == [("clear", FIELD, "loyal", ""), ("remove", LOYAL, "loyal", "")]
    assert (first.state, first.kind, first.sets[0].cause) == ("written", "leave", "consent changed")
    assert {op.is_explicit_denial for op in first.sets[0].ops} == {effect == "remove"}
    after = plan(denied)
    assert (after.state, after.reason) == ("withheld", "CONSENT_WITHDRAWN")


@pytest.mark.parametrize("effect", ["hold", "refuse"])
@pytest.mark.parametrize("segment", ["loyal", "champions", None])
def test_hold_and_refuse_neither_add_nor_move_nor_remove(effect, segment):
    denied = want(segment, effect=effect, reason="SOURCE_STALE")
    for owned, mirror in [((), ()), (OURS_LOYAL, SHOWS_LOYAL)]:
        result = plan(denied, owned, mirror)
        assert (brief(result), result.state, result.reason) == ([], "withheld", "SOURCE_STALE")


@pytest.mark.parametrize(
    "mirror",
    [
        [shows(FIELD, "VIP"), shows(LOYAL, "member")],  # somebody wrote another text
        [shows(LOYAL, "member")],  # somebody cleared the field
        [shows(FIELD, "loyal")],  # somebody took the person off the list
    ],
)
def test_label_changed_by_hand_is_kept_and_reported(mirror):
    result = plan(want(), OURS_LOYAL, mirror)
    assert (brief(result), result.state, result.reason) == ([], "withheld", "CHANGED_BY_HAND")


def test_text_of_somebody_else_is_never_overwritten():
    result = plan(want(), (), [shows(FIELD, "VIP")])
    assert (brief(result), result.reason) == ([], "CHANGED_BY_HAND")


def test_text_of_somebody_else_is_not_cleared_on_leaving():
    result = plan(want(None), OURS_LOYAL, [shows(FIELD, "VIP"), shows(LOYAL, "member")])
    assert brief(result) == [("remove", LOYAL, "loyal", "")]


def test_label_already_shown_but_not_ours_is_not_adopted():
    result = plan(want(), (), SHOWS_LOYAL)
    assert (brief(result), result.state, result.sets[0].not_adopted) == ([], "unchanged", 2)


def test_label_that_a_human_removed_is_written_off_when_the_person_leaves():
    result = plan(want(None), OURS_LOYAL, ())
    assert brief(result) == [("clear", FIELD, "loyal", ""), ("remove", LOYAL, "loyal", "")]


def test_record_gone_from_the_crm_is_withheld():
    result = plan(want(), OURS_LOYAL, [MirrorRow(rref=ANN, target=GONE, value_hash=b"g")])
    assert (brief(result), result.state, result.reason) == ([], "withheld", "GONE")


def test_list_that_was_rejected_last_time_is_tried_again_without_the_field():
    result = plan(want(), [ours(FIELD)], [shows(FIELD, "loyal")])
    assert brief(result) == [("add", LOYAL, "", "loyal")]


def test_label_rejected_eight_times_is_not_sent_again():
    result = plan(want(), rejections={(ANN, FIELD): 8, (ANN, LOYAL): 7})
    assert (brief(result), result.state) == ([("add", LOYAL, "", "loyal")], "rejected")


def test_survivor_of_a_merge_whose_label_the_crm_dropped_gets_it_again():
    result = plan(want(), OURS_LOYAL, (), merged=frozenset([ANN]))
    assert [op[0] for op in brief(result)] == ["set", "add"]
    assert result.sets[0].cause == "records merged"


def test_set_no_longer_configured_is_taken_off():
    other = [ours("field:engagement", "active")]
    result = plan(want(), [*other, *OURS_LOYAL], [shows("field:engagement", "active"), *SHOWS_LOYAL])
    assert brief(result) == [("clear", "field:engagement", "active", "")]
    assert result.sets[1].cause == "rule changed"


def test_no_of_the_person_reaches_a_set_that_is_no_longer_configured():
    denied = want(effect="remove", reason="OBJECTED")
    result = plan(denied, [ours("field:engagement", "active")], [shows("field:engagement", "active")])
    assert [op.is_explicit_denial for op in result.sets[1].ops] == [True]


@pytest.mark.parametrize(
    ("wanted", "around", "cause"),
    [
        (want(from_run="r5"), {"last_run": "r4"}, "people changed"),
        (want(from_run="r4"), {"last_run": "r4"}, "consent changed"),
        (want(from_run="r5"), {"last_run": "r4", "changed_sets": frozenset(["rfm5"])}, "rule changed"),
        (want(from_run="r1"), {}, "people changed"),
    ],
)
def test_cause_of_an_enter(wanted, around, cause):
    assert plan(wanted, **around).sets[0].cause == cause


def test_worst_of_two_sets_is_the_state_of_the_record():
    rows = [want("loyal"), want(None, name="value", effect="hold", reason="SOURCE_STALE")]
    assert plan(rows, OURS_LOYAL, SHOWS_LOYAL).state == "withheld"
    assert plan(rows).state == "written"


def test_losing_the_warehouse_leads_to_no_write():
    rebuilt = want(from_run="a later run")
    assert brief(plan(rebuilt, OURS_LOYAL, SHOWS_LOYAL, last_run="r1")) == []


# --- laws ---

SEGMENTS = st.sampled_from([None, "loyal", "champions"])
VALUES = st.sampled_from(["", "loyal", "champions", "VIP"])


@st.composite
def worlds(draw):
    """Some records with two sets each: what is wanted, owned and shown, in any combination."""
    wanted, owned, mirror = [], [], []
    for number in range(draw(st.integers(1, 6))):
        rref = bytes([number]) * 16
        if not draw(st.booleans()):
            owned.append(ours(FIELD, rref=rref))  # a record that is not live (any more)
            continue
        for name in ("rfm5", "value"):
            effect = draw(st.sampled_from(["", "remove", "expire", "hold", "refuse"]))
            wanted.append(
                want(draw(SEGMENTS), effect=effect, reason="R" if effect else "", rref=rref, name=name)
            )
        labels = {}
        for target in (FIELD, LOYAL, CHAMPIONS, "field:value"):
            segment = (
                draw(SEGMENTS) if target.startswith("field") else draw(st.sampled_from([None, target[10:]]))
            )
            if segment:
                labels[target] = ours(target, segment, rref=rref)
            shown = draw(VALUES) if target.startswith("field") else draw(st.sampled_from(["", "member"]))
            if shown:
                mirror.append(shows(target, shown, rref=rref))
        owned.extend(labels[target] for target in sorted(labels))
    return wanted, owned, mirror


@settings(deadline=None)
@given(worlds())
def test_every_live_record_has_exactly_one_of_the_states(world):
    wanted, owned, mirror = world
    results = list(plan_records(wanted, owned, mirror, circumstances()))
    assert [one.rref for one in results] == sorted({row.rref for row in wanted})
    states = Counter(one.state for one in results)
    assert sum(states[name] for name in ("rejected", "written", "withheld", "unchanged")) == len(results)


@settings(deadline=None)
@given(worlds())
def test_no_denied_label_is_added_and_nothing_of_others_is_touched(world):
    wanted, owned, mirror = world
    effects = {(row.rref, row.set): row.effect for row in wanted}
    labels = {(row.rref, row.label): row for row in owned}
    shown = {(row.rref, row.target): row.value_hash for row in mirror}
    for one in plan_records(wanted, owned, mirror, circumstances()):
        for part in one.sets:
            effect = effects[one.rref, part.set]
            for op in part.ops:
                assert effect not in ("hold", "refuse")
                assert not (effect and op.new)
                before = shown.get((one.rref, op.target), b"")
                if before:
                    owner = labels[one.rref, op.target]
                    assert before == hash_value("member" if op.target.startswith("list") else owner.segment)


@settings(deadline=None)
@given(worlds())
def test_a_plan_carried_out_is_followed_by_an_empty_one(world):
    wanted, owned, mirror = world
    labels = {(row.rref, row.label): row for row in owned}
    shown = {(row.rref, row.target): row for row in mirror}
    for one in plan_records(wanted, owned, mirror, circumstances()):
        for op in (op for part in one.sets for op in part.ops):
            key = (one.rref, op.target)
            labels.pop(key, None)
            shown.pop(key, None)
            if op.new:
                labels[key] = ours(op.target, op.new, rref=one.rref)
                value = "member" if op.target.startswith("list") else op.new
                shown[key] = shows(op.target, value, rref=one.rref)
    again = plan_records(
        wanted,
        [labels[key] for key in sorted(labels)],
        [shown[key] for key in sorted(shown)],
        circumstances(),
    )
    assert [op for one in again for part in one.sets for op in part.ops] == []


def test_a_crm_without_fields_gets_lists_alone():
    entering = plan(want("loyal"), fields=False)
    moving = plan(want("champions"), [ours(LOYAL)], [shows(LOYAL, "member")], fields=False)

    assert brief(entering) == [("add", LOYAL, "", "loyal")]
    assert brief(moving) == [("remove", LOYAL, "loyal", ""), ("add", CHAMPIONS, "", "champions")]
    assert [one.before for one in moving.sets] == ["loyal"]
