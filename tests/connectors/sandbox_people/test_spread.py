"""What the demo's world promises: enough of each kind of dirt, people in several CRMs, each basket in one."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations

import pytest

from consentric_sandbox.people.persons import Consent, Dirt
from consentric_sandbox.people.spread import Kind

from .conftest import Town

YES = {Consent.FORM, Consent.DOUBLE_OPT_IN, Consent.CAME_BACK, Consent.OLD_FORM}
NO = {Consent.UNSUBSCRIBED, Consent.OPTED_OUT_OF_ALL}


def test_there_are_forty_people_or_more_with_each_kind_of_dirt(town: Town) -> None:
    assert Counter(person.dirt for person in town.people) == {
        Dirt.NONE: 797, Dirt.SAME: 380, Dirt.TRIO: 140, Dirt.CASE: 80, Dirt.SPACES: 60, Dirt.TAG: 60,
        Dirt.TAG_ALONE: 42, Dirt.CHANGED: 60, Dirt.CHANGED_ALONE: 42, Dirt.BOTH_KEYS: 42, Dirt.SFID: 60,
        Dirt.SHARED_PHONE: 60, Dirt.ROLE: 42, Dirt.RECYCLED: 42, Dirt.CROWD: 40, Dirt.SECOND_CONTACT: 60,
        Dirt.LEAD_AND_CONTACT: 60, Dirt.LEAD_CONVERTED: 60, Dirt.MERGED: 80, Dirt.ARCHIVED: 42,
        Dirt.ARCHIVED_IN_ONE: 60, Dirt.TILL_ADDRESS: 100, Dirt.TILL_NUMBER: 60,
    }  # fmt: skip


@pytest.mark.parametrize("dirt", [one for one in Dirt if one not in (Dirt.NONE, Dirt.ARCHIVED, Dirt.CROWD)])
def test_each_kind_makes_forty_pairs_of_records_or_more(town: Town, dirt: Dirt) -> None:
    records = Counter(sighting.person.household for sighting in town.seen if sighting.person.dirt is dirt)
    assert sum(number * (number - 1) // 2 for number in records.values()) >= 40


def test_four_contacts_of_salesforce_share_each_of_ten_addresses(town: Town) -> None:
    crowd = [sighting for sighting in town.seen if sighting.person.dirt is Dirt.CROWD]
    assert {sighting.crm for sighting in crowd} == {"salesforce"}
    assert sorted(Counter(sighting.email for sighting in crowd).values()) == [4] * 10


def test_three_of_ten_people_or_more_live_in_two_or_three_crms(town: Town) -> None:
    crms = defaultdict(set)
    for sighting in town.seen:
        if sighting.is_person and sighting.is_read and sighting.crm != "shop":
            crms[sighting.person.household].add(sighting.crm)
    assert Counter(len(one) for one in crms.values()) == {1: 1279, 2: 1008, 3: 140}
    assert (1008 + 140) / 2469 > 0.46


def test_each_basket_stands_in_one_crm_and_three_of_a_hundred_in_two(town: Town) -> None:
    places = defaultdict(list)
    for sale in town.sold:
        if sale.amount >= 0:
            places[sale.number].append(sale.seller)
    assert Counter(len(sellers) for sellers in places.values()) == {1: 151_173, 2: 4_675}
    assert 155_848 * 3 // 100 == 4_675
    for sellers in places.values():
        assert len({seller.crm for seller in sellers}) == len(sellers)
        assert len({seller.person.household for seller in sellers}) == 1


def test_every_pair_of_crms_has_baskets_in_common(town: Town) -> None:
    places = defaultdict(set)
    for sale in town.sold:
        places[sale.number].add(sale.seller.crm)
    pairs = Counter(tuple(sorted(crms)) for crms in places.values() if len(crms) == 2)
    assert set(pairs) == set(combinations(("hubspot", "mailchimp", "salesforce"), 2))


def test_forty_people_or_more_said_yes_in_one_crm_and_no_in_another(town: Town) -> None:
    said = defaultdict(set)
    for sighting in town.seen:
        if sighting.is_person and sighting.is_joinable and sighting.is_read:
            said[sighting.person.household].add(sighting.consent)
    assert sum(bool(words & YES and words & NO) for words in said.values()) >= 40


def test_a_lead_buys_nothing_and_a_record_that_no_key_ties_buys_nothing(town: Town) -> None:
    sellers = {sale.seller for sale in town.sold}
    assert all(seller.kind is not Kind.LEAD and seller.is_person and seller.is_joinable for seller in sellers)
    assert {seller.crm for seller in sellers} == {"hubspot", "salesforce", "mailchimp"}
