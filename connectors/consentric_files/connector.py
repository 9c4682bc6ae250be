"""Reads contacts and activities out of CSV and Parquet files: the connector to copy for a new one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from consentric import Account, Activity, Bookmark, Complete, Connector, Contact, Context, Incomplete, Stream
from consentric.sdk.records import Record

from .mapping import needed_columns, read_activities, read_contacts
from .settings import ActivitiesFile, ContactsFile, FilesSettings
from .tables import Table, open_table


class FilesConnector(Connector):
    """One account made of a contacts file and its activities files.

    A file is all or nothing: it is checked to its last row before the first record is yielded, so a
    fault leaves every store as it was. A file that did not change yields its bookmark and no record.
    """

    name: ClassVar[str] = "files"
    is_remote: ClassVar[bool] = False
    settings_model: ClassVar[type[BaseModel]] = FilesSettings
    settings: FilesSettings

    def __init__(self, settings: FilesSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._zone = ZoneInfo(settings.time_zone)
        self._files: dict[str, ContactsFile | ActivitiesFile] = {"contacts": settings.contacts}
        self._files.update({f"activities:{file.path.as_posix()}": file for file in settings.activities})

    @classmethod
    def unnumbered_purchases(cls, settings: Any) -> Sequence[tuple[str | int, ...]]:
        """The column of each file that may hold orders or refunds."""
        return [
            ("activities", index, "columns", "order_number")
            for index, file in enumerate(settings.activities)
            if file.kind in (None, "order", "refund") and file.columns.order_number is None
        ]

    def check(self) -> Account:
        """Opens every file and looks for its columns.

        Raises:
            DataError: When a file or a column is not there.
        """
        for file in self._files.values():
            with open_table(file, self.context.workspace) as table:
                table.require(needed_columns(file, self.context))
        return Account(id=f"files:{self.context.connection}", name=self.context.connection)

    def streams(self) -> Sequence[Stream]:
        """The contacts file, then each activities file."""
        return [
            Stream(name=name, kind="contacts" if name == "contacts" else "activities", is_sorted=False)
            for name in self._files
        ]

    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Record]:
        """Yields the whole file, then its bookmark and `Complete`; only the bookmark if nothing changed.

        Raises:
            DataError: Before the first record, naming file, line and column of the first fault.
        """
        file = self._files[stream.name]
        with open_table(file, self.context.workspace) as table:
            bookmark = Bookmark(watermark=self._watermark(table))
            if since is not None and since.watermark == bookmark.watermark:
                yield bookmark
                return
            count = sum(1 for _ in self._records(table, file))  # the check of the whole file
            yield from self._records(table, file)
            if not table.is_untouched():
                yield Incomplete(reason="the file was written to while it was read")
                return
            yield bookmark
            yield Complete(count=count)

    def _records(
        self, table: Table, file: ContactsFile | ActivitiesFile
    ) -> Iterator[Contact] | Iterator[Activity]:
        if isinstance(file, ContactsFile):
            return read_contacts(table, file, context=self.context, zone=self._zone)
        return read_activities(table, file, context=self.context, zone=self._zone)

    def _watermark(self, table: Table) -> str:
        """Hash and size of the file, and a hash of what is asked of it: another mapping reads it again."""
        asked = repr(
            (table.settings, self.settings.time_zone, self.context.fields, self.context.external_ids)
        )
        return f"{table.digest()}:{hashlib.sha256(asked.encode()).hexdigest()[:16]}"
