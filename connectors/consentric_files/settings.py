"""Settings of `[connections.NAME] connector = "files"`: which columns of which files mean what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from consentric.sdk.records import ActivityKind, ConsentState, Grade

Encoding = Literal["utf-8", "utf-8-sig", "cp1252", "iso-8859-1", "iso-8859-15"]
"""All of them spell a line end as one byte, so that a wrong byte can be told by its line."""
Column = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TableFile(_Section):
    """One file; `.parquet` and `.pq` are read as Parquet, everything else as CSV with a header."""

    path: Path
    """Starts in the workspace when relative."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: Encoding = "utf-8"
    """`utf-8` takes files with and without a byte order mark."""

    @property
    def is_parquet(self) -> bool:
        """Whether the name says Parquet."""
        return self.path.suffix.lower() in {".parquet", ".pq"}


class ConsentColumns(_Section):
    """Columns of a consent; each beats the fixed value of the same name."""

    state: Column
    at: Column | None = None
    purpose: Column | None = None
    channel: Column | None = None
    grade: Column | None = None
    notice: Column | None = None
    origin: Column | None = None


class ConsentSettings(_Section):
    """One consent that every row of the contacts file may carry; an empty state cell says nothing."""

    columns: ConsentColumns
    purpose: str | None = None
    channel: str = "email"
    grade: Grade = "D"
    notice: str | None = None
    states: dict[str, ConsentState] = Field(
        default={
            "granted": "granted",
            "denied": "denied",
            "withdrawn": "withdrawn",
            "pending": "pending",
            "ended": "ended",
        }
    )
    """What a cell says, without regard to case, to what it means; other words are refused."""

    @field_validator("states")
    @classmethod
    def _fold(cls, states: dict[str, ConsentState]) -> dict[str, ConsentState]:
        return {word.strip().casefold(): state for word, state in states.items()}

    @model_validator(mode="after")
    def _has_purpose(self) -> ConsentSettings:
        if self.purpose is None and self.columns.purpose is None:
            raise ValueError("a consent needs a purpose: set purpose or columns.purpose")
        return self


class ContactColumns(_Section):
    """Columns of the contacts file."""

    id: Column
    email: Column | None = None
    phone: Column | None = None
    external_ids: dict[str, Column] = {}
    """Name of the number (`loyalty`) to its column."""
    created_at: Column | None = None
    last_contact_at: Column | None = None
    country: Column | None = None
    birth_date: Column | None = None
    bounced: Column | None = None
    optout_offered: Column | None = None


class ContactsFile(TableFile):
    """The file with one row per contact."""

    columns: ContactColumns
    consents: tuple[ConsentSettings, ...] = ()


class ActivityColumns(_Section):
    """Columns of an activities file; `contact` holds ids of the contacts file."""

    contact: Column
    key: Column
    at: Column
    kind: Column | None = None
    amount: Column | None = None
    currency: Column | None = None
    order_number: Column | None = None
    campaign: Column | None = None
    category: Column | None = None
    cancelled: Column | None = None
    test: Column | None = None


class ActivitiesFile(TableFile):
    """A file with one row per activity; `key` is unique in it."""

    columns: ActivityColumns
    kind: ActivityKind | None = None
    currency: str | None = None

    @model_validator(mode="after")
    def _has_kind(self) -> ActivitiesFile:
        if (self.kind is None) == (self.columns.kind is None):
            raise ValueError("activities need a kind: set either kind or columns.kind")
        return self


class FilesSettings(_Section):
    """A contacts file and any number of activities files."""

    contacts: ContactsFile
    activities: tuple[ActivitiesFile, ...] = ()
    time_zone: str = "UTC"
    """Where times without an offset were written down, as `Europe/Paris`."""

    @field_validator("activities", mode="before")
    @classmethod
    def _one_or_many(cls, given: Any) -> Any:
        return [given] if isinstance(given, dict) else given

    @field_validator("activities")
    @classmethod
    def _paths_differ(cls, files: tuple[ActivitiesFile, ...]) -> tuple[ActivitiesFile, ...]:
        if len({file.path for file in files}) < len(files):
            raise ValueError("two activities files have the same path")
        return files

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError) as error:
            raise ValueError("not a time zone of the IANA database") from error
        return name
