"""Writes a report to disk: one page, or a picture and a table for each part."""

from __future__ import annotations

from pathlib import Path

from consentric.app.plan_rows import csv_text
from consentric.sdk.errors import ConfigError
from consentric_privacy.files import make_private_folder, write_atomic

from .drawing import png_of
from .page import html_page
from .picture import Cell
from .report import Report
from .words import Words


def write_html(report: Report, path: Path) -> Path:
    """Writes the page (0600).

    Raises:
        ConfigError: Its folder is not there, or the extra `report` is not installed.
    """
    if not path.parent.is_dir() or path.is_dir():
        raise ConfigError(
            f'the report cannot be written to "{path}"',
            hint="name a file in a folder that exists",
            happened="nothing was written.",
            code="CS286",
        )
    write_atomic(path, html_page(report).encode())
    return path


def write_pictures(report: Report, folder: Path) -> list[Path]:
    """Writes a PNG and the table behind it as CSV for each picture that has something to show (0600).

    Raises:
        ConfigError: The folder cannot be made, or the extra `report` is not installed.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(
            f'"{folder}" is a file, not a folder',
            hint="name a folder",
            happened="nothing was written.",
            code="CS286",
        )
    if not folder.exists():
        make_private_folder(folder)
    written = []
    for picture in report.pictures:
        if picture.canvas is None:
            continue
        path = folder / f"{picture.name}.png"
        write_atomic(path, png_of(picture))
        rows = [[_text(cell) for cell in row] for row in picture.table.rows]
        write_atomic(path.with_suffix(".csv"), csv_text(rows, picture.table.head).encode() + b"\r\n")
        written.append(path)
    return written


def _text(cell: Cell) -> str:
    """A number without spaces, for programs; a hidden one as on the page."""
    return str(cell) if cell is not None else Words("en").count(None)
