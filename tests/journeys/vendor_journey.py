"""The steps that a journey takes with any vendor: each opens the workspace anew, as a timer's run would."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from consentric.app import stages
from consentric.app.assessments import sign_file
from consentric.app.workspace import Workspace
from consentric.sdk.progress import SilentProgress
from consentric_sandbox.salesforce.state import SalesforceState

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
LABEL_FIELDS = ("consentric_rfm5__c", "consentric_rfm5_previous__c", "consentric_rfm5_since__c")
"""Of the set `rfm5` in Salesforce: segment, segment before, since."""
_PURPOSES = """
[controller]
name = "Épicerie SAS"
country = "FR"

[[purpose]]
id = "segmentation"
basis = ["legitimate_interest"]
assessment = "file:assessment.md"

[[purpose]]
id = "email_marketing"
basis = ["consent"]
channel = "email"
authorities = ["{authority}"]

[[segment_set]]
name = "rfm5"
purpose = "segmentation"
method = "rfm"
"""


def purposes_of(authority: str) -> str:
    """Who answers, the two purposes, and the set `rfm5`, as every vendor's configuration has them.

    Args:
        authority: The connection where the consent to e-mail marketing is recorded.
    """
    return _PURPOSES.format(authority=authority)


@dataclass(slots=True, kw_only=True)
class VendorJourney(ABC):
    """A workspace beside a pretend CRM, whose snapshot stands in `sandbox/`."""

    root: Path
    now: datetime = START

    snapshot: ClassVar[ModuleType]
    """The vendor's module with `load` and `save`."""

    @abstractmethod
    def config(self, at: str) -> str:
        """The configuration as it stands at this step."""

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    def begin(self) -> None:
        """Makes keys, the assessment and its signature; the snapshot is there already."""
        self.workspace.mkdir(mode=0o700)
        write_private(self.root / "root.key", hashlib.sha256(b"journeys").hexdigest())
        write_private(self.workspace / "assessment.md", "The interest prevails (invented, for tests).\n")
        with self.opened() as workspace:
            assert sign_file(workspace, "assessment.md", by="tests") == ["segmentation"]

    @contextmanager
    def opened(self) -> Iterator[Workspace]:
        path = self.workspace / "config.toml"
        write_private(path, self.config(self.now.isoformat().replace("+00:00", "Z")))
        with Workspace.open(path) as workspace:
            yield workspace

    @contextmanager
    def crm(self) -> Iterator[Any]:
        """The CRM's state, for what its users do there."""
        state = self.snapshot.load(self.sandbox)
        yield state
        self.snapshot.save(state, self.sandbox)

    def sync(self) -> Any:
        with self.opened() as workspace:
            return stages.sync(workspace, progress=SilentProgress())

    def apply_first(self) -> Any:
        """The first plan, looked at and approved."""
        plan = self.sync().plans[0].plan
        with self.opened() as workspace:
            stages.approve(workspace, plan, "looked at with the shop", by="tests")
            return stages.apply(workspace, plan, progress=SilentProgress())

    def tomorrow(self) -> None:
        self.now += timedelta(days=1)

    def log(self) -> list[dict[str, Any]]:
        """The CRM's own log of the writes it accepted."""
        file = self.sandbox / self.snapshot.FILES.log
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def add_label_fields(state: SalesforceState, store_id: str) -> None:
    """What the admin of Salesforce does with the definitions that the plan prints."""
    for entity in ("Contact", "Lead"):
        for name in LABEL_FIELDS:
            kind = "date" if "since" in name else "string"
            state.add_field(entity, name, type=kind, length=80, help=f"managed by consentric {store_id}")


def write_private(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
