"""A made-up town as a warehouse and as Parquet: N contacts with 20 activities each; one seed, no CRM."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from consentric.warehouse.engine import maintenance
from consentric.warehouse.store import FILE, Warehouse

NOW = datetime(2026, 11, 16, 6, tzinfo=UTC)
AS_OF_DAY = date(2026, 11, 15)
ACTIVITIES_PER_CONTACT = 20
PURPOSE = "segmentation"
ACCOUNT = "shop"
WAREHOUSE = "warehouse"
TABLES = ("subject", "record", "attribute", "activity", "permission")
"""Each is a table of the warehouse and a file `TABLE.parquet` with the same columns."""

_KINDS = {
    "order": 40, "refund": 2, "send": 90, "open": 35, "click": 14, "visit": 14, "form": 2, "reply": 1,
    "unsubscribe": 1, "bounce": 1,
}  # fmt: skip
"""Kind to its share in two hundred: four orders a contact."""
_QUESTIONS = (
    (PURPOSE, "none", "process", 0.9),
    (PURPOSE, "none", "write_back", 0.9),
    ("email_marketing", "email", "write_back", 0.6),
)
"""What the gate was asked, with the share of people whom it allowed."""
_AT_ONCE = 2_000_000
_DAYS = 900
_SHARED = 0.03
"""Share of records that are a second one of the person before."""

_Numbers = npt.NDArray[np.int64]


def build(folder: Path, *, contacts: int, seed: int) -> None:
    """Writes the tables as Parquet into the folder, and loads them into `folder/warehouse`.

    The same seed and size give the same town. All orders are in euros and of one account; few people buy
    often, every twentieth order is refunded, half of these in full.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    subjects = _subjects(chance, contacts)
    people = int(subjects[-1])
    _write(folder, "subject", _subject_table(people))
    _write(folder, "record", _record_table(chance, subjects))
    _write(folder, "attribute", _attribute_table(chance, contacts))
    _write(folder, "permission", _permission_table(chance, people))
    _write_activities(folder / "activity.parquet", chance, contacts)
    _load(folder)


def _write(folder: Path, name: str, table: pa.Table) -> None:
    pq.write_table(table, folder / f"{name}.parquet", compression="zstd", compression_level=1)


def _subjects(chance: np.random.Generator, contacts: int) -> _Numbers:
    """The subject of each record, both counted from 1."""
    is_new = chance.random(contacts) >= _SHARED
    is_new[0] = True
    return np.cumsum(is_new)


def _subject_table(people: int) -> pa.Table:
    numbers = pa.array(np.arange(1, people + 1, dtype=np.int32))
    pids = pa.array([f"p1.{number:026d}" for number in range(1, people + 1)])
    return pa.table({"subject": numbers, "pid": pids})


def _record_table(chance: np.random.Generator, subjects: _Numbers) -> pa.Table:
    size = len(subjects)
    return pa.table(
        {
            "record": np.arange(1, size + 1, dtype=np.int32),
            "rref": _sixteen_bytes(chance, size),
            "subject": subjects.astype(np.int32),
            "account": _repeated(ACCOUNT, size),
            "object": _repeated("contacts", size),
            "partition": _repeated("", size),
            "live": chance.random(size) < 0.99,
        }
    )


def _attribute_table(chance: np.random.Generator, contacts: int) -> pa.Table:
    values = pa.array(["75", "13", "69", "59", "974"])
    return pa.table(
        {
            "record": np.arange(1, contacts + 1, dtype=np.int32),
            "name": _repeated("department", contacts),
            "value": _coded(chance.integers(0, len(values), contacts), values),
        }
    )


def _permission_table(chance: np.random.Generator, people: int) -> pa.Table:
    parts = []
    for purpose, channel, action, share in _QUESTIONS:
        allowed = chance.random(people) < share
        parts.append(
            pa.table(
                {
                    "subject": np.arange(1, people + 1, dtype=np.int32),
                    "purpose": _repeated(purpose, people),
                    "channel": _repeated(channel, people),
                    "action": _repeated(action, people),
                    "verdict": _coded(allowed.astype(np.int64), pa.array(["DENY", "ALLOW"])),
                    "reason": _coded(allowed.astype(np.int64), pa.array(["OBJECTED", "LEGITIMATE_INTEREST"])),
                    "effect": _coded(-allowed.astype(np.int64), pa.array(["remove"])),
                    "valid_until": pa.nulls(people, pa.timestamp("us")),
                }
            )
        )
    return pa.concat_tables(parts)


