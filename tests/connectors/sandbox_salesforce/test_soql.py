"""What the reader of SOQL finds, and what it refuses."""

from __future__ import annotations

import pytest
from simple_salesforce.format import format_soql

BY_MINUTE = "2026-06-05T12:01:00Z"


def names(service, where, path="/query"):
    records = service.query(f"SELECT FirstName FROM Contact {where}", path).json["records"]
    return [row["FirstName"] for row in records]


@pytest.mark.behaviour("conditions find records", "'WHERE', SOQL reference")
@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("WHERE Email = 'ADA@example.com'", "Ada"),
        ("WHERE Email != 'ada@example.com'", "Bob Cyd"),
        ("WHERE Email <> 'ada@example.com'", "Bob Cyd"),
        (f"WHERE SystemModstamp > {BY_MINUTE}", "Cyd"),
        (f"WHERE SystemModstamp >= {BY_MINUTE}", "Bob Cyd"),
        ("WHERE SystemModstamp < 2026-06-05T14:01:00+02:00", "Ada"),
        ("WHERE SystemModstamp <= 2026-06-05T14:01:00.000+0200", "Ada Bob"),
        ("WHERE Email IN ('ada@example.com', 'cyd@example.com')", "Ada Cyd"),
        ("WHERE Email NOT IN ('ada@example.com')", "Bob Cyd"),
        ("WHERE NOT Email = 'ada@example.com'", "Bob Cyd"),
        ("WHERE Email LIKE 'A%@EXAMPLE.com'", "Ada"),
        ("WHERE Email LIKE '_o_@%'", "Bob"),
        ("WHERE Birthdate = null", "Ada Bob Cyd"),
        ("WHERE Birthdate < 2000-01-01", ""),
        ("WHERE HasOptedOutOfEmail = false AND DoNotCall = FALSE", "Ada Bob Cyd"),
        ("WHERE HasOptedOutOfEmail = TRUE", ""),
        ("WHERE FirstName = 'Ada' OR FirstName = 'Bob'", "Ada Bob"),
        ("WHERE (FirstName = 'Ada' OR FirstName = 'Bob') AND Email LIKE 'b%'", "Bob"),
        ("WHERE Account.Name = 'Acme' AND FirstName > 'Ada'", "Bob Cyd"),
        ("ORDER BY FirstName DESC", "Cyd Bob Ada"),
        ("ORDER BY FirstName DESC LIMIT 1 OFFSET 1", "Bob"),
        ("LIMIT 0", ""),
    ],
)
def test_a_condition_finds_its_records(service, where, found):
    assert names(service, where) == found.split()


@pytest.mark.behaviour("an id is found by 15 or 18 characters", "'ID Field Type', object reference")
def test_an_id_is_found_by_fifteen_characters_or_in_lower_case(service):
    ada, bob = service.ids["ada"], service.ids["bob"]
    assert names(service, f"WHERE Id = '{ada[:15]}'") == ["Ada"]
    assert names(service, f"WHERE Id IN ('{ada}', '{bob}') AND FirstName = 'Bob'") == ["Bob"]
    assert names(service, f"WHERE AccountId = '{service.ids['acme'][:15]}'") == ["Ada", "Bob", "Cyd"]
    assert (len(ada), ada[:3], service.ids["lee"][:3], service.ids["deal"][:3]) == (18, "003", "00Q", "006")


@pytest.mark.behaviour("the suffix of an id repeats its letter case", "'ID Field Type', object reference")
@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001D000000IqhSL", "001D000000IqhSLIAZ"),  # an example of the vendor's help pages
        ("003000000000000", "003000000000000AAA"),
        ("00Q0000000aBcDE", "00Q0000000aBcDEEA0"),
    ],
)
def test_the_suffix_repeats_the_case(short, long):
    from consentric_sandbox.salesforce.ids import known_id, long_id

    assert long_id(short) == long
    assert [known_id(text) for text in (short, long, short.lower() + long[15:])] == [long] * 3
    assert [known_id(text) for text in ("003", None, short + "!!!", short + "ab")] == [None] * 4


@pytest.mark.behaviour("several values in one field", "'Querying Multi-Select Picklists', SOQL reference")
def test_values_of_a_multi_select_field_are_searched(service):
    rows = service.state.tables["Contact"].rows
    rows[service.ids["ada"]].values["Tags__c"] = "champions;new"
    rows[service.ids["bob"]].values["Tags__c"] = "lost"
    assert names(service, "WHERE Tags__c INCLUDES ('champions;new', 'lost')") == ["Ada", "Bob"]
    assert names(service, "WHERE Tags__c INCLUDES ('champions;lost')") == []
    assert names(service, "WHERE Tags__c EXCLUDES ('lost')") == ["Ada", "Cyd"]


@pytest.mark.behaviour("empty values come first unless told otherwise", "'ORDER BY', SOQL reference")
def test_empty_values_are_sorted_first(service):
    service.state.tables["Contact"].rows[service.ids["bob"]].values.pop("Email")
    assert names(service, "ORDER BY Email") == ["Bob", "Ada", "Cyd"]
    assert names(service, "ORDER BY Email DESC") == ["Bob", "Cyd", "Ada"]
    assert names(service, "ORDER BY Email ASC NULLS LAST") == ["Ada", "Cyd", "Bob"]
    assert names(service, "ORDER BY HasOptedOutOfEmail DESC, FirstName NULLS FIRST") == ["Ada", "Bob", "Cyd"]


