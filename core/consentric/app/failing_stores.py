"""Turns what a store says of a full disk or a damaged file into the error that an operator can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from consentric.sdk.errors import UnsafeStoreError
from consentric.warehouse.faults import warehouse_fault
from consentric_privacy.store_faults import disk_fault, sqlite_fault


def store_fault(error: BaseException) -> UnsafeStoreError | None:
    """The error for a store that cannot be read or written (exit 5), None for everything else.

    The stores translate what goes wrong in their own transactions; this is for what is read outside one,
    and for plain files.
    """
    if isinstance(error, OSError):
        return disk_fault(error)
    return warehouse_fault(error) or sqlite_fault(error, "a store of the workspace")


@contextmanager
def told_apart() -> Iterator[None]:
    """Lets through what is a defect of ours, and translates what is a fault of a store.

    Raises:
        UnsafeStoreError: In place of what the store's own library raised.
    """
    try:
        yield
    except Exception as error:
        fault = store_fault(error)
        if fault is None:
            raise
        raise fault from error
