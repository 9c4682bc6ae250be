"""What the files connector yields: contacts, consents, activities, one bookmark, one Complete."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from consentric import Activity, Bookmark, Complete, ConsentEvent, Contact, DataError, Incomplete, RecordRef
from consentric_files.settings import FilesSettings

CONTACTS = {
    "path": "people.csv",
    "columns": {"id": "no", "email": "mail", "phone": "tel", "external_ids": {"loyalty": "card"}},
}
FULL = {
    "path": "people.csv",
    "delimiter": ";",
    "columns": {
        "id": "no", "created_at": "since", "last_contact_at": "last", "country": "land",
        "birth_date": "born", "bounced": "bad", "optout_offered": "offered",
    },
    "consents": [
        {
            "purpose": "email_marketing", "notice": "n2", "states": {"Yes": "granted", "no": "withdrawn"},
            "columns": {"state": "news", "at": "news_at", "grade": "proof", "origin": "form"},
        },
    ],
}  # fmt: skip
ORDERS = {
    "path": "orders.csv",
    "kind": "order",
    "currency": "EUR",
    "columns": {"contact": "no", "key": "order", "at": "day", "amount": "total", "category": "shelf"},
}


def read(connector, name="contacts", since=None):
    (stream,) = [stream for stream in connector.streams() if stream.name == name]
    return list(connector.read(stream, since))


def test_a_csv_row_becomes_a_contact_then_a_bookmark_and_complete(connect, tmp_path):
    (tmp_path / "people.csv").write_text("no,mail,tel,card\n7,ada@example.org,+33 1 23,L-9\n8,,,\n")

    records = read(connect({"contacts": CONTACTS}))

    assert records[:2] == [
        Contact(
            ref=RecordRef(object="contact", id="7"),
            email="ada@example.org",
            phone="+33 1 23",
            external_ids={"loyalty": "L-9"},
        ),
        Contact(ref=RecordRef(object="contact", id="8")),
    ]
    assert isinstance(records[2], Bookmark)
    assert records[3:] == [Complete(count=2)]


def test_every_column_is_read_and_naive_times_are_taken_in_the_zone(connect, tmp_path):
    (tmp_path / "people.csv").write_text(
        "no;since;last;land;born;bad;offered;news;news_at;proof;form\n"
        "1;2026-01-10;2026-06-01T10:00:00;fr;2012-05-04;no;yes;YES;2026-01-10T08:30:00Z;b;Footer\n"
    )

    contact = read(connect({"contacts": FULL, "time_zone": "Europe/Paris"}))[0]

    assert contact.created_at == datetime(2026, 1, 9, 23, tzinfo=UTC)
    assert contact.last_contact_at == datetime(2026, 6, 1, 8, tzinfo=UTC)
    assert contact.country == "FR"
    assert contact.birth_date == date(2012, 5, 4)
    assert contact.bounced is False
    assert contact.optout_offered is True
    assert contact.consents == (
        ConsentEvent(
            state="granted",
            purpose="email_marketing",
            channel="email",
            grade="B",
            occurred_at=datetime(2026, 1, 10, 8, 30, tzinfo=UTC),
            method="import",
            notice="n2",
            origin="Footer",
        ),
    )


def test_an_empty_state_is_no_consent_event(connect, tmp_path):
    (tmp_path / "people.csv").write_text(
        "no;since;last;land;born;bad;offered;news;news_at;proof;form\n1;;;;;;;;;;\n2;;;;;;;no;;;\n"
    )

    first, second = read(connect({"contacts": FULL}))[:2]

    assert first.consents == ()
    assert [(event.state, event.grade, event.occurred_at) for event in second.consents] == [
        ("withdrawn", "D", None)
    ]


def test_configured_fields_and_external_ids_of_the_config_are_read(connect, tmp_path):
    (tmp_path / "people.csv").write_text("no,mail,tel,card,city,points,badge\n1,,,,Lyon,-5,B1\n")

    connector = connect(
        {"contacts": CONTACTS}, fields={"contact": ["city", "points"]}, external_ids={"badge": "staff"}
    )
    contact = read(connector)[0]

    assert contact.fields == {"city": "Lyon", "points": "-5"}
    assert contact.external_ids == {"staff": "B1"}


def test_orders_become_activities_with_exact_amounts(connect, tmp_path):
    (tmp_path / "people.csv").write_text("no,mail,tel,card\n")
    (tmp_path / "orders.csv").write_text(
        "no,order,day,total,shelf\n7,A-1,2026-05-01T10:00:00+02:00,19.90,tea\n"
    )

    connector = connect({"contacts": CONTACTS, "activities": ORDERS})
    records = read(connector, "activities:orders.csv")

    assert records[0] == Activity(
        record=RecordRef(object="contact", id="7"),
        key="A-1",
        kind="order",
        at=datetime(2026, 5, 1, 8, tzinfo=UTC),
        amount=Decimal("19.90"),
        currency="EUR",
        category="tea",
    )
    assert records[2] == Complete(count=1)


def test_a_parquet_file_gives_the_same_records_as_csv(connect, tmp_path):
    (tmp_path / "people.csv").write_text("no,mail,tel,card\n")
    table = pa.table(
        {
            "no": pa.array([7, 7], pa.int64()),
            "order": pa.array(["A", "B"]).dictionary_encode(),
            "day": pa.array([1_777_622_400_000_000_123, None], pa.timestamp("ns", tz="UTC")).fill_null(0),
            "total": pa.array([12.1, None], pa.float64()),
            "shelf": pa.array([None, "tea"]),
        }
    )
    pq.write_table(table, tmp_path / "orders.parquet", row_group_size=1)

    connector = connect({"contacts": CONTACTS, "activities": [{**ORDERS, "path": "orders.parquet"}]})
    first, second = read(connector, "activities:orders.parquet")[:2]

    assert (first.record.id, first.key, first.amount, first.category) == ("7", "A", Decimal("12.1"), None)
    assert first.at == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert (second.amount, second.category) == (None, "tea")


def test_an_unchanged_file_yields_its_bookmark_alone(connect, tmp_path):
    (tmp_path / "people.csv").write_text("no,mail,tel,card\n7,,,\n")
    connector = connect({"contacts": CONTACTS})
    bookmark = read(connector)[1]

    assert read(connector, since=bookmark) == [bookmark]


def test_a_changed_file_is_read_whole_again(connect, tmp_path):
    (tmp_path / "people.csv").write_text("no,mail,tel,card\n7,,,\n")
    connector = connect({"contacts": CONTACTS})
    bookmark = read(connector)[1]
    (tmp_path / "people.csv").write_text("no,mail,tel,card\n7,,,\n8,,,\n")

    records = read(connector, since=bookmark)

    assert [record.ref.id for record in records[:2]] == ["7", "8"]
    assert records[2] != bookmark


def test_an_unchanged_file_is_read_again_under_another_mapping(connect, tmp_path):
    (tmp_path / "people.csv").write_text("no,mail,tel,card\n7,,,\n")
    bookmark = read(connect({"contacts": CONTACTS}))[1]

    records = read(connect({"contacts": CONTACTS, "time_zone": "Europe/Paris"}), since=bookmark)

    assert len(records) == 3


def test_a_file_written_to_while_it_is_read_ends_incomplete(connect, tmp_path):
    (tmp_path / "people.csv").write_text("no,mail,tel,card\n7,,,\n")
    connector = connect({"contacts": CONTACTS})

    records = connector.read(connector.streams()[0], None)
    next(records)
    with (tmp_path / "people.csv").open("a") as file:
        file.write("8,,,\n")

    *others, last = records
    assert last == Incomplete(reason="the file was written to while it was read")
    assert not any(isinstance(record, Bookmark | Complete) for record in others)


def test_check_names_a_missing_file_and_a_missing_column(connect, tmp_path):
    connector = connect({"contacts": CONTACTS})
    with pytest.raises(DataError, match=r"^people\.csv: No such file or directory$"):
        connector.check()
    (tmp_path / "people.csv").write_text("no,mail,tel\n")
    with pytest.raises(DataError, match=r'^people\.csv, column "card": no such column'):
        connector.check()
    (tmp_path / "people.csv").write_text("no,mail,tel,card\n")
    assert connector.check().id == "files:shop"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"kind": None}, "either kind or columns.kind"),
        ({"colums": {}}, "Extra inputs"),
        ({"encoding": "utf-16"}, "Input should be"),
        ({"delimiter": ";;"}, "at most 1"),
    ],
)
def test_settings_that_cannot_work_are_refused(change, fault):
    with pytest.raises(ValidationError, match=fault):
        FilesSettings.model_validate({"contacts": CONTACTS, "activities": [{**ORDERS, **change}]})


def test_an_unknown_time_zone_and_a_consent_without_purpose_are_refused():
    with pytest.raises(ValidationError, match="IANA"):
        FilesSettings.model_validate({"contacts": CONTACTS, "time_zone": "Europe/Atlantis"})
    with pytest.raises(ValidationError, match="purpose"):
        FilesSettings.model_validate({"contacts": {**CONTACTS, "consents": [{"columns": {"state": "x"}}]}})


def test_a_cancelled_or_test_order_is_none(connect, tmp_path):
    (tmp_path / "people.csv").write_text("no,mail,tel,card\n7,,,\n")
    (tmp_path / "orders.csv").write_text(
        "no,order,day,total,gone,trial\n"
        "7,o1,2026-02-01,10,no,no\n"
        "7,o2,2026-02-01,10,yes,no\n"
        "7,o3,2026-02-01,10,,yes\n"
        "7,o4,2026-02-01,10,,\n"
    )
    columns = {"contact": "no", "key": "order", "at": "day", "amount": "total"}
    orders = {
        "path": "orders.csv",
        "kind": "order",
        "columns": {**columns, "cancelled": "gone", "test": "trial"},
    }

    records = read(connect({"contacts": CONTACTS, "activities": orders}), "activities:orders.csv")

    found = {one.key: one.is_cancelled for one in records if isinstance(one, Activity)}
    assert found == {"o1": False, "o2": True, "o3": True, "o4": False}
