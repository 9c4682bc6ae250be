"""The sheet of a segment set: what is shown of it, and what is hidden when it leaves the screen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from consentric.app.render.sheet import sheet_text
from consentric.app.report.words import Words
from consentric.app.reviews import overdue_reviews
from consentric.app.segment_sheet import Sheet, sheet_of
from consentric.segments.campaign_settings import PersonaSettings
from consentric.segments.movement import Movement
from consentric.segments.quality import SegmentQuality, SetQuality
from consentric.segments.sets import SegmentSet
from consentric.segments.settings import SegmentSetSettings, SegmentSettings, Texts
from consentric.warehouse.figures import SegmentRun

DAY = date(2026, 11, 15)
HOSTILE = "Best | **x** <script>"


def run(number: int) -> SegmentRun:
    from datetime import datetime

    return SegmentRun(run=f"r{number}", as_of=datetime(2026, 11, number), day=DAY)  # noqa: DTZ001 - as kept


def segment_set(**best: Any) -> SegmentSet:
    names = {"best": HOSTILE, "good": "Good", "rare": "Rare"}
    rows = [
        SegmentSettings(set="own", key=key, name=Texts(fr=name, en=name), **(best if key == "best" else {}))
        for key, name in names.items()
    ]
    return SegmentSet(settings=SegmentSetSettings(name="own", purpose="segmentation"), segments=tuple(rows))


def figures(key: str, people: int, *, buyers: int | None = None) -> SegmentQuality:
    return SegmentQuality(
        key=key,
        people=people,
        buyers=people if buyers is None else buyers,
        people_before=None,
        revenue_share=0.5,
        arpu_minor=123456,
        aov_minor=1000,
        orders_per_buyer=2.0,
        churn=0.25,
        value_minor=None,
        engagement=None,
    )


def quality(sizes: dict[str, int], outside: int = 0, **buyers: int) -> SetQuality:
    return SetQuality(
        set="own",
        run="r2",
        run_before="r1",
        as_of_day=DAY,
        population=sum(sizes.values()) + outside,
        outside=outside,
        counted_segments=3,
        segments=tuple(figures(key, people, buyers=buyers.get(key)) for key, people in sizes.items()),
        spreads=(),
        silhouette=None,
        sampled=0,
        overlaps=(),
        findings=(),
    )


def sheet(
    sizes: dict[str, int],
    *,
    flows: dict[tuple[str | None, str | None], int] | None = None,
    least: int = 10,
    lang: Any = "en",
    personas: dict[PersonaSettings, int] | None = None,
    buyers: dict[str, int] | None = None,
    **best: Any,
) -> Sheet:
    one = segment_set(**best)
    given = flows or {(key, key): people for key, people in sizes.items()}
    movement = Movement(set="own", before=run(1), after=run(2), flows=given, history=(), endings=())
    return sheet_of(
        one,
        quality(sizes, **(buyers or {})),
        movement,
        titles={f"own.{segment.key}": segment.name.en for segment in one.segments},
        words=Words(lang),
        today=DAY,
        least=least,
        examples={key: ["value used: orders = 3"] for key in sizes},
        personas=personas or {},
    )


SIZES = {"best": 40, "good": 12, "rare": 3}


def test_a_small_segment_is_hidden_with_the_one_that_would_reveal_it() -> None:
    found = sheet(SIZES).segments

    assert [one.people for one in found] == [40, None, None]
    assert [one.figures is None for one in found] == [False, True, True]
    assert "| 40 |" in sheet_text(sheet(SIZES))
    assert "| 12 |" not in sheet_text(sheet(SIZES))
    assert "| 3 |" not in sheet_text(sheet(SIZES))


def test_on_the_operators_own_screen_nothing_is_hidden() -> None:
    found = sheet(SIZES, least=1)

    assert [one.people for one in found.segments] == [40, 12, 3]
    assert [len(one.example) for one in found.segments] == [1, 1, 1]
    assert "–" not in sheet_text(found)


def test_a_person_is_no_example_among_a_few() -> None:
    assert [len(one.example) for one in sheet(SIZES).segments] == [1, 1, 0]


def test_amounts_of_a_few_buyers_among_many_people_are_hidden() -> None:
    found = sheet({"best": 40, "good": 30, "rare": 20}, buyers={"good": 1}).segments

    assert [one.figures is None for one in found] == [False, True, False]
    assert [one.people for one in found] == [40, 30, 20]


def test_moves_are_shown_where_they_and_what_remains_are_many() -> None:
    flows: dict[tuple[str | None, str | None], int] = {
        ("best", "best"): 40,
        ("good", "best"): 15,
        ("good", "good"): 30,
        ("best", "good"): 4,
        ("rare", "rare"): 20,
    }
    sizes = {"best": 55, "good": 34, "rare": 20}

    exported, own = sheet(sizes, flows=flows), sheet(sizes, flows=flows, least=1)

    assert [(dict(one.came_from), dict(one.went_to)) for one in exported.segments] == [
        ({"Good": 15}, {}),
        ({}, {HOSTILE: 15}),
        ({}, {}),
    ]
    assert dict(own.segments[1].came_from) == {HOSTILE: 4}
    assert "- Came from: Good 15" in sheet_text(exported)


def test_strategy_owner_and_an_overdue_review_are_on_the_sheet_in_both_languages() -> None:
    texts = {"do": Texts(fr="Inviter.", en="Invite."), "dont": Texts(fr="Pas de remise.", en="No discount.")}
    given = {**texts, "owner": "CRM", "review_by": date(2026, 11, 14)}

    en, fr = (sheet_text(sheet(SIZES, lang=lang, **given)) for lang in ("en", "fr"))

    for line in (
        "- **Do**: Invite.",
        "- **Leave**: No discount.",
        "- Owner: CRM",
        "- Review by: 14 November 2026 (overdue)",
    ):
        assert line in en.splitlines()
    for line in (
        "- **À faire** : Inviter.",
        "- **À éviter** : Pas de remise.",
        "- Responsable : CRM",
        "- À revoir avant le : 14 novembre 2026 (en retard)",
    ):
        assert line in fr.splitlines()


def test_a_name_cannot_break_the_page() -> None:
    shown = sheet_text(sheet(SIZES, least=1))

    assert r"## Best \| \*\*x\*\* \<script\>" in shown.splitlines()
    assert "<script>" not in shown.replace(r"\<script\>", "")


@pytest.mark.parametrize(("people", "shown"), [(0, 0), (9, None), (10, 10), (30, 30), (31, None), (40, 40)])
def test_a_persona_is_hidden_where_it_or_the_rest_of_its_segment_is_small(
    people: int, shown: int | None
) -> None:
    name = Texts(fr="L'habituée", en="The regular")
    persona = PersonaSettings(key="regular", name=name, segments=("own.best", "other.x"))
    elsewhere = PersonaSettings(key="other", name=name, segments=("other.x",))

    found = sheet(SIZES, personas={persona: people, elsewhere: 50}).personas

    assert [one.people for one in found] == [shown]


def test_a_review_is_overdue_from_the_day_after() -> None:
    one = segment_set(review_by=date(2026, 11, 14), owner="CRM")

    assert overdue_reviews([one], date(2026, 11, 14)) == []
    [late] = overdue_reviews([one], date(2026, 11, 15))
    assert late.sentence == 'segment "own.best" was to be reviewed by 2026-11-14, owner: CRM'
