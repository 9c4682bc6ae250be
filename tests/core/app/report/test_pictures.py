"""The six pictures over a warehouse whose counts were chosen by hand."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from itertools import combinations
from xml.etree import ElementTree

import pytest

from consentric.app.render.table import number
from consentric.app.report.drawing import svg_of
from consentric.app.report.palette import FIVE, INK, PAPER, contrast, ink_on, mixed
from consentric.app.report.picture import HIDDEN, Picture
from consentric.app.report.report import Report
from consentric.app.report.timeline import days_of, timeline_picture
from consentric.app.report.words import Lang, Words
from consentric.app.timetable import Timetable
from consentric.control.runs import Run, RunState

from .house import House

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def english(full_house: House) -> Report:
    return full_house.report("en")


@pytest.fixture(scope="module")
def french(full_house: House) -> Report:
    return full_house.report("fr")


def picture(report: Report, name: str) -> Picture:
    return next(one for one in report.pictures if one.name == name)


def texts_in(svg: str) -> list[str]:
    """What is written in a drawing, its title and description left out."""
    return ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def test_the_grid_says_who_brings_the_revenue(english: Report) -> None:
    # 40 of 100 buyers; 4 000 of 5 755 euros, with 60 of at_risk among them.
    grid = picture(english, "grid")
    assert plain(grid.finding) == "Champions: 40 % of the buyers bring 70 % of the revenue"
    assert plain(grid.period) == "All purchases up to 15 November 2026 · n = 100"
    assert [tuple(map(plain_cell, row)) for row in grid.table.rows if row[3] != 0] == [
        (5, 1, "New", None, "–"),
        (5, 5, "Champions", 40, "4 000 €"),
        (4, 4, "Loyal", 30, "1 500 €"),
        (2, 3, "At risk", None, "–"),
        (1, 1, "Dormant", 15, "75 €"),
    ]


def plain_cell(cell: object) -> object:
    return plain(cell) if isinstance(cell, str) else cell


def test_a_small_segment_hides_the_next_smallest_with_it(english: Report) -> None:
    sizes = picture(english, "sizes")
    assert sizes.table.head == ("Day", "Champions", "Loyal", "New", "At risk", "Dormant")
    assert sizes.table.rows == (
        ("30 September 2026", 20, 50, 0, None, None),
        ("15 November 2026", 40, 30, None, None, 15),
    )
    assert plain(sizes.finding) == "Largest fall since 30 September 2026: Loyal, 50 → 30"


def test_only_flows_that_reveal_nobody_are_shown(english: Report) -> None:
    moves = picture(english, "moves")
    # 34 people moved: 20 from loyal, 12 came in, 2 went dormant. "New" is hidden among the sizes, so the flow
    # into it is not told; the two who went dormant are too few.
    assert plain(moves.finding) == "34 people moved; most: Loyal → Champions (20)"
    assert moves.table.rows[0] == ("Loyal", "Champions", 20)
    assert [row for row in moves.table.rows[1:] if "all" not in row] == []
    assert ("all", "At risk", None) in moves.table.rows
    assert ("all", "New", None) in moves.table.rows


def test_engagement_stands_between_its_limits(english: Report) -> None:
    engagement = picture(english, "engagement")
    # Thirty points of a hundred expected are 30 %, from 25 to 36; 250 are 250 %, from 200 to 399.
    assert plain(engagement.finding) == "Dormant: 100 % earn less than 100 % of the points expected"
    rows = {row[0]: row[1:] for row in engagement.table.rows}
    assert rows["Dormant"] == (0, 0, 15, 0, 0, 0, 0, 0, 0, 0)
    assert rows["Champions"] == (0, 0, 0, 0, 0, 0, 0, 0, 40, 0)
    assert rows["At risk"] == rows["New"] == (0, 0, 0, 0, 0, 0, 0, 0, None, 0)
    assert plain(engagement.table.head[3]) == "25–36 %"
    assert {"25 %", "50 %", "100 %", "200 %"} <= set(map(plain, texts_in(svg_of(engagement))))


def test_the_funnel_goes_from_the_known_to_the_reachable(english: Report) -> None:
    funnel = picture(english, "funnel")
    assert plain(funnel.finding) == "70 people can be reached: 70 % of all known; 15 people were never asked"
    # Five are unproved: the step before them is hidden, and the ten that would give it away.
    assert [tuple(map(plain_cell, row)) for row in funnel.table.rows] == [
        ("Known", 100, ""),
        ("Asked", 85, "never asked 15"),
        ("Given", None, "withdrawn –"),
        ("Valid today", 70, "unproved –"),
        ("Reachable", 70, ""),
    ]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_number_of_a_table_is_written_in_its_picture(lang: Lang, full_house: House) -> None:
    words = Words(lang)
    for one in full_house.report(lang).pictures:
        if one.canvas is None:
            continue
        written = texts_in(svg_of(one))
        rows = one.table.rows[-1:] if one.name == "sizes" else one.table.rows
        shown = [words.count(cell) for row in rows for cell in row if not isinstance(cell, str) and cell != 0]
        shown = [text for text in shown if text != HIDDEN or one.name != "moves"]  # bands show no hidden part
        assert sorted(set(shown) - set(written)) == [], one.name


def test_no_picture_writes_a_hidden_number(english: Report) -> None:
    for name in ("grid", "sizes", "moves"):
        written = texts_in(svg_of(picture(english, name)))
        assert number(3) not in written or name == "grid"  # where 3 is a score on an axis


def test_no_picture_tells_what_another_one_hides(english: Report) -> None:
    # Twelve are new and three at risk: hundred less the others would tell the three.
    for name in ("grid", "moves", "engagement"):
        rows = picture(english, name).table.rows
        about = [row for row in rows if "New" in row or "At risk" in row]
        assert about
        assert not [row for row in about if 12 in row or 3 in row[-2:]], name


def test_a_picture_has_a_name_and_a_description_for_who_cannot_see_it(french: Report) -> None:
    svg = ElementTree.fromstring(svg_of(picture(french, "grid")))
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert plain(title.text or "") == "Champions : 40 % des acheteurs apportent 70 % du chiffre d'affaires"
    assert (description.text or "").startswith("Grille RFM. Tous les achats jusqu'au 15 novembre 2026")
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_french_and_english_say_the_same_with_other_words(english: Report, french: Report) -> None:
    for one, other in zip(english.pictures, french.pictures, strict=True):
        assert one.finding != other.finding
        assert one.kind != other.kind
        assert re.findall(r"\d+", one.finding.replace("\u202f", "")) == re.findall(
            r"\d+", other.finding.replace("\u202f", "")
        )


def run(job: str, at: str, state: RunState = "done", exit_code: int = 0) -> Run:
    return Run(
        id=at,
        job=job,
        state=state,
        config_hash="",
        engine_version="",
        started=datetime.fromisoformat(at).replace(tzinfo=UTC),
        ended=None,
        summary={"exit_code": exit_code},
    )


def test_a_night_without_a_run_is_hollow() -> None:
    runs = [
        run("sync", "2026-11-13T02:00:05"),
        run("sync", "2026-11-15T02:00:05", exit_code=5),
        run("sync", "2026-11-16T02:00:05", "failed"),
    ]
    now = datetime(2026, 11, 16, 6, tzinfo=UTC)
    days = days_of(runs, Timetable(sync="02:00"), now=now)
    assert days.counts == {
        ("sync", date(2026, 11, 13), "done"): 1,
        ("sync", date(2026, 11, 14), "missed"): 1,
        ("sync", date(2026, 11, 15), "stopped"): 1,
        ("sync", date(2026, 11, 16), "failed"): 1,
    }
    drawn = timeline_picture(days, words=Words("en"))
    assert drawn.finding == "Runs of two weeks: 1 missed, 1 failed, 1 stopped"
    assert svg_of(drawn).count(f'fill="{PAPER}" stroke="{INK}"') == 2  # the missed night, and the key to it


def test_the_nightly_run_answers_for_the_hour_it_came_in() -> None:
    runs = [run("sync", "2026-11-16T02:30:02"), run("consents", "2026-11-16T03:30:02")]
    now = datetime(2026, 11, 16, 5, 15, tzinfo=UTC)
    days = days_of(runs, Timetable(sync="02:00", has_consents=True), now=now)
    # Due at half past each hour; that of 04:30 may still come.
    assert [key for key in days.counts if key[2] == "missed"] == []


def test_the_five_colours_stay_apart_for_colour_blind_eyes() -> None:
    # Machado, Oliveira, Fernandes (2009), severity 1.0; distance in CIELAB, where 2.3 is just seen.
    sight = {
        "protanopia": (
            (0.152286, 1.052583, -0.204868),
            (0.114503, 0.786281, 0.099216),
            (-0.003882, -0.048116, 1.051998),
        ),
        "deuteranopia": (
            (0.367322, 0.860646, -0.227968),
            (0.280085, 0.672501, 0.047413),
            (-0.011820, 0.042940, 0.968881),
        ),
        "tritanopia": (
            (1.255528, -0.076749, -0.178779),
            (-0.078411, 0.930809, 0.147602),
            (0.004733, 0.691367, 0.303900),
        ),
    }
    for kind, rows in sight.items():
        seen = [
            _lab([sum(a * b for a, b in zip(row, _linear(one), strict=True)) for row in rows]) for one in FIVE
        ]
        for one, other in combinations(seen, 2):
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 15, kind


def _linear(colour: str) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _lab(rgb: list[float]) -> tuple[float, float, float]:
    red, green, blue = (min(1.0, max(0.0, part)) for part in rgb)
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("colour", FIVE)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.85, 1.0])
def test_ink_is_read_on_every_shade_of_every_colour(colour: str, share: float) -> None:
    shade = mixed(colour, share)
    assert contrast(ink_on(shade), shade) >= 4.5
