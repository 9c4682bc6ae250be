"""`consentric segments`: the configured segments, and whether they are sound."""

from __future__ import annotations

from pathlib import Path

import click

from consentric.app.session import current_session

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def segments() -> None:
    """The segments: what they are made of, and whether they are sound.

    Example:  consentric segments list
    """


@segments.command("list")
def list_segments() -> None:
    """Every segment with its name and what makes it; personas with how many people they fit.

    Example:  consentric segments list --lang fr
    """
    from consentric.app.config import read_config
    from consentric.app.personas import persona_counts
    from consentric.app.render.segments import listed_segments_text, titles_of
    from consentric.app.render.selections import personas_text
    from consentric.segments.assembly import assemble

    session = current_session()
    settings = read_config(session.config).settings
    sets = assemble(settings.segment_set, settings.segment)
    counts = persona_counts(session.folder, settings)
    titles = titles_of(sets, session.lang)
    data = {
        "sets": [
            {
                "name": one.name,
                "purpose": one.purpose,
                "method": one.settings.method,
                "within": list(one.settings.within),
                "segments": [
                    {
                        "key": segment.key,
                        "name": titles[f"{one.name}.{segment.key}"],
                        "cells": list(segment.cells),
                        "when": segment.when,
                    }
                    for segment in one.segments
                ],
            }
            for one in sets
        ],
        "personas": [
            {"key": one.key, "segments": list(one.segments), "people": counts.get(one.key)}
            for one in settings.persona
        ],
    }
    blocks = [listed_segments_text(sets, session.lang), personas_text(settings.persona, counts, session.lang)]
    session.show("consentric.segments/1", data, "\n".join(block for block in blocks if block))


@segments.command()
@click.argument("name")
@click.option("--csv", "listing", type=_FILE, metavar="FILE", help="Write the records to a file.")
def select(name: str, listing: Path | None) -> None:
    """Pick the people of a [[selection]] whom its purpose allows now; nothing is stored.

    Counts alone are shown. --csv names the records as crm:CONNECTION:ID, in a file that only you can read.

    Example:  consentric segments select spring --csv spring.csv
    """
    from consentric.app.plan_rows import csv_text
    from consentric.app.render.selections import selection_text
    from consentric.app.selections import select as picked_by
    from consentric.app.workspace import Workspace
    from consentric_privacy.files import write_atomic

    session = current_session()
    with Workspace.open_stores(session.config) as workspace:
        found = picked_by(workspace, name, is_listed=listing is not None)
        if listing is not None:
            rows = [(record,) for record in found.records]
            write_atomic(listing, csv_text(rows, ("record",)).encode() + b"\n")
    session.show("consentric.selection/1", found.as_json(), selection_text(found, listing))


@segments.command()
def check() -> None:
    """Find rules that cannot be read, sets that are not total and segments nobody can be in.

    Segments whose review is overdue are named as well.

    Example:  consentric segments check
    """
    from consentric.app.config import read_config
    from consentric.app.reviews import overdue_reviews, today_of
    from consentric.segments.assembly import assemble

    session = current_session()
    settings = read_config(session.config).settings
    sets = assemble(settings.segment_set, settings.segment)
    count = sum(len(one.segments) for one in sets)
    overdue = overdue_reviews(sets, today_of(settings))
    lines = [f"{len(sets)} sets with {count} segments: every rule can be read, every set is total."]
    lines += [f"  ! {one.sentence}" for one in overdue]
    data = {"sets": len(sets), "segments": count, "overdue": [one.as_json() for one in overdue]}
    session.show("consentric.segments_check/1", data, "\n".join([*lines, "Next:  consentric segment"]))


@segments.command()
@click.argument("name", metavar="[SET]", default="")
def quality(name: str) -> None:
    """What the segments are worth: size, revenue, rhythm, how far apart they are, and which limits they miss.

    Reads what the last run published; needs no key.

    \b
    Examples:
      consentric segments quality
      consentric segments quality rfm5 --lang fr
    """
    from consentric.app.render.quality import quality_text
    from consentric.app.segment_reports import qualities, titles_in, words_in
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open_stores(session.config) as workspace:
        found = qualities(workspace, name)
        titles, words = titles_in(workspace, session.lang), words_in(workspace, session.lang)
    text = "\n\n".join(quality_text(one, titles, words) for one in found)
    session.show("consentric.segments_quality/1", {"sets": [one.as_json() for one in found]}, text)


@segments.command()
@click.argument("name", metavar="[SET]", default="")
@click.option("--from", "start", metavar="RUN", default="", help="The run before the last when left out.")
@click.option("--to", "end", metavar="RUN", default="", help="The last run when left out.")
def moves(name: str, start: str, end: str) -> None:
    """Who moved where between two runs, sizes run by run, and how many permissions end soon.

    Counts alone; reads what the last run published, and needs no key.

    \b
    Examples:
      consentric segments moves rfm5
      consentric segments moves rfm5 --from 2026-11-14T02-00-00Z
    """
    from consentric.app.render.moves import moves_text
    from consentric.app.segment_reports import movements, titles_in, words_in
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open_stores(session.config) as workspace:
        found = movements(workspace, name, start=start, end=end)
        titles, words = titles_in(workspace, session.lang), words_in(workspace, session.lang)
    text = "\n\n".join(moves_text(one, keys, titles, words) for keys, one in found)
    session.show("consentric.segments_moves/1", {"sets": [one.as_json() for _, one in found]}, text)


@segments.command()
@click.argument("name", metavar="[SET]", default="")
@click.option("--out", type=_FILE, metavar="FILE", help="Write it to a file; small counts are hidden there.")
def sheet(name: str, out: Path | None) -> None:
    """One page for each set in Markdown: size, value, moves, what to do, and somebody as an example.

    Reads what the last run published; needs no key. Nobody is named.

    \b
    Examples:
      consentric segments sheet rfm5
      consentric segments sheet rfm5 --lang fr --out rfm5.md
    """
    from consentric.app.render.sheet import sheet_text
    from consentric.app.segment_reports import sheets, write_sheets
    from consentric.app.workspace import Workspace

    session = current_session()
    with Workspace.open_stores(session.config) as workspace:
        found = sheets(workspace, name, lang=session.lang, is_for_export=out is not None)
    text = "\n".join(sheet_text(one) for one in found)
    if out is not None:
        write_sheets(out, text)
    data = {"sets": [one.quality.set for one in found], "file": str(out) if out is not None else None}
    shown = text.rstrip() if out is None else f"Written: {out}   (only you can read it)"
    session.show("consentric.segments_sheet/1", data if out is not None else {**data, "text": text}, shown)
