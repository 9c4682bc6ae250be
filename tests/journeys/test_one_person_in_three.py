"""One person in three CRMs: one pseudonym, one segment, one no; each CRM's own records and labels."""

from __future__ import annotations

from datetime import timedelta

from consentric_sandbox.salesforce import lifecycle

from .shop import (
    CAMILLE,
    CAMILLE_AT_WORK,
    EVERYBODY,
    HOME_ADDRESS,
    LABELLED_OTHERS,
    SEGMENT_OF_PLACE,
    WORK_ADDRESS,
    buy,
    contact_of,
)
from .three_crms import (
    DESTINATIONS,
    IN_SALESFORCE,
    MEMBER,
    NEWS,
    OTHER_MEMBERS,
    Beginning,
    InThree,
    as_tag,
    contact_of_place,
    in_its_fields,
    is_off_all_three,
    lead_of,
    member_of,
    opt_out_in_salesforce,
)
from .vendor_journey import LABEL_FIELDS

STARTED = ("champions", "", "2026-11-15")
MOVED = ("loyal", "champions", "2026-11-16")


def test_the_first_plans_wait_for_an_approval_and_label_all_three(
    beginning: Beginning, in_three: InThree
) -> None:
    world = in_three
    # Each destination has a brake of its own; nothing was written before somebody looked.
    assert beginning.waiting.exit_code == 5
    assert [(one.enter, [limit.code for limit in one.brake]) for one in beginning.waiting.plans] == [
        (28, ["first_apply"]),
        (5, ["first_apply"]),
        (5, ["first_apply"]),
    ]
    assert beginning.written_before_approval == {"hubspot": [], "mailchimp": [], "salesforce": []}
    assert [(one.exit_code, one.enter) for one in beginning.applied] == [(0, 28), (0, 5), (0, 5)]

    lead = lead_of(world)
    others = {contact_of_place(world, place): SEGMENT_OF_PLACE[place] for place in IN_SALESFORCE}
    assert world.segments() == world.members() == EVERYBODY
    assert world.in_mailchimp() == {**OTHER_MEMBERS, HOME_ADDRESS: "champions"}
    assert world.in_campaigns() == {**others, lead: "champions"}
    assert world.in_salesforce() == {
        id: (segment, "", "2026-11-15") for id, segment in world.in_campaigns().items()
    }
    # One person: two contacts of one loyalty number, a lead by the address at work, a member by that at home.
    records = _records(world)
    with world.opened() as workspace:
        assert {one.rref for one in workspace.vault.records_of(world.sid(records[0]))} == {*records}
    assert len({world.pid(record) for record in records}) == 1
    assert [len(world.owned(name)) for name in DESTINATIONS] == [56, 5, 10]
    before = world.logs()
    assert world.sync().exit_code == 0
    assert world.new_writes(before) == {}
    _holds_no_address(world)


def test_while_one_crm_cannot_be_asked_nothing_changes_anywhere_and_after_that_only_what_must(
    in_three: InThree,
) -> None:
    """With one more order, place 17 pushes the protagonist from R 5, F 4 to F 3: champions to loyal."""
    world = in_three
    home, before = world.rref(CAMILLE), world.logs()
    pid = world.pid(home)
    owned = [world.owned(name) for name in DESTINATIONS]
    world.break_mailchimp({"kind": "401-for-good"})
    world.advance(hours=1)
    assert world.sync().exit_code == 3
    with world.crm() as state:
        buy(state, contact_of(17), at=world.now)
    world.advance(hours=24)

    # 25 hours: what Mailchimp knows of consent is older than a day, so nobody is added, moved or removed.
    held = world.sync()

    assert (held.exit_code, list(held.failures)) == (3, ["mailchimp"])
    assert world.memberships()[pid] == "loyal"
    assert world.verdicts(pid)["email_marketing/write_back"] == "SOURCE_STALE"
    assert [one.withheld["SOURCE_STALE"] for one in held.plans] == [29, 5]
    assert world.new_writes(before) == {}
    assert [world.owned(name) for name in DESTINATIONS] == owned

    # Back: the six whom the order moves, in the order of removals, values, additions; then silence.
    world.break_mailchimp()
    assert world.sync().exit_code == 0
    lead = lead_of(world)
    moved = {
        contact_of(13): ("at_risk", "loyal", "2026-11-16"),
        contact_of(17): ("loyal", "at_risk", "2026-11-16"),
        contact_of(18): ("at_risk", "loyal", "2026-11-16"),
        contact_of(24): MOVED,
        CAMILLE: MOVED,
        CAMILLE_AT_WORK: MOVED,
    }
    stayed = {contact: (segment, "", "2026-11-15") for contact, segment in LABELLED_OTHERS.items()}
    assert world.fields() == {**stayed, **moved}
    assert world.members() == world.segments()
    assert world.in_mailchimp() == {**OTHER_MEMBERS, HOME_ADDRESS: "loyal"}
    assert (world.in_salesforce()[lead], world.in_campaigns()[lead]) == (MOVED, "loyal")
    written = world.new_writes(before)
    touched = {int(id) for _, rows in written["hubspot"] for id in rows}
    assert touched == set(moved)
    assert written["mailchimp"] == [
        ("members.tag", {MEMBER: as_tag("champions", "inactive")}),
        ("members.tag", {MEMBER: as_tag("loyal", "active")}),
    ]
    assert [operation for operation, _ in written["salesforce"]] == [
        "collections.delete",
        "collections.update",
        "collections.create",
    ]
    assert written["salesforce"][1][1] == {lead: in_its_fields(MOVED)}
    assert written["salesforce"][2][1].popitem()[1]["LeadId"] == lead
    before = world.logs()
    assert world.sync().exit_code == 0
    assert world.new_writes(before) == {}
    assert world.pid(home) == pid


