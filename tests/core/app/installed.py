"""Packages as an installer leaves them, without one: modules, metadata and the list of files."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from importlib.metadata import Distribution
from pathlib import Path


def install(
    site: Path, modules: Mapping[str, str], *, point: str, notes: Mapping[str, str] | None = None
) -> Distribution:
    """Puts `acme-crm` 1.0 into a folder.

    Args:
        site: Where packages are looked for.
        modules: Path to text of its own files.
        point: Module of its entry point `acme`.
        notes: What this installer leaves besides, in `dist-info` or anywhere; listed as it does.
    """
    info = "acme_crm-1.0.dist-info"
    own = {
        **modules,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: acme-crm\nVersion: 1.0\n"
        "Requires-Dist: consentric\n",
        f"{info}/entry_points.txt": f"[consentric]\nacme = {point}\n",
    }
    lines = []
    for name, text in {**own, **(notes or {})}.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        digest = urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(text.encode())}")
    lines.append(f"{info}/RECORD,,")
    (site / info / "RECORD").write_text("\n".join(lines), encoding="utf-8")
    return Distribution.at(site / info)
