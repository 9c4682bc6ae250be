"""`consentric segments`: the configured segments, and whether they are sound."""

from __future__ import annotations

import click

from consentric.app.session import current_session


@click.group()
def segments() -> None:
    """The segments: what they are made of, and whether they are sound.

    Example:  consentric segments list
    """


@segments.command("list")
def list_segments() -> None:
    """Every segment with its name and what makes it.

    Example:  consentric segments list --lang fr
    """
    from consentric.app.config import load_config
    from consentric.app.render.segments import listed_segments_text, titles_of
    from consentric.segments.sets import assemble

    session = current_session()
    settings = load_config(session.config).settings
    sets = assemble(settings.segment_set, settings.segment)
    titles = titles_of(sets, session.lang)
    data = {
        "sets": [
            {
                "name": one.name,
                "purpose": one.purpose,
                "method": one.settings.method,
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
        ]
    }
    session.show("consentric.segments/1", data, listed_segments_text(sets, session.lang))


@segments.command()
def check() -> None:
    """Find rules that cannot be read, sets that are not total and segments nobody can be in.

    Example:  consentric segments check
    """
    from consentric.app.config import load_config
    from consentric.segments.sets import assemble

    session = current_session()
    settings = load_config(session.config).settings
    sets = assemble(settings.segment_set, settings.segment)
    count = sum(len(one.segments) for one in sets)
    found = f"{len(sets)} sets with {count} segments: every rule can be read, every set is total."
    text = f"{found}\nNext:  consentric segment"
    session.show("consentric.segments_check/1", {"sets": len(sets), "segments": count}, text)
