"""Files that cannot be used stop before the first record, naming file, line and column, never content."""

from __future__ import annotations

import traceback

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consentric import DataError

SETTINGS = {
    "contacts": {
        "path": "people.csv",
        "columns": {"id": "no", "email": "mail", "phone": "tel", "created_at": "since", "country": "land"},
        "consents": [{"purpose": "email_marketing", "columns": {"state": "news"}}],
    },
    "activities": [
        {
            "path": "orders.csv",
            "kind": "order",
            "columns": {"contact": "no", "key": "order", "at": "day", "amount": "total", "campaign": "ad"},
        }
    ],
}
PEOPLE = "no,mail,tel,since,land,news\n1,a@example.org,+33 6,2026-01-01,FR,granted\n"
ORDERS = "no,order,day,total,ad\n1,A,2026-01-01,10,\n"


def outcome(connect, tmp_path, *, people=PEOPLE, orders=ORDERS, settings=SETTINGS):
    """What both streams yield until the end, or the error with the number of records before it."""
    for name, text in {"people.csv": people, "orders.csv": orders}.items():
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    connector = connect(settings)
    taken = []
    for stream in connector.streams():
        found = []
        try:
            found.extend(connector.read(stream, None))
        except DataError as error:
            assert found == []
            return error
        taken += found
    return taken


@pytest.mark.parametrize(
    ("people", "message"),
    [
        (PEOPLE.encode() + "2,é@example.org,,,,\n".encode("cp1252"), "people.csv, line 3: is not utf-8"),
        (PEOPLE.encode("utf-16"), "people.csv, line 1: holds a NUL byte"),
        (PEOPLE + "2,x\0y,,,,\n", "people.csv, line 3: holds a NUL byte"),
        (PEOPLE + "2,b@example.org\n", "people.csv, line 3: has 2 cells, the header 6"),
        (PEOPLE + "2,b@example.org,,,,,,\n", "people.csv, line 3: has 8 cells, the header 6"),
        (PEOPLE + '2,"b@example.org,,,,\n', "people.csv, line 3: quotes, line ends"),
        (PEOPLE + "2," + "x" * 1_000_000 + ",,,,\n", "people.csv, line 3: quotes, line ends or cell lengths"),
        ("", "people.csv: the file is empty"),
        ("no,mail,tel,since,land,news,tel\n", "people.csv: columns 3 and 7 of the header have one name"),
        ("no,mail,tel,since,land\n", 'people.csv, column "news": no such column'),
        (PEOPLE + ",b@example.org,,,,\n", 'people.csv, line 3, column "no": is empty'),
        (PEOPLE + "\n1,b@example.org,,,,\n", 'people.csv, line 4, column "no": was seen in an earlier row'),
        (PEOPLE + "2,,,yesterday,,\n", 'people.csv, line 3, column "since": is not a time'),
        (PEOPLE + "2,,,0001-01-01T00:00:00+14:00,,\n", 'people.csv, line 3, column "since": is not a time'),
        (PEOPLE + "2,,,,France,\n", 'people.csv, line 3, column "land": is not a code of 2 letters'),
        (PEOPLE + "2,,,,,maybe\n", 'people.csv, line 3, column "news": is none of denied, ended, granted'),
        (PEOPLE + "=cmd(),,,,,\n", 'people.csv, line 3, column "no": starts like a formula'),
        (PEOPLE + "\u3000＠x,,,,,\n", 'people.csv, line 3, column "no": starts like a formula'),
    ],
)
def test_a_contacts_file_with_a_fault_stops_before_its_first_record(connect, tmp_path, people, message):
    error = outcome(connect, tmp_path, people=people)

    assert isinstance(error, DataError)
    assert error.message.startswith(message)
    assert error.exit_code == 3


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,A,2026-01-02,5,", 'column "order": was seen in an earlier row'),
        ("1,B,,5,", 'column "day": is empty'),
        (",B,2026-01-02,5,", 'column "no": is empty'),
        ("1,B,2026-01-02,five,", 'column "total": is not an amount'),
        ("1,B,2026-01-02,nan,", 'column "total": is not an amount'),
        ("1,B,2026-01-02,1e300,", 'column "total": is not an amount'),
        ('1,B,2026-01-02,"1,5",', 'column "total": is not an amount'),
        ("1,B,2026-01-02,5,+promo", 'column "ad": starts like a formula'),
        ("1,B,2026-01-02,5,@SUM(1)", 'column "ad": starts like a formula'),
    ],
)
def test_an_activities_file_with_a_fault_stops_before_its_first_record(connect, tmp_path, row, message):
    error = outcome(connect, tmp_path, orders=ORDERS + row + "\n")

    assert isinstance(error, DataError)
    assert error.message.startswith(f"orders.csv, line 3, {message}")


