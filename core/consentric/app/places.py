"""Names of the files and folders of a workspace, for those who look at them without opening the stores."""

from __future__ import annotations

from consentric_privacy.people import PEOPLE_FILE

__all__ = [
    "ANALYTICS_FOLDER",
    "AUDIT_FOLDER",
    "CACHE_FOLDER",
    "CONTROL_FILE",
    "DEK_FILE",
    "EXPORTS_FOLDER",
    "KEYSET_FILE",
    "PEOPLE_FILE",
    "PLANS_FOLDER",
    "PREVIEW_FOLDER",
    "RUNS_FOLDER",
]

KEYSET_FILE = "keyset.json"
DEK_FILE = "deks.sqlite"
CONTROL_FILE = "control.sqlite"
ANALYTICS_FOLDER = "analytics"
AUDIT_FOLDER = "audit"
PLANS_FOLDER = "plans"
PREVIEW_FOLDER = ".preview"
RUNS_FOLDER = "runs"
EXPORTS_FOLDER = "exports"
CACHE_FOLDER = "cache"
