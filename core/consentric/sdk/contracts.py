"""The contracts a plugin implements: a Connector reads an account, a Writer writes labels to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .records import Bookmark, Record, RecordRef

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .transport import Transport

Clock = Callable[[], datetime]
"""Gives the time as an aware datetime in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a pretend CRM listens; only a `sandbox` connection has one."""

    base_url: str
    """`https://127.0.0.1:PORT`, without a trailing slash."""
    ca_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the engine hands to every connector and writer of one connection."""

    connection: str
    """Name of `[connections.NAME]`."""
    clock: Clock
    transport: Transport
    workspace: Path
    """Folder of the configuration; relative paths of settings start here."""
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Object type to the fields it may ask for, beyond those the contract needs (GDPR art. 5(1)(c))."""
    external_ids: Mapping[str, str] = field(default_factory=dict)
    """Field name to the name of the external id it carries (`loyalty_number` to `loyalty`)."""
    purposes: frozenset[str] = frozenset()
    """Ids of the configured purposes; opens are asked for only with `email_tracking` among them."""
    endpoint: Endpoint | None = None
    preview_people: int | None = None
    """In a preview, about how many people will be taken: those should show the account as it is, and a job
    over everything is not worth its time. None for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One sequence of records with a bookmark of its own."""

    name: str
    kind: Literal["contacts", "activities", "consents"]
    partition: str = ""
    is_sorted: bool = True
    """Whether records come in the order of the watermark; if not, only its last bookmark counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the CRM says about the account behind a connection."""

    id: str
    name: str
    missing_scopes: tuple[str, ...] = ()


class Connector(ABC):
    """Reads one account and never writes.

    It yields records and bookmarks; the engine makes batches, retries, waits for rate limits,
    and never lets it see a key.
    """

    name: ClassVar[str]
    settings_model: ClassVar[type[BaseModel]]
    api_version: ClassVar[int] = 1
    is_remote: ClassVar[bool] = True
    """False when it reads this machine only: it cannot be down, and a pretend clock may stand beside it."""
    calls_per_second: ClassVar[float] = 5.0
    """Our usual share of the vendor's rate; `[connections.NAME] calls_per_second` overrides it."""
    calls_per_day: ClassVar[int] = 100_000
    """Our usual share of the vendor's day; `[connections.NAME] calls_per_day` overrides it."""

    def __init__(self, settings: Any, context: Context) -> None:
        self.settings = settings
        self.context = context

    @abstractmethod
    def check(self) -> Account:
        """Asks the CRM who we are.

        Raises:
            RemoteError: With kind AUTH when the token or a scope is refused.
        """

    @abstractmethod
    def streams(self) -> Sequence[Stream]:
        """The streams of this account, contacts first; touches no network."""

    @abstractmethod
    def read(self, stream: Stream, since: Bookmark | None) -> Iterator[Record]:
        """Yields what changed since the bookmark, everything when it is None.

        Yield a `Bookmark` whenever all before it was yielded, and `Complete` only after a verified
        whole enumeration.
        """

    def read_denials(self, since: Bookmark | None) -> Iterator[Record]:
        """Yields contacts whose consent may have changed since the bookmark, as cheaply as the CRM allows.

        The engine calls it right before writing. The default reads the contacts stream.
        """
        for stream in self.streams():
            if stream.kind == "contacts":
                yield from self.read(stream, since)

    @classmethod
    def unnumbered_purchases(cls, settings: Any) -> Sequence[tuple[str | int, ...]]:
        """Settings that would have to name the field with the order number, by their paths; touches nothing.

        Beside another source of purchases each must: without it one purchase would count twice. The
        default knows one setting, `order_number`.
        """
        return () if getattr(settings, "order_number", None) else (("order_number",),)

    def close(self) -> None:
        """Frees connections."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLabel:
    """One segment as a CRM shows it."""

    key: str
    title: str
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSet:
    """All labels of one segment set in one destination, to be provisioned and written."""

    name: str
    """Name of the segment set."""
    title: str
    segments: Sequence[SegmentLabel]
    prefix: str
    """Prefix of every field and list we create."""
    marker: str
    """`managed by consentric STORE_ID`: stands in the description of everything we create."""
    fires_automations: bool = False
    """Whether a label may start automations (`automations` of the destination), where a write can say so."""


Verb = Literal["set", "clear", "add", "remove", "provision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """Something a destination needs before labels can be written: a property, an option, a list."""

    target: str
    """Stable name, as `field:rfm5` or `list:rfm5.champions`."""
    description: str
    """One sentence for the plan."""
    is_possible: bool = True
    """False when only the CRM's admin can create it; `description` then says how."""