@pytest.mark.behaviour("escapes in texts", "'Quoted String Escape Sequences', SOQL reference")
def test_quotes_and_signs_of_like_can_be_escaped(service):
    odd = "O'Neil \\ 50%_\n"
    service.state.tables["Contact"].rows[service.ids["cyd"]].values["Title"] = odd
    assert names(service, format_soql("WHERE Title = {}", odd)) == ["Cyd"]
    assert names(service, format_soql("WHERE Title LIKE '%{:like}%'", "50%_")) == ["Cyd"]
    assert names(service, "WHERE Title LIKE '%5\\%%'") == []


@pytest.mark.behaviour("numbers are compared as numbers", "'WHERE', SOQL reference")
def test_numbers_are_compared_as_numbers(service):
    found = [
        service.query(f"SELECT Id FROM Opportunity WHERE Amount {test}").json["totalSize"]
        for test in ("> 9", "= 99.50", "< -1", "IN (99.5, 1)")
    ]
    assert found == [1, 1, 0, 1]


@pytest.mark.behaviour("an unknown or hidden field is INVALID_FIELD", "SOQL reference; crm-apis 1.B")
@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Shoe FROM Contact",
        "SELECT Segment FROM Contact",
        "SELECT Id FROM Contact WHERE Shoe = 1",
        "SELECT Id FROM Contact ORDER BY Shoe",
        "SELECT Id, Id FROM Contact",
        "SELECT Nobody.Name FROM Contact",
        "SELECT Account.Shoe FROM Contact",
        "SELECT PersonEmail FROM Account",
        "SELECT CurrencyIsoCode FROM Opportunity",
    ],
)
def test_an_unknown_field_is_refused(service, soql):
    refused = service.query(soql)
    assert (refused.status, refused.code) == (400, "INVALID_FIELD")


@pytest.mark.behaviour("an unknown object is INVALID_TYPE", "crm-apis 1.C, missing Individual")
def test_an_unknown_object_is_refused(service):
    refused = service.query("SELECT Id FROM Shoe")
    assert (refused.status, refused.code) == (400, "INVALID_TYPE")
    assert "sObject type 'Shoe' is not supported." in refused.json[0]["message"]


@pytest.mark.behaviour("a query out of grammar is MALFORMED_QUERY", "SOQL reference")
@pytest.mark.parametrize(
    "soql",
    [
        "",
        "SELECT",
        "SELECT FROM Contact",
        "SELECT * FROM Contact",
        "SELECT Id Contact",
        "SELECT Id FROM Contact WHERE",
        "SELECT Id FROM Contact WHERE Email",
        "SELECT Id FROM Contact WHERE Email == 'a'",
        'SELECT Id FROM Contact WHERE Email = "a"',
        "SELECT Id FROM Contact WHERE Email = 'a",
        "SELECT Id FROM Contact WHERE Email IN ()",
        "SELECT Id FROM Contact WHERE Email = 'a' AND",
        "SELECT Id FROM Contact WHERE Email = 'a' AND Email = 'b' OR Email = 'c'",
        "SELECT Id FROM Contact WHERE (Email = 'a'",
        "SELECT Id FROM Contact WHERE CreatedDate > 2026-06-05T12:00:00",
        "SELECT Id FROM Contact WHERE CreatedDate > 2026-06-05T12:00:00 00:00",
        "SELECT Id FROM Contact WHERE CreatedDate > 2026-13-05T12:00:00Z",
        "SELECT Id FROM Contact WHERE Birthdate > 2026-02-30",
        "SELECT Id FROM Contact LIMIT x",
        "SELECT Id FROM Contact LIMIT 1 ALL ROWS",
        "SELECT Id FROM Contact ORDER Id",
        "SELECT (SELECT Id FROM Tasks) FROM Contact",
        "DELETE FROM Contact",
    ],
)
def test_a_malformed_query_is_refused(service, soql):
    refused = service.query(soql)
    assert (refused.status, refused.code) == (400, "MALFORMED_QUERY")


@pytest.mark.behaviour("a literal must have the field's type", "messages as reported publicly")
@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("CreatedDate > '2026-06-05T12:00:00Z'", "INVALID_FIELD"),
        ("CreatedDate > 2026-06-05", "INVALID_FIELD"),
        ("Birthdate > 2026-06-05T12:00:00Z", "INVALID_FIELD"),
        ("DoNotCall = 'true'", "INVALID_FIELD"),
        ("Email = 5", "INVALID_FIELD"),
        ("Description = 'x'", "INVALID_FIELD"),
        ("MailingAddress = 'x'", "INVALID_FIELD"),
        ("Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("AccountId = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("CreatedDate LIKE '2026%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("DoNotCall > true", "INVALID_QUERY_FILTER_OPERATOR"),
        ("Email INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR"),
    ],
)
def test_a_literal_of_another_type_is_refused(service, where, code):
    refused = service.query(f"SELECT Id FROM Contact WHERE {where}")
    assert (refused.status, refused.code) == (400, code)


@pytest.mark.behaviour("OFFSET ends at 2,000", "'OFFSET', SOQL reference")
def test_an_offset_past_two_thousand_is_refused(service):
    assert service.query("SELECT Id FROM Contact OFFSET 2000").status == 200
    assert service.query("SELECT Id FROM Contact OFFSET 2001").code == "NUMBER_OUTSIDE_VALID_RANGE"
