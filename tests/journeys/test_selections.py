"""Selections and personas at the command line: who is picked, who is not, and what is left of it."""

from __future__ import annotations

import json
import stat

from consentric.warehouse.store import Warehouse

from .bad_input_world import Operator
from .shop import CAMILLE, CAMILLE_AT_WORK, contact_of, unsubscribe

CAMPAIGNS = """
[[persona]]
key = "regular"
name = { fr = "La fidèle", en = "The regular" }
segments = ["rfm5.champions", "rfm5.loyal"]
story = { fr = "Passe chaque mois.", en = "Comes by every month." }
goals = [{ fr = "Gagner du temps.", en = "To save time." }]

[[selection]]
name = "spring"
purpose = "email_marketing"
channel = "email"
include = ["rfm5.champions", "rfm5.at_risk"]
when = "orders >= 4"
limit = 3

[[selection]]
name = "best"
purpose = "email_marketing"
channel = "email"
include = ["rfm5.champions"]
exclude = ["rfm5.at_risk"]
connection = "hubspot"
"""


def with_campaigns(operator: Operator) -> None:
    config = operator.world.workspace / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + CAMPAIGNS, encoding="utf-8")


def memberships(operator: Operator) -> list[tuple[object, ...]]:
    with Warehouse.open(operator.world.workspace / "analytics") as warehouse:
        return warehouse.connection.execute("FROM membership ORDER BY ALL").fetchall()


def test_a_selection_lists_whom_its_purpose_allows_and_stores_nothing(operator: Operator) -> None:
    with_campaigns(operator)
    before = memberships(operator)
    listing = operator.world.workspace / "spring.csv"

    said = operator.does("segments", "select", "spring", "--csv", str(listing))

    # With 4 orders or more: places 24, 28 and 29, and 3, 4, 8, 9, of whom 3 was never asked and 9 left.
    assert said.exit_code == 0
    assert "found              7\n" in said.out
    assert "withheld           2   never asked 1, withdrawn 1\n" in said.out
    assert "over limit         2\n" in said.out
    assert "picked             3   for email_marketing by email\n" in said.out
    assert "3 records listed in spring.csv" in said.out
    # Five orders each, more than the others spent.
    head, *records = listing.read_text(encoding="utf-8").splitlines()
    assert head == "record"
    assert sorted(records) == sorted(f"crm:hubspot:{contact_of(place)}" for place in (4, 24, 29))
    assert stat.S_IMODE(listing.stat().st_mode) == 0o600
    assert memberships(operator) == before
    log = (operator.world.workspace / "audit" / "log.jsonl").read_text(encoding="utf-8")
    [entry] = [line for line in map(json.loads, log.splitlines()) if line["action"] == "segments.select"]
    assert entry["data"] == {
        "selection": "spring",
        "purpose": "email_marketing",
        "channel": "email",
        "picked": 3,
        "records": 3,
        "listed": 1,
    }


def test_a_person_with_two_records_is_picked_once_and_a_no_counts_at_once(operator: Operator) -> None:
    with_campaigns(operator)
    first = operator.does("segments", "select", "best", "--json").object
    assert (first["found"], first["picked"], first["records"], first["withheld"]) == (3, 3, 4, {})

    with operator.world.crm() as state:
        unsubscribe(state, CAMILLE, at=operator.world.now)
        unsubscribe(state, CAMILLE_AT_WORK, at=operator.world.now)
    assert operator.does("pull").exit_code == 0
    second = operator.does("segments", "select", "best", "--json").object
    assert (second["found"], second["picked"], second["records"]) == (3, 2, 2)
    assert second["withheld"] == {"CONSENT_WITHDRAWN": 1}


def test_personas_are_counted_from_the_last_run(operator: Operator) -> None:
    with_campaigns(operator)

    shown = operator.does("segments", "list", "--json").object

    # Champions 3, loyal 9: see the places of the shop.
    assert shown["personas"] == [
        {"key": "regular", "segments": ["rfm5.champions", "rfm5.loyal"], "people": 12}
    ]
    told = operator.does("segments", "list", "--lang", "fr").out
    assert "regular   La fidèle   12 people   of rfm5.champions, rfm5.loyal" in told
    assert "Passe chaque mois.\n" in told
    assert "Gagner du temps." in told


def test_a_selection_that_there_is_not_or_of_other_rules_stops(operator: Operator) -> None:
    with_campaigns(operator)
    unknown = operator.does("segments", "select", "sping")
    assert (unknown.exit_code, "spring" in unknown.err) == (2, True)

    config = operator.world.workspace / "config.toml"
    changed = config.read_text(encoding="utf-8").replace(
        'method = "rfm"', 'method = "rfm"\nallow_other = true'
    )
    config.write_text(changed, encoding="utf-8")
    stopped = operator.does("segments", "select", "spring")
    assert (stopped.exit_code, "CS516" in stopped.err) == (5, True)


def test_before_the_first_run_nobody_can_be_picked_and_personas_have_no_count(beginner: Operator) -> None:
    with_campaigns(beginner)

    stopped = beginner.does("segments", "select", "spring")
    assert (stopped.exit_code, "CS514" in stopped.err) == (5, True)
    [persona] = beginner.does("segments", "list", "--json").object["personas"]  # type: ignore[misc]
    assert persona["people"] is None


def test_faults_of_campaigns_are_named_with_their_place(operator: Operator) -> None:
    with_campaigns(operator)
    config = operator.world.workspace / "config.toml"
    text = config.read_text(encoding="utf-8")
    text = text.replace('["rfm5.champions", "rfm5.loyal"]', '"rfm5.champion"')
    text = text.replace('when = "orders >= 4"', 'when = "oders >= 4"').replace(
        'rfm5.at_risk"]\nconn', 'rfm5.at_rsk"]\nconn'
    )
    text = text.replace('connection = "hubspot"\n', 'connection = "hubspo"\n').replace(
        'channel = "email"\ninclude = ["rfm5.champions"]', 'channel = "sms"\ninclude = ["rfm5.champions"]'
    )
    config.write_text(text, encoding="utf-8")

    said = operator.does("config", "check").err

    assert 'no segment is named "rfm5.champion"' in said
    assert 'did you mean "rfm5.champions"?' in said
    assert 'no segment is named "rfm5.at_rsk"' in said
    assert 'there is no measure or attribute "oders"' in said
    assert 'no connection is named "hubspo"' in said
    assert 'purpose "email_marketing" does not cover the channel "sms"' in said
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith("when ="))
    assert f"config.toml:{line}:9" in said
