"""A preview as people read it: how it was bounded, what was read, who may be what, and sizes of that part."""

from __future__ import annotations

from consentric.app.preview import Preview

from .gate import gate_text
from .plan import Titles
from .pull import failure_lines, pulls_text
from .segments import sizes_text
from .table import number


def preview_text(preview: Preview, titles: Titles) -> str:
    """The bounds first: whoever reads the figures must know of what they are."""
    bounds = preview.bounds
    if not preview.reading.pulls:
        return "No connection is configured, so there is nothing to preview."
    lines = [
        "Preview; its stores are taken away again, and nothing was written to any CRM.",
        f"  read at most: {number(bounds.people)} people of each connection, the first that it names, in"
        f" {number(bounds.calls_for_people)} calls;",
        f"  {number(bounds.rows)} rows of each other stream, of the last 12 months where it tells them apart,"
        f" in {number(bounds.calls)} calls",
        pulls_text(preview.reading.pulls),
        *failure_lines(preview.reading.failures),
        gate_text(preview.gate),
    ]
    lines += [sizes_text(one, titles) for one in preview.segments.sets]
    lines += [f"  ! {one} is not signed, so nobody is segmented" for one in preview.unsigned]
    lines.append(
        "Sizes of a preview: the first people of a CRM are often its oldest, not its average, and what they"
    )
    lines.append("said or bought may lie beyond what was read.")
    return "\n".join([*lines, *_next(preview)])


def _next(preview: Preview) -> list[str]:
    if preview.unsigned:
        return [f'Next:  consentric records lia --sign {preview.unsigned[0]} --by "NAME"']
    return ["Next:  consentric pull"]
