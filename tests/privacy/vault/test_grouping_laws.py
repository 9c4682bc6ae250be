"""Laws of grouping: what order and page size may change, which is nothing, and what old keys still find."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentric_privacy.identity import Carrier, Groups, can_join, groups_of
from consentric_privacy.keyset import Keyset, PurposeKey

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)

# Two accounts, few addresses and numbers: joins are common. What would crowd a key is left out.
RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["hubspot", "shop"]),
        st.sampled_from([None, *(f"p{n}@example.com" for n in range(6)), "info@example.com"]),
        st.sampled_from([None, None, "L1", "L2", "L3"]),
        st.sampled_from([None, "06 12 34 56 78"]),
    ),
    min_size=1,
    max_size=12,
)


def without_crowds(records: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    kept: list[tuple[Any, ...]] = []
    for record in records:
        same_address = sum(one[:2] == record[:2] for one in kept) if record[1] else 0
        same_number = sum(one[::2][:2] == record[::2][:2] for one in kept) if record[2] else 0
        if max(same_address, same_number) < 3:
            kept.append(record)
    return kept


def expected_groups(records: list[tuple[Any, ...]]) -> set[frozenset[int]]:
    """Connected components by hand: an address that is no role's, or a loyalty number."""
    groups = [{number} for number in range(len(records))]
    for one, first in enumerate(records):
        for other, second in enumerate(records):
            same_address = first[1] == second[1] and first[1] not in (None, "info@example.com")
            if same_address or (first[2] is not None and first[2] == second[2]):
                mine = next(group for group in groups if one in group)
                theirs = next(group for group in groups if other in group)
                if mine is not theirs:
                    groups.remove(theirs)
                    mine |= theirs
    return {frozenset(group) for group in groups}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS, data=st.data())
def test_grouping_depends_neither_on_page_size_nor_on_order(
    house: Any, make: Any, records: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    records = without_crowds(records)
    order = data.draw(st.permutations(range(len(records))))
    size = data.draw(st.integers(1, len(records)))
    with tempfile.TemporaryDirectory() as folder:
        fresh = type(house).build(Path(folder) / "workspace")
        arrivals = {
            number: make(str(number), account=account, email=email, loyalty=loyalty, phone=phone)
            for number, (account, email, loyalty, phone) in enumerate(records)
        }
        numbers: dict[bytes, int] = {}
        reported: dict[bytes, bytes] = {}
        for start in range(0, len(order), size):
            page = order[start : start + size]
            admission = fresh.admit(*(arrivals[number] for number in page))
            reported.update(fresh.vault.moves())
            for number, record in zip(page, admission.records, strict=True):
                numbers[record.rref] = number
                reported[record.rref] = record.sid
        live = {record.rref: record.sid for record in fresh.vault.live(None)}
        links = fresh.vault.links(live)
        persons = fresh.count("person")
        fresh.close()
    groups: dict[bytes, set[int]] = {}
    for rref, sid in live.items():
        groups.setdefault(sid, set()).add(numbers[rref])
    assert {frozenset(group) for group in groups.values()} == expected_groups(records)
    assert reported == live
    assert {numbers[rref]: link.id for rref, link in links.items()} == {n: str(n) for n in arrivals}
    assert persons == len(groups)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=40))
def test_sets_are_a_partition_in_which_joined_nodes_are_together(pairs: list[tuple[int, int]]) -> None:
    groups: Groups[int] = Groups()
    for one, other in pairs:
        groups.join(one, other)
    sets = list(groups.sets())
    nodes = [node for members in sets for node in members]
    assert len(nodes) == len(set(nodes))
    for one, other in pairs:
        assert any({one, other} <= set(members) for members in sets)


def test_only_addresses_and_external_ids_join() -> None:
    assert [can_join(kind) for kind in ("email", "external:loyalty", "phone", "external")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("kind", ["email", "external:loyalty"])
def test_key_on_more_than_three_records_of_one_account_joins_nobody(kind: str) -> None:
    def carriers(count: int) -> set[Carrier]:
        return {Carrier(bytes([n]), f"account-{n % 2}", bytes([n])) for n in range(count)}

    groups, crowded = groups_of([], {(kind, b"key"): carriers(6)})
    assert (len(list(groups.sets())), crowded) == (1, frozenset())
    groups, crowded = groups_of([], {(kind, b"key"): carriers(7)})
    assert (len(list(groups.sets())), crowded) == (0, {(kind, b"key")})


def rotated(keyset: Keyset) -> Keyset:
    """The keyset after new match keys were drawn; the old ones are kept for looking up."""
    old = keyset.active("match")
    keys: dict[Any, tuple[PurposeKey, ...]] = {
        purpose: (keyset.active(purpose),)
        for purpose in ("source", "pseudonym", "suppress", "wrap", "anchor")
    }
    keys["match"] = (
        PurposeKey(version=1, secret=old.secret, state="lookup"),
        PurposeKey(version=2, secret=bytes(range(32)), state="active"),
    )
    return Keyset(keys)


def test_old_match_keys_find_records_and_persons_and_are_rewritten(house: Any, make: Any) -> None:
    rref, sid = house.one("101", email="alice@example.com", loyalty="L-1")
    other, other_sid = house.one("102", email="bob@example.com")
    vault = house.under(rotated(house.keyset))
    newcomer = vault.admit([make("s-1", account="shop", email="alice@example.com")], at=NOON).records[0]
    again = vault.admit([make("101", email="alice@example.com", loyalty="L-1")], at=NOON).records[0]
    assert newcomer.sid == sid
    assert (again.rref, again.sid, again.is_new) == (rref, sid, False)
    assert vault.find("hubspot", "contact", "", ["101", "102"]) == {"101": rref, "102": other}
    assert {link.id for link in vault.links([rref, other]).values()} == {"101", "102"}
    versions = "SELECT DISTINCT version FROM match_key WHERE rref = ?"
    assert house.connection.execute(versions, (rref,)).fetchall() == [(2,)]
    assert house.connection.execute(versions, (other,)).fetchall() == [(1,)]
    record_versions = "SELECT key_version FROM record WHERE rref IN (?, ?) ORDER BY sequence"
    assert house.connection.execute(record_versions, (rref, other)).fetchall() == [(2,), (1,)]
    assert house.sid(other) == other_sid
