"""Benchmarks stand beside the packages and are not installed: tests find them from the project folder."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
