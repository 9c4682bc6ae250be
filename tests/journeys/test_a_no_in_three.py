"""A no said in one of three CRMs takes the label off all three, in the next run of either job."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from consentric.app import cli

from .shop import CAMILLE, CAMILLE_AT_WORK, HOME_ADDRESS, unsubscribe
from .three_crms import (
    MEMBER,
    NEWS,
    InThree,
    add_consent,
    as_tag,
    in_its_fields,
    is_off_all_three,
    lead_of,
    opt_out_in_salesforce,
)

_HUBSPOT_FIELDS = ("consentric_rfm5", "consentric_rfm5_previous", "consentric_rfm5_since")


def _no_in_hubspot(world: InThree) -> None:
    with world.crm() as state:
        unsubscribe(state, CAMILLE_AT_WORK, at=world.now)


def _no_in_mailchimp(world: InThree) -> None:
    with world.account() as state:
        state.leave(NEWS, HOME_ADDRESS, at=world.now)


def _no_in_salesforce(world: InThree) -> None:
    opt_out_in_salesforce(world, "Lead", lead_of(world), at=world.now)


def _no_in_a_form_of_salesforce(world: InThree) -> None:
    with world.org() as org:
        add_consent(
            org, org.tables["Lead"].rows[lead_of(world)].values["IndividualId"], "OptOut", at=world.now
        )


SayingNo = Callable[[InThree], None]


@pytest.mark.parametrize("says_no", [_no_in_hubspot, _no_in_mailchimp, _no_in_salesforce])
def test_the_nightly_run_takes_it_off_all_three_and_the_person_stays_counted(
    in_three: InThree, says_no: SayingNo
) -> None:
    before, home, memberships = in_three.logs(), in_three.rref(CAMILLE), in_three.memberships()
    in_three.advance(hours=3)
    says_no(in_three)
    in_three.advance(minutes=30)

    done = in_three.sync()

    assert (done.exit_code, [one.leave for one in done.applies]) == (0, [2, 1, 1])
    _nothing_else_was_written(in_three, before)
    # The person is still part of the population that is computed, under the same pseudonym.
    assert in_three.memberships() == memberships
    assert in_three.verdicts(in_three.pid(home))["email_marketing/write_back"] == "CONSENT_WITHDRAWN"


@pytest.mark.parametrize(
    ("says_no", "took"),
    [
        (_no_in_hubspot, "30 min"),
        (_no_in_mailchimp, "30 min"),
        (_no_in_a_form_of_salesforce, "30 min"),
        (_no_in_salesforce, "0 s"),  # a tick has no date: it counts from when it was first seen
    ],
)
def test_the_hourly_run_takes_it_off_all_three_and_prints_how_long_that_took(
    in_three: InThree, says_no: SayingNo, took: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = in_three.logs()
    in_three.advance(hours=3)
    says_no(in_three)
    in_three.advance(minutes=30)

    exit_code = cli.run(["--config", str(in_three.workspace / "config.toml"), "sync", "consents"])

    printed = capsys.readouterr().out
    assert exit_code == 0, printed
    assert [line for line in printed.splitlines() if "person's no" in line or "lost" in line] == [
        f"From a person's no to the label gone: 1 people, half within {took}, 95 % within {took},"
        f" longest {took}",
        "4 records lost their labels; nothing was added or moved.",
    ]
    _nothing_else_was_written(in_three, before)
    before = in_three.logs()
    assert in_three.sync_consents().removed == 0
    assert in_three.new_writes(before) == {}


def _nothing_else_was_written(world: InThree, before: dict[str, list[dict[str, object]]]) -> None:
    """Each CRM took back exactly what it had been given."""
    is_off_all_three(world)
    written, lead = world.new_writes(before), lead_of(world)
    assert written["hubspot"][0] == (
        "contacts.batch_update",
        {str(one): dict.fromkeys(_HUBSPOT_FIELDS, "") for one in (CAMILLE, CAMILLE_AT_WORK)},
    )
    assert [(operation, {*rows}) for operation, rows in written["hubspot"][1:]] == [
        ("lists.remove", {str(CAMILLE), str(CAMILLE_AT_WORK)})
    ]
    assert written["mailchimp"] == [("members.tag", {MEMBER: as_tag("champions", "inactive")})]
    assert written["salesforce"][0] == ("collections.update", {lead: in_its_fields(("", "", ""))})
    assert [operation for operation, _ in written["salesforce"][1:]] == ["collections.delete"]