NeedState = Literal["there", "missing", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something in the CRM that a destination rests on: a property, a list, a tag, a permission."""

    target: str
    """As `Provision.target`; `permission:NAME` of what a user or token must be allowed."""
    kind: str
    """What the CRM calls it: `contact property`, `tag`, `scope`."""
    name: str
    """What it is named there."""
    definition: str = ""
    """Type, length, choices: what it looks like, or what it is for."""
    state: NeedState = "missing"
    remedy: str = ""
    """Of what is missing and no API lets us make: what the CRM's admin does, step by step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change to one record: set or clear the field of a set, add to or remove from a list."""

    op: int
    """Identifier of the op; comes back in its outcome."""
    record: RecordRef
    verb: Verb
    target: str
    """`field:SET` or `list:SET.SEGMENT`."""
    new: str = ""
    """Segment key to be shown; empty when leaving."""
    previous: str = ""
    """Segment key shown before; written beside a field, ignored for a list."""
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the CRM shows for one record and one of our targets."""

    record: RecordRef
    target: str
    value: str
    """For a field the segment key or somebody else's text, for a list `member`; empty when absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change.

    `message` is redacted: the vendor's code and category, never a value or an address.
    """

    op: int
    state: Literal["done", "rejected", "gone", "ambiguous", "retry"]
    vendor_code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The CRM took the batch as a job; `Writer.collect` will give the outcomes."""

    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How a writer wants its work cut."""

    batch_size: int
    """Changes per call of `apply`, for fields."""
    list_batch_size: int
    """Changes per call of `apply`, for lists."""
    calls_per_second: float
    calls_per_day: int


class Writer(ABC):
    """Writes labels to one account and reads back only those.

    It has no method that could create or subscribe anyone, and it never writes a consent field.
    """

    name: ClassVar[str]
    settings_model: ClassVar[type[BaseModel]]
    api_version: ClassVar[int] = 1
    has_fields: ClassVar[bool] = True
    """False for a CRM that has tags or lists alone: nothing is planned for `field:SET` then, and the lists
    are written whatever the destination says of `lists`."""

    def __init__(self, settings: Any, context: Context) -> None:
        self.settings = settings
        self.context = context

    @property
    @abstractmethod
    def limits(self) -> Limits:
        """Batch sizes and call allowance of this account."""

    @abstractmethod
    def prepare(self, labels: Sequence[LabelSet]) -> Sequence[Provision]:
        """Finds out what is missing for these labels; reads only.

        Raises:
            RemoteError: With kind FATAL when a field or list of that name exists without our marker.
        """

    def needs(self, labels: Sequence[LabelSet]) -> Sequence[Need]:
        """All that these labels rest on, there or not, permissions among it; reads only.

        The default knows what `prepare` misses, and nothing of permissions.

        Raises:
            RemoteError: As `prepare`.
        """
        return [
            Need(
                target=one.target,
                kind=one.target.partition(":")[0],
                name=one.target.partition(":")[2],
                definition=one.description if one.is_possible else "",
                remedy="" if one.is_possible else one.description,
            )
            for one in self.prepare(labels)
        ]

    @abstractmethod
    def provision(self, labels: Sequence[LabelSet], target: str) -> None:
        """Creates one thing that `prepare` named; creating it twice is the same as once."""

    @abstractmethod
    def current(self, labels: Sequence[LabelSet], records: Sequence[RecordRef]) -> Iterator[Shown]:
        """What the CRM shows in our fields for these records, by id and never by search.

        A record that is gone yields nothing.
        """

    @abstractmethod
    def labelled(self, labels: Sequence[LabelSet]) -> Iterator[Shown]:
        """Every record that carries any label of ours, field values and list memberships alike."""

    @abstractmethod
    def apply(self, labels: Sequence[LabelSet], changes: Sequence[Change]) -> Iterator[Outcome | Accepted]:
        """Sends changes of one verb and one target kind; yields one outcome per change, in any order.

        Raises:
            RemoteError: When the whole batch failed; with kind AMBIGUOUS when it may have been applied.
        """

    def collect(self, job: str) -> Iterator[Outcome]:
        """Outcomes of an accepted job; yields nothing while it is still running."""
        return iter(())

    def consent_fingerprint(self, records: Sequence[RecordRef]) -> Mapping[RecordRef, str]:
        """Text that changes when a consent status of the record changes; for the read-back after a write.

        The default knows none.
        """
        return {}

    def close(self) -> None:
        """Frees connections."""
        return None