def _write_activities(path: Path, chance: np.random.Generator, contacts: int) -> None:
    rows, done = contacts * ACTIVITIES_PER_CONTACT, 0
    writer = None
    while done < rows:
        size = min(_AT_ONCE, rows - done)
        table = _activity_table(chance, contacts, size=size, first_number=done)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1)
        writer.write_table(table)
        done += size
    if writer is not None:
        writer.close()


def _activity_table(chance: np.random.Generator, contacts: int, *, size: int, first_number: int) -> pa.Table:
    names = list(_KINDS)
    shares = np.array(list(_KINDS.values())) / sum(_KINDS.values())
    kinds = chance.choice(len(names), size, p=shares)
    is_order, is_refund = kinds == names.index("order"), kinds == names.index("refund")
    # The square of an even chance: few buy often, many never. Of all other acts everybody has about as many.
    at = chance.random(size)
    records = (np.where(is_order, at**2, at) * contacts).astype(np.int64) + 1
    ages = chance.integers(-1, _DAYS, size)
    amounts = chance.integers(500, 20_000, size)
    numbers = np.arange(first_number, first_number + size)
    _refund(chance, is_order, is_refund, records=records, ages=ages, amounts=amounts, numbers=numbers)
    has_price = is_order | is_refund
    machine = (kinds == names.index("open")) & (chance.random(size) < 0.4)
    return pa.table(
        {
            "record": records.astype(np.int32),
            "kind": _coded(kinds, pa.array(names)),
            "day": pa.array((np.datetime64(AS_OF_DAY) - ages).astype("datetime64[D]")),
            "amount_minor": pa.array(amounts, mask=~has_price),
            "currency": _coded(has_price.astype(np.int64) - 1, pa.array(["EUR"])),
            "campaign": pa.nulls(size, pa.string()),
            "category": pa.nulls(size, pa.string()),
            "machine": machine,
            "source_key": _sixteen_bytes(chance, size),
            "order_number": pa.array(numbers, mask=~has_price).cast(pa.string()),
        }
    )


def _refund(
    chance: np.random.Generator,
    is_order: npt.NDArray[np.bool_],
    is_refund: npt.NDArray[np.bool_],
    *,
    records: _Numbers,
    ages: _Numbers,
    amounts: _Numbers,
    numbers: _Numbers,
) -> None:
    """Makes each refund one of an order in the same batch; each order has at most one."""
    places, orders = np.flatnonzero(is_refund), np.flatnonzero(is_order)
    if not len(orders):
        return
    of = chance.permutation(orders)[np.arange(len(places)) % len(orders)]
    in_full = chance.random(len(places)) < 0.5
    records[places], numbers[places] = records[of], numbers[of]
    ages[places] = np.maximum(ages[of] - 10, -1)
    amounts[places] = np.where(in_full, -amounts[of], -(amounts[of] // 3))


def _load(folder: Path) -> None:
    warehouse = folder / WAREHOUSE
    Warehouse.open(warehouse).close()
    with maintenance() as connection:
        connection.execute("ATTACH ? AS town", [str(warehouse / FILE)])
        connection.execute("USE town")
        for table in TABLES:
            columns = "* REPLACE (hex(source_key)::UUID AS source_key)" if table == "activity" else "*"
            connection.execute(
                f"INSERT INTO {table} BY NAME SELECT {columns} FROM read_parquet(?)",
                [str(folder / f"{table}.parquet")],
            )
        connection.execute("INSERT INTO permission_run VALUES (?, 'town')", [NOW.replace(tzinfo=None)])
        connection.execute("CHECKPOINT town")
        connection.execute("USE memory")
        connection.execute("DETACH town")


def _sixteen_bytes(chance: np.random.Generator, size: int) -> pa.Array:
    made = np.frombuffer(chance.bytes(16 * size), dtype="S16")
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), size, [None, pa.py_buffer(made)])


def _repeated(value: str, size: int) -> pa.Array:
    return _coded(np.zeros(size, dtype=np.int64), pa.array([value]))


def _coded(codes: _Numbers, values: pa.Array) -> pa.Array:
    """The value at each code; nothing at a negative one."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=codes < 0), values)
