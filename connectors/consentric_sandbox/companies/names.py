"""Names of the invented companies; light to import, for the command line."""

from __future__ import annotations

COMPANIES = ("clean-opt-in", "imported-mess", "business-and-consumer")
