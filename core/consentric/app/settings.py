"""The whole configuration as one model; each section's model stands beside the code that reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from consentric.pull.settings import FieldSettings, MoneySettings, PurchasesSettings
from consentric.segments.campaign_settings import PersonaSettings, SelectionSettings
from consentric.segments.engine_settings import EngineName, SparkSettings
from consentric.segments.quality_settings import QualitySettings
from consentric.segments.settings import IntentSettings, SegmentSetSettings, SegmentSettings
from consentric.sync.settings import DestinationSettings
from consentric_privacy.secrets import SCHEMES
from consentric_privacy.settings import (
    ControllerSettings,
    EvidenceSettings,
    NoticeSettings,
    PurposeSettings,
)

from .notify import NotifySettings
from .report.settings import ReportSettings

NAME = r"^[a-z][a-z0-9_-]{0,39}$"
_REFERENCE = rf"^({'|'.join(SCHEMES)}):.+$"
_CLOCK_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("no time zone has this name; write it as Europe/Paris")
    return name


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant needs its zone; write it as 2026-06-15T12:00:00Z")
    return at.astimezone(UTC)


class WorkspaceSettings(BaseModel):
    """`[workspace]`: keys and resources of this folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root_key: str = Field(default="env:CONSENTRIC_ROOT_KEY", pattern=_REFERENCE)
    """Where the root key comes from: `env:NAME`, `file:PATH`, `keyring:SERVICE/NAME` or `exec:COMMAND`."""
    analytics_group: str | None = None
    """Group of this machine that may read `analytics/`; nobody else when absent."""
    memory_limit_mb: int = Field(default=600, ge=128)
    """Memory the analytics engine may take before it spills to its private folder."""
    engine: EngineName = "duckdb"
    """What computes segments: DuckDB on this machine, or Spark (`[spark]`)."""
    language: Literal["en", "fr"] = "en"
    """Language of the titles and descriptions that CRMs show."""


class ClockSettings(BaseModel):
    """`[clock]`: a fixed time, for pretend CRMs only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Annotated[datetime, AfterValidator(_aware)]
    """The instant that every command takes for now."""


class TimeSettings(BaseModel):
    """`[time]`: the business calendar."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Paris"
    """IANA time zone whose calendar days count."""

    @property
    def info(self) -> ZoneInfo:
        """The zone itself."""
        return ZoneInfo(self.zone)


class JobsSettings(BaseModel):
    """`[jobs]`: when a timer calls us; `doctor` and `status` say when a job is overdue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sync: str | None = Field(default=None, pattern=_CLOCK_TIME)
    """Time of day of the nightly run, in the zone of `[time]`; not expected at all when absent."""
    consents: Literal["hourly"] | None = None
    """How often what people forbade is read and carried out; not expected at all when absent."""


class PinnedPlugin(BaseModel):
    """An entry of `[plugins] allow` for one version with exactly these files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """As `consentric plugins list` shows it."""
    version: str
    """Of its distribution."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Over its files; `consentric plugins trust` writes it."""


def _form(entry: object) -> str:
    return "Name" if isinstance(entry, str) else "PinnedPlugin"


AllowedPlugin = Annotated[
    Annotated[str, Tag("Name")] | Annotated[PinnedPlugin, Tag("PinnedPlugin")], Discriminator(_form)
]
"""Told apart before it is checked, so that a pin with a fault is not also told to be no name."""


class PluginsSettings(BaseModel):
    """`[plugins]`: which installed plugins may be imported."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow: tuple[AllowedPlugin, ...] = ()
    """Names as `consentric plugins list` shows them, or pins; built-ins need no entry."""


class ConnectionSettings(BaseModel):
    """`[connections.NAME]`: one account; the other settings are those of its connector."""

    model_config = ConfigDict(extra="allow", frozen=True)

    connector: str
    """Name of the connector that reads it."""
    sandbox: str | None = None
    """Folder of a pretend CRM to be used in place of the real one."""
    calls_per_second: float | None = Field(default=None, gt=0)
    """Our share of the vendor's rate, reading and writing together; half of it when absent."""
    calls_per_day: int | None = Field(default=None, ge=1)
    """Our share of the vendor's calls in a day; half of them when absent."""

    @property
    def of_connector(self) -> dict[str, Any]:
        """The settings that the connector's own model checks."""
        return dict(self.model_extra or {})


ConnectionName = Annotated[str, Field(pattern=NAME)]


class Settings(BaseModel):
    """Everything the three files say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    include: tuple[str, ...] = ()
    """Files beside this one that are read as if they stood here."""
    workspace: WorkspaceSettings = WorkspaceSettings()
    spark: SparkSettings = SparkSettings()
    clock: ClockSettings | None = None
    time: TimeSettings = TimeSettings()
    money: MoneySettings = MoneySettings()
    jobs: JobsSettings = JobsSettings()
    notify: NotifySettings = NotifySettings()
    report: ReportSettings = ReportSettings()
    plugins: PluginsSettings = PluginsSettings()
    connections: dict[ConnectionName, ConnectionSettings] = {}
    destination: tuple[DestinationSettings, ...] = ()
    purchases: PurchasesSettings = PurchasesSettings()
    intent: IntentSettings = IntentSettings()
    segment_set: tuple[SegmentSetSettings, ...] = ()
    segment: tuple[SegmentSettings, ...] = ()
    persona: tuple[PersonaSettings, ...] = ()
    selection: tuple[SelectionSettings, ...] = ()
    quality: QualitySettings = QualitySettings()
    controller: ControllerSettings | None = None
    purpose: tuple[PurposeSettings, ...] = ()
    notice: tuple[NoticeSettings, ...] = ()
    evidence: tuple[EvidenceSettings, ...] = ()
    field: tuple[FieldSettings, ...] = ()