def test_the_content_of_a_bad_cell_appears_nowhere(connect, tmp_path):
    for people in (PEOPLE + "2,,,secret-cell,,\n", PEOPLE.encode() + b"2,secret-cell\xff,,,,\n"):
        error = outcome(connect, tmp_path, people=people)

        shown = "".join(traceback.format_exception(error)) + error.where + error.hint + error.happened
        assert "secret-cell" not in shown
        assert "example.org" not in shown


def test_a_file_without_a_header_shows_nobody(connect, tmp_path):
    error = outcome(connect, tmp_path, people="1,a@example.org,a@example.org,,,\n")

    assert error.message == "people.csv: columns 2 and 3 of the header have one name"


def test_the_line_is_the_one_where_the_row_starts(connect, tmp_path):
    people = 'no,mail,tel,since,land,news\n1,"a\nb",,,,\n2,,,yesterday,,\n'

    assert outcome(connect, tmp_path, people=people).message.startswith("people.csv, line 4, ")


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_are_fine(connect, tmp_path):
    people = b"\xef\xbb\xbf" + PEOPLE.replace("\n", "\r\n").encode() + b"\r\n"

    assert len(outcome(connect, tmp_path, people=people)) == 6


def test_another_encoding_is_read_when_it_is_named(connect, tmp_path):
    settings = {**SETTINGS, "contacts": {**SETTINGS["contacts"], "encoding": "cp1252", "delimiter": ";"}}
    people = "no;mail;tel;since;land;news\nÉ1;;;;;\n".encode("cp1252")

    assert outcome(connect, tmp_path, people=people, settings=settings)[0].ref.id == "É1"


def test_phone_numbers_negative_numbers_and_odd_addresses_stop_nobody(connect, tmp_path):
    people = PEOPLE + "-2,=x@example.org,+33 (0)6-12,,,\n"
    orders = ORDERS + "1,B,2026-01-02,-5.00,+12\n"

    records = outcome(connect, tmp_path, people=people, orders=orders)

    assert (records[1].ref.id, records[1].phone) == ("-2", "+33 (0)6-12")
    assert records[5].amount == -5


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"order": ["A"], "total": [float("nan")]}, 'row 1, column "total": is not an amount'),
        ({"order": [True], "total": [1]}, 'row 1, column "order": is not text'),
        ({"order": ["A"], "day": [17], "total": [1]}, 'row 1, column "day": is not a time'),
        ({"order": ["A", None], "total": [1, 1]}, 'row 2, column "order": is empty'),
        ({"order": ["A\0"], "total": [1]}, 'row 1, column "order": holds a NUL'),
        ({"order": ["1"], "day": None}, 'column "day": no such column'),
    ],
)
def test_a_parquet_row_with_a_fault_is_named(connect, tmp_path, columns, message):
    count = len(columns["order"])
    columns = {"no": ["1"] * count, "day": ["2026-01-01"] * count, "ad": [None] * count, **columns}
    table = pa.table({name: values for name, values in columns.items() if values})
    pq.write_table(table, tmp_path / "orders.parquet")
    (tmp_path / "people.csv").write_text(PEOPLE)
    activities = [{**SETTINGS["activities"][0], "path": "orders.parquet"}]
    connector = connect({**SETTINGS, "activities": activities})

    with pytest.raises(DataError) as raised:
        next(connector.read(connector.streams()[1], None))

    assert raised.value.message.startswith(f"orders.parquet, {message}")


@pytest.mark.parametrize("content", [b"", b"PAR1 no such thing PAR1", PEOPLE.encode()])
def test_a_broken_parquet_file_is_said_to_be_one(connect, tmp_path, content):
    (tmp_path / "people.parquet").write_bytes(content)
    connector = connect({"contacts": {**SETTINGS["contacts"], "path": "people.parquet"}})

    with pytest.raises(DataError, match=r"^people\.parquet: is not a Parquet file$"):
        next(connector.read(connector.streams()[0], None))
