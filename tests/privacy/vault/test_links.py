"""Links to the CRM: sealed to their person, record, account and place, and found again."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentric_privacy.errors import KeyMaterialError, UnsafeStoreError
from consentric_privacy.keyset import Keyset, PurposeKey
from consentric_privacy.links import Link, SealedLink, seal, unseal
from consentric_privacy.pseudonyms import Pseudonyms
from consentric_privacy.vault import Arrival

PURPOSES: Any = ("match", "source", "pseudonym", "suppress", "wrap", "anchor")
KEY = PurposeKey(version=1, secret=bytes(range(32)), state="active")
PSEUDONYMS = Pseudonyms(Keyset(dict.fromkeys(PURPOSES, (KEY,))))
DEK, SID, RREF = bytes(range(32, 64)), bytes(range(16)), bytes(range(16, 32))
LINK = Link(account="hubspot", object="contact", partition="", id="101")
LATER = datetime(2026, 7, 1, tzinfo=UTC)


def row(link: Link = LINK, **changed: Any) -> SealedLink:
    nonce, ct = seal(DEK, SID, RREF, link)
    place = (link.account, link.object, link.partition)
    columns = {"rref": RREF, "sid": SID, "account": link.account, "object": link.object}
    columns |= {"partition": link.partition, "crm_key": PSEUDONYMS.record_key(*place, link.id)}
    return SealedLink(**(columns | {"key_version": 1, "nonce": nonce, "ct": ct} | changed))


def refused(sealed: SealedLink, dek: bytes = DEK) -> bool:
    try:
        unseal(dek, sealed, PSEUDONYMS)
    except UnsafeStoreError as error:
        return error.code == "CS503" and "101" not in str(error)
    return False


@given(st.text(), st.text(), st.text(), st.text())
def test_link_comes_back_as_it_was(account: str, kind: str, partition: str, record_id: str) -> None:
    link = Link(account=account, object=kind, partition=partition, id=record_id)
    assert unseal(DEK, row(link), PSEUDONYMS) == link


def test_each_sealing_draws_its_own_nonce() -> None:
    assert len({seal(DEK, SID, RREF, LINK) for _ in range(50)}) == 50


@given(st.data())
def test_any_flipped_bit_is_rejected(data: st.DataObject) -> None:
    sealed = row()
    column = data.draw(st.sampled_from(["rref", "sid", "crm_key", "nonce", "ct"]))
    value = bytearray(getattr(sealed, column))
    bit = data.draw(st.integers(0, len(value) * 8 - 1))
    value[bit // 8] ^= 1 << bit % 8
    columns = {name: getattr(sealed, name) for name in SealedLink.__slots__}
    assert refused(SealedLink(**(columns | {column: bytes(value)})))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("account", "shop"),
        ("object", "lead"),
        ("partition", "list-1"),
        ("ct", None),
        ("nonce", None),
        ("ct", b""),
    ],
)
def test_any_changed_column_is_rejected(column: str, value: Any) -> None:
    assert refused(row(**{column: value}))


def test_another_persons_key_is_rejected() -> None:
    assert refused(row(), bytes(32))


def test_links_of_live_records_are_given_and_of_others_left_out(house: Any, make: Any) -> None:
    page = [make("101", partition="list-1"), make("102", account="shop", object="lead"), make("103")]
    first, second, third = (record.rref for record in house.admit(*page).records)
    house.vault.delete([third], LATER)
    links = house.vault.links([first, second, third, bytes(16)])
    assert links == {
        first: Link(account="hubspot", object="contact", partition="list-1", id="101"),
        second: Link(account="shop", object="lead", partition="", id="102"),
    }


@pytest.mark.parametrize("columns", ["nonce, ct", "nonce, ct, crm_key", "sid", "crm_key", "account"])
def test_values_swapped_between_two_rows_are_rejected(house: Any, make: Any, columns: str) -> None:
    one, _ = house.one("101", account="hubspot")
    other, _ = house.one("202", account="shop")
    names = columns.split(", ")
    swap = ", ".join(f"{name} = (SELECT {name} FROM spare WHERE rref != record.rref)" for name in names)
    house.connection.execute("CREATE TEMP TABLE spare AS SELECT * FROM record")
    # Through random values, because two rows never have one key at a time.
    if "crm_key" in names:
        house.connection.execute("UPDATE record SET crm_key = randomblob(16)")
    house.connection.execute(f"UPDATE record SET {swap}")
    for rref in (one, other):
        with pytest.raises(UnsafeStoreError) as caught:
            house.vault.links([rref])
        assert caught.value.code == "CS503"


def test_link_moved_to_another_record_of_the_same_person_is_rejected(house: Any, make: Any) -> None:
    one, _ = house.one("101", email="alice@example.com")
    other, _ = house.one("102", email="alice@example.com")
    stolen = house.connection.execute("SELECT nonce, ct FROM record WHERE rref = ?", (one,)).fetchone()
    house.connection.execute("UPDATE record SET nonce = ?, ct = ? WHERE rref = ?", (*stolen, other))
    with pytest.raises(UnsafeStoreError):
        house.vault.links([other])


def test_altered_link_stops_a_join_and_nothing_is_changed(house: Any, make: Any) -> None:
    house.one("1", email="a@example.com")
    rref, _ = house.one("2", email="b@example.com")
    house.connection.execute("UPDATE record SET ct = ? WHERE rref = ?", (os.urandom(60), rref))
    before = house.connection.execute("SELECT * FROM record ORDER BY rref").fetchall()
    with pytest.raises(UnsafeStoreError):
        house.admit(make("2", email="a@example.com"))
    assert house.connection.execute("SELECT * FROM record ORDER BY rref").fetchall() == before
    assert house.count("sid_alias") == 0


def test_destroyed_key_makes_the_links_unreadable(house: Any, make: Any) -> None:
    rref, sid = house.one("101")
    house.deks.destroy(sid)
    with pytest.raises(KeyMaterialError) as caught:
        house.vault.links([rref])
    assert caught.value.code == "CS409"


def test_records_are_found_by_their_crm_id_while_they_live(house: Any, make: Any) -> None:
    one, _ = house.one("101")
    gone, _ = house.one("102")
    house.one("103", account="shop")
    house.vault.delete([gone], LATER)
    assert house.vault.find("hubspot", "contact", "", ["101", "102", "103", "104"]) == {"101": one}
    assert house.vault.find("hubspot", "contact", "list-1", ["101"]) == {}
    assert house.vault.find("hubspot", "contact", "", []) == {}


def test_live_records_stream_account_by_account(
    house: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consentric_privacy.vault._PAGE", 2)
    rrefs = [house.one(str(n))[0] for n in range(5)]
    shop, _ = house.one("s-1", account="shop")
    house.vault.delete([rrefs[1]], LATER)
    expected = [rrefs[n] for n in (0, 2, 3, 4)]
    assert [record.rref for record in house.vault.live("hubspot")] == expected
    assert [record.rref for record in house.vault.live(None)] == [*expected, shop]
    assert list(house.vault.live("nowhere")) == []


def test_streaming_goes_on_while_records_are_written(
    house: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consentric_privacy.vault._PAGE", 2)
    first = [house.one(str(n))[0] for n in range(4)]
    stream = house.vault.live("hubspot")
    seen = [next(stream).rref]
    house.vault.delete([first[3]], LATER)
    late, _ = house.one("late")
    seen += [record.rref for record in stream]
    assert seen == [*first[:3], late]


def test_the_places_of_an_account_are_those_of_its_live_records(house: Any) -> None:
    kept = Arrival(account="lists", object="member", partition="a1", id="1")
    gone = Arrival(account="lists", object="member", partition="b2", id="2")
    lead = Arrival(object="Lead", id="3", account="sf")
    admitted = house.admit(kept, gone, lead).records
    house.vault.delete([admitted[1].rref], datetime(2026, 6, 15, tzinfo=UTC))

    assert house.vault.places("lists") == [("member", "a1")]
    assert house.vault.places("sf") == [("Lead", "")]
    assert house.vault.places("nobody") == []