def test_a_lead_becomes_a_contact_is_deleted_comes_back_and_says_no(in_three: InThree) -> None:
    world = in_three
    lead, home = lead_of(world), world.rref(CAMILLE)
    pid, at_first = world.pid(home), world.rref_in("salesforce", "Lead", "", lead)
    world.advance(days=1)
    with world.org() as org:
        contact = lifecycle.convert(org, lead, at=world.now - timedelta(hours=2))
        for name in LABEL_FIELDS:  # in an org whose admin did not map our fields
            org.tables["Contact"].rows[contact].values.pop(name, None)
    before = world.logs()

    # Converted: the person's pseudonym and label go over to the contact; the lead owns nothing any more.
    assert world.sync().exit_code == 0
    record = world.rref_in("salesforce", "Contact", "", contact)
    assert (world.pid(record), record != at_first) == (pid, True)
    assert world.new_writes(before) == {
        "salesforce": [("collections.update", {contact: in_its_fields(STARTED)})]
    }
    assert (world.in_salesforce()[contact], world.in_campaigns()[contact]) == (STARTED, "champions")
    assert lead not in {**world.in_salesforce(), **world.in_campaigns()}
    assert (_labels(world, at_first), _labels(world, record)) == ([], ["field:rfm5", "list:rfm5.champions"])

    # Deleted there: both other CRMs keep the label, for consent was given there too; nothing is written.
    elsewhere, before = _elsewhere(world), world.logs()
    world.advance(days=1)
    with world.org() as org:
        lifecycle.delete(org, "Contact", contact, at=world.now - timedelta(hours=2))
    after = world.sync()
    assert (after.exit_code, [one.total for one in after.plans]) == (0, [31, 4, 5])
    assert world.new_writes(before) == {}
    assert _elsewhere(world) == elsewhere
    assert contact not in world.in_salesforce()
    assert world.verdicts(pid)["email_marketing/write_back"] == "CONSENT_VALID"
    with world.opened() as workspace:
        assert record not in {one.rref for one in workspace.vault.records_of(world.sid(home))}

    # Out of the bin with the label still on it: it is known as ours, so a later no can take it off.
    world.advance(days=1)
    with world.org() as org:
        lifecycle.undelete(org, "Contact", contact, at=world.now - timedelta(hours=2))
    assert world.sync().exit_code == 0
    assert (world.pid(record), world.in_salesforce()[contact]) == (pid, STARTED)
    assert world.new_writes(before) == {}
    world.advance(days=1)
    opt_out_in_salesforce(world, "Contact", contact, at=world.now - timedelta(hours=2))
    assert world.sync().exit_code == 0
    assert _labels(world, record) == []
    is_off_all_three(world)
    before = world.logs()
    assert world.sync().exit_code == 0
    assert world.new_writes(before) == {}


def _records(world: InThree) -> list[bytes]:
    """The protagonist's four records."""
    return [
        world.rref(CAMILLE),
        world.rref(CAMILLE_AT_WORK),
        world.rref_in("salesforce", "Lead", "", lead_of(world)),
        world.rref_in("mailchimp", "member", NEWS, member_of(world, HOME_ADDRESS)),
    ]


def _labels(world: InThree, record: bytes) -> list[str]:
    return [one.label for one in world.owned("salesforce-test") if one.rref == record]


def _elsewhere(world: InThree) -> tuple[object, ...]:
    """Everything that HubSpot and Mailchimp show, and whose it is."""
    return (
        world.fields(),
        world.members(),
        world.in_mailchimp(),
        [world.owned(name) for name in DESTINATIONS[:2]],
    )


def _holds_no_address(world: InThree) -> None:
    for secret in (HOME_ADDRESS, WORK_ADDRESS, "camille"):
        for path in world.workspace.rglob("*"):
            assert path.is_dir() or secret.encode() not in path.read_bytes().lower()
