"""Clusters: the engine puts everybody where the fitted centres are nearest, and labels keep their people."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from math import isqrt

import numpy as np
import pytest
from pydantic import ValidationError

from consentric.control.fits import Fit
from consentric.sdk.errors import ConfigError
from consentric.segments.assembly import assemble
from consentric.segments.compiler import compile_sets
from consentric.segments.explain import explain
from consentric.segments.explanation import SetExplanation
from consentric.segments.methods import clusters_model
from consentric.segments.methods.clusters import CELLS, MEASURES, profile
from consentric.segments.methods.clusters_model import LOGARITHMS, Centres, first_number, places_of, points_of
from consentric.segments.settings import ClustersSettings, SegmentSetSettings
from consentric.warehouse import lookups

from .people import TODAY, Town

ALIKE = SegmentSetSettings(name="alike", purpose="segmentation", method="clusters")
PEOPLE = 5000


def crowd(town: Town, people: int, *, seed: int = 7) -> None:
    """Three kinds of buyers: often and lately, once and lately, once and long ago."""
    chance = np.random.default_rng(seed)
    names = [f"p{number}" for number in range(people)]
    town.add(*names)
    for number, name in enumerate(names):
        kind = number % 3
        latest = int(chance.integers(300, 700) if kind == 2 else chance.integers(1, 40))
        for order in range(int(chance.integers(4, 9)) if kind == 0 else 1):
            town.order(name, latest + 20 * order, int(chance.lognormal(8, 0.5)))


@pytest.fixture(scope="module")
def fits() -> dict[str, Fit]:
    return {}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, fits: dict[str, Fit]) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("city"))
    crowd(town, PEOPLE)
    town.add("ann", "bob")
    town.order("bob", 10, 500)
    town.order("bob", 5, -900)  # given back: less than nothing was spent
    town.run(ALIKE, fits=fits)
    yield town
    town.warehouse.close()


def measured(town: Town) -> tuple[list[str], np.ndarray]:
    """Cells and measures of everybody, in one order."""
    rows = town.rows(f"SELECT cell, {', '.join(MEASURES)} FROM score JOIN measure USING (subject)")
    return [row[0] for row in rows], np.array([row[1:] for row in rows], dtype=np.int64)


def test_the_engine_puts_everybody_where_the_fitted_centre_is_nearest(
    city: Town, fits: dict[str, Fit]
) -> None:
    cells, values = measured(city)
    fit = fits["alike"].values

    assert len(cells) == PEOPLE + 1
    assert Centres.of(fit).cells(points_of(values)) == cells
    # The same by the definition, in floats and without the table; ties apart nobody is elsewhere.
    logs = np.log1p(np.maximum(values, 0))
    spread = logs.std(axis=0)
    centres = np.array([fit[name] for name in MEASURES]).T / 10_000
    nearest = (((logs[:, None] - centres) / spread) ** 2).sum(axis=2).argmin(axis=1)
    elsewhere = sum(CELLS[place] != cell for place, cell in zip(nearest, cells, strict=True))
    assert elsewhere <= PEOPLE // 1000


def test_three_kinds_of_buyers_are_three_clusters_the_best_first(city: Town, fits: dict[str, Fit]) -> None:
    cells = city.cells("alike")

    assert "ann" not in cells
    for kind, cell in enumerate(CELLS[:3]):
        theirs = [cells[f"p{number}"] for number in range(kind, PEOPLE, 3)]
        assert theirs.count(cell) > 0.98 * len(theirs)
    fit = lookups.fit_of(city.warehouse.connection, "alike")
    assert profile(fit, 0).en == "recent, frequent, high value"
    assert profile(fit, 2).fr == "anciens, peu fréquents, petits montants"


def test_the_report_says_how_clear_the_clusters_are_and_which_cells_are_empty(
    city: Town, fits: dict[str, Fit]
) -> None:
    notes = city.run(ALIKE, fits=fits).sets[0].notes

    assert notes[1].startswith("3 clusters, silhouette 0.")
    assert notes[1].endswith("the adjusted Rand index is 1.00 (1 is the same clusters)")
    assert notes[2] == (
        'cluster_1 could be called { fr = "récents, fréquents, gros montants",'
        ' en = "recent, frequent, high value" }'
    )
    assert notes[-1] == "nobody is in cluster_4, cluster_5: 3 clusters lie furthest apart"


def test_the_same_data_twice_and_a_new_warehouse_move_nobody(
    city: Town, fits: dict[str, Fit], tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = dict(fits)
    report = city.run(ALIKE, fits=fits).sets[0]
    again = Town(tmp_path_factory.mktemp("again"))
    crowd(again, 200)
    again.run(ALIKE, fits=fits)

    assert (report.entered, report.moved, report.left) == (0, 0, 0)
    assert fits == first
    # Fewer people, the kept centres: what decides is the fit, not the data that it is asked on.
    cells, values = measured(again)
    assert Centres.of(first["alike"].values).cells(points_of(values)) == cells
    again.warehouse.close()


def test_a_refit_starts_from_the_kept_centres_and_nobody_is_renamed(city: Town, fits: dict[str, Fit]) -> None:
    kept = dict(fits)
    before = city.segments("alike")
    city.run(ALIKE, fits=kept, as_of_day=TODAY + timedelta(days=29))
    assert kept == fits
    # Labels as if two clusters had changed places since; they are kept, not ordered again.
    values = dict(fits["alike"].values)
    for name in MEASURES:
        one, two, three = values[name]
        values[name] = (three, two, one)
    kept["alike"] = Fit(rules=fits["alike"].rules, fitted_on=TODAY - timedelta(days=30), values=values)
    city.run(ALIKE, fits=kept)
    after = city.segments("alike")

    assert kept["alike"].fitted_on == TODAY
    swap = {"cluster_1": "cluster_3", "cluster_2": "cluster_2", "cluster_3": "cluster_1"}
    assert sum(swap[before[name]] != after[name] for name in before) <= PEOPLE // 1000
    city.run(ALIKE, fits=fits)
    assert city.segments("alike") == before


def test_another_number_of_clusters_keeps_the_labels_of_those_that_stay() -> None:
    old = Centres(
        labels=(1, 2, 4),
        centres=np.array([[0, 0, 0], [100, 0, 0], [0, 100, 0]]),
        weights=np.array([1, 1, 1]),
    )
    new = np.array([[0, 90, 0], [500, 500, 0], [5, 0, 0], [100, 10, 0]])

    assert clusters_model._labels(new, old.weights, old) == [4, 3, 1, 2]
    assert clusters_model._labels(new[:1], old.weights, old) == [4]


def test_what_an_explanation_says_gives_the_cell_and_its_changes_flip_the_segment(
    city: Town, fits: dict[str, Fit]
) -> None:
    centres = Centres.of(fits["alike"].values)
    changes = set()
    for name in ["bob", *(f"p{number}" for number in range(0, PEOPLE, 400))]:
        told = explained(city, name)
        inputs = {one.name: one.value for one in told.inputs}
        asked = points_of(np.array([[inputs[measure] for measure in MEASURES]]))
        own, second, *_ = sorted(centres.distances(asked)[0].tolist())
        assert inputs[f"distance to {told.cell}"] == isqrt(own)
        assert [one.value for one in told.inputs[3:]] == [isqrt(own), isqrt(second)]
        assert replayed(centres, inputs) == told.segment
        for change in told.nearest:
            assert replayed(centres, {**inputs, change.input: change.then}) == change.segment != told.segment
            # One step back towards the value as it is, nothing has changed yet.
            assert isinstance(change.then, int)
            assert isinstance(change.now, int)
            back = change.then + (1 if change.then < change.now else -1)
            assert replayed(centres, {**inputs, change.input: back}) == told.segment
            changes.add(change.input)
    assert changes == set(MEASURES)


def test_the_engine_agrees_that_the_change_flips_the_segment(city: Town) -> None:
    select = compile_sets(assemble([ALIKE], []), attributes=(), reporting_currency="EUR").scores["alike"]
    connection = city.warehouse.connection
    told = {name: explained(city, name).nearest[0] for name in ("bob", "p0", "p1", "p2")}
    connection.execute("BEGIN")
    for name, change in told.items():
        connection.execute(
            f"""UPDATE measure SET {change.input} = ?
                WHERE subject = (SELECT subject FROM subject WHERE pid = ?)""",
            [change.then, f"p1.{name}"],
        )
    found = connection.execute(f"SELECT pid[4:], segment FROM ({select}) JOIN subject USING (subject)")
    segments = dict(found.fetchall())
    connection.execute("ROLLBACK")

    before = city.segments("alike")
    assert all(segments[name] == change.segment != before[name] for name, change in told.items())


def replayed(centres: Centres, inputs: Mapping[str, object]) -> str:
    """The cell of what an explanation says alone."""
    (cell,) = centres.cells(points_of(np.array([[inputs[measure] for measure in MEASURES]])))
    return cell


def explained(town: Town, name: str) -> SetExplanation:
    (told,) = explain(town.warehouse, assemble([ALIKE], []), f"p1.{name}")
    return told


def test_logarithms_are_exact_for_small_numbers_and_close_for_all() -> None:
    values = np.array([-5, 0, 1, 254, 255, 99_999, 2**44, 2**45 - 2, 2**60])

    assert points_of(values).tolist()[:4] == [0, 0, 6931, 55413]
    exact = 10_000 * np.log1p(np.minimum(np.maximum(values, 0), 2**45 - 2))
    assert np.abs(points_of(values) - exact).max() <= 40
    assert (np.diff(LOGARITHMS[1:]) > 0).all()
    assert [int(places_of(np.array(first_number(place) - 1))) for place in range(1, 4992, 7)] == [
        *range(1, 4992, 7)
    ]


def test_centres_of_a_sample_are_as_good_as_those_of_everybody(
    city: Town, fits: dict[str, Fit], monkeypatch: pytest.MonkeyPatch
) -> None:
    points = points_of(measured(city)[1])
    sampled: dict[str, Fit] = {}
    with monkeypatch.context() as patched:
        patched.setattr(clusters_model, "MOST_FITTED", 2000)
        city.run(ALIKE, fits=sampled)
    city.run(ALIKE, fits=fits)
    everybody, part = (Centres.of(one["alike"].values) for one in (fits, sampled))

    inertia, of_sample = (
        int(replace(one, weights=everybody.weights).distances(points).min(axis=1).sum())
        for one in (everybody, part)
    )
    ratio = of_sample / inertia
    print(f"inertia of the sample's clusters: {ratio - 1:+.5%} of the full fit's")  # noqa: T201 - measured
    assert 1 <= ratio < 1.01


def test_fewer_than_100_buyers_and_buyers_all_alike_are_refused_with_what_works_instead(town: Town) -> None:
    town.add(*(f"p{number}" for number in range(101)))
    for number in range(99):
        town.order(f"p{number}", 10)
    with pytest.raises(ConfigError) as caught:
        town.run(ALIKE)
    assert (caught.value.code, caught.value.message, caught.value.hint) == (
        "CS244",
        'segment set "alike": method "clusters" needs 100 people with orders; there are 99',
        "rfm, pareto and lifecycle work with any number of orders",
    )
    town.order("p99", 10)
    with pytest.raises(ConfigError, match="needs buyers who differ; all bought alike"):
        town.run(ALIKE)
    town.order("p100", 90)
    assert town.run(ALIKE).sets[0].sizes["cluster_1"] == 100


def test_at_most_as_many_clusters_as_the_set_asks_for(city: Town, fits: dict[str, Fit]) -> None:
    two = ALIKE.model_copy(update={"clusters": ClustersSettings(most=2)})

    assert (
        sorted(size > 0 for size in city.run(two, fits={}).sets[0].sizes.values()) == [False] * 3 + [True] * 2
    )
    city.run(ALIKE, fits=fits)


@pytest.mark.parametrize("wrong", [{"most": 1}, {"most": 6}, {"refit_every_days": 0}, {"seed": 4}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        ClustersSettings.model_validate(wrong)


def test_without_scikit_learn_the_sentence_names_the_command(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(town, 120)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ConfigError) as caught:
        town.run(ALIKE)
    assert caught.value.code == "CS249"
    assert "pip install 'consentric[clusters]'" in caught.value.hint
