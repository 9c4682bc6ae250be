"""Jobs of Bulk API 2.0 as they are kept: what was asked, how far it is, what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DELIMITERS = {
    "COMMA": ",",
    "SEMICOLON": ";",
    "TAB": "\t",
    "PIPE": "|",
    "CARET": "^",
    "BACKQUOTE": "`",
}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
FINISHED = ("JobComplete", "Aborted", "Failed")


@dataclass(slots=True, kw_only=True)
class Job:
    """One job; rows and results of it stay until it is deleted."""

    id: str
    kind: str
    """`query` or `ingest`."""
    operation: str
    entity: str
    created: str
    stamp: str
    version: float
    state: str
    line_ending: str = "LF"
    delimiter: str = "COMMA"
    polls_left: int = 1
    """How many more times it says InProgress before it is done."""
    done_at: str = ""
    """When it is done even if nobody asks."""
    is_stuck: bool = False
    fails_after: int | None = None
    """Rows after which it fails as a whole, None for never."""
    locked_rows: list[int] = field(default_factory=list)
    error: str = ""
    query: str = ""
    found: list[list[str]] = field(default_factory=list)
    """Header and rows that a query job found."""
    external_id: str = ""
    content: str | None = None
    successful: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)
    unprocessed: list[list[str]] = field(default_factory=list)
    """Each begins with its header, empty while there is none."""

    @property
    def processed(self) -> int:
        """Rows that were found, or carried out or refused."""
        if self.kind == "query":
            return max(0, len(self.found) - 1)
        return max(0, len(self.successful) - 1) + self.refused

    @property
    def refused(self) -> int:
        """Rows that were refused."""
        return max(0, len(self.failed) - 1)

    def described(self, user: str) -> dict[str, Any]:
        """What the API says of the job."""
        told: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.entity,
            "createdById": user,
            "createdDate": self.created,
            "systemModstamp": self.stamp,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": self.version,
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }
        if self.kind == "ingest":
            told["contentUrl"] = f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"
            if self.external_id:
                told["externalIdFieldName"] = self.external_id
        return told

    def progress(self) -> dict[str, Any]:
        """What GET of the job adds: counts, and why it failed."""
        told: dict[str, Any] = {
            "jobType": "V2Query" if self.kind == "query" else "V2Ingest",
            "numberRecordsProcessed": self.processed,
            "retries": 0,
            "totalProcessingTime": 100 if self.state in FINISHED else 0,
        }
        if self.kind == "ingest":
            told |= {
                "numberRecordsFailed": self.refused,
                "apiActiveProcessingTime": told["totalProcessingTime"],
                "apexProcessingTime": 0,
            }
        if self.error:
            told["errorMessage"] = self.error
        return told
