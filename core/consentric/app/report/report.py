"""Puts a report together: reads the published snapshot and the book of runs, and makes the six pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from consentric.app.config import Config
from consentric.app.control_reading import existing_control
from consentric.app.messages import unknown_name
from consentric.app.timetable import Timetable
from consentric.control.runs import list_runs
from consentric.sdk.contracts import Clock
from consentric.segments.assembly import assemble
from consentric.segments.sets import SegmentSet
from consentric.warehouse import figures

from .engagement import edges_of, engagement_picture
from .funnel import Consents, funnel_picture
from .grid import grid_picture
from .moves import moves_picture
from .picture import Picture
from .segments import Shown
from .sizes import points_in_time, sizes_picture
from .suppression import hidden_in
from .timeline import days_of, timeline_picture
from .words import Lang, Words

_RUNS_READ = 2000
"""Runs of two weeks, hourly ones included, and room to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The pictures of one moment, in one language."""

    lang: Lang
    controller: str
    day: date | None
    """Last day whose purchases count; None before the first run."""
    made_on: date
    min_cell: int
    pictures: tuple[Picture, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "lang": self.lang,
            "day": self.day,
            "made_on": self.made_on,
            "min_cell": self.min_cell,
            "pictures": [one.as_json() for one in self.pictures],
        }


def make_report(connection: duckdb.DuckDBPyConnection, config: Config, *, clock: Clock, lang: Lang) -> Report:
    """Makes the pictures; needs neither key nor vault.

    Args:
        connection: To the published snapshot.
        config: The configuration, and with it the folder of the book of runs.
        clock: For what is valid and what was missed.
        lang: Language of the reader.

    Raises:
        ConfigError: `[report] set` names no set.
    """
    return _Making(connection, config, clock=clock, lang=lang).report()


class _Making:
    """What all pictures of one report share."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, config: Config, *, clock: Clock, lang: Lang
    ) -> None:
        settings = config.settings
        self._connection, self._config, self._settings = connection, config, settings
        self._now = clock()
        self._words = Words(lang, settings.money.reporting)
        self._least = settings.report.min_cell
        self._sets = assemble(settings.segment_set, settings.segment)
        self._runs = figures.segment_runs(connection)
        self._day = self._runs[-1].day if self._runs else None
        self._main = self._main_set()

    def report(self) -> Report:
        """All six."""
        controller = self._settings.controller
        return Report(
            lang=self._words.lang,
            controller=controller.name if controller is not None else "",
            day=self._day,
            made_on=self._now.astimezone(self._settings.time.info).date(),
            min_cell=self._least,
            pictures=(
                self._grid(),
                self._sizes(),
                self._moves(),
                self._engagement(),
                self._funnel(),
                self._timeline(),
            ),
        )

    def _main_set(self) -> SegmentSet | None:
        wanted = self._settings.report.set
        for one in self._sets:
            if wanted in (None, one.name):
                return one
        if wanted is not None:
            raise unknown_name("segment set", wanted, [one.name for one in self._sets])
        return None

    def _shown(self, one: SegmentSet | None) -> Shown:
        return Shown(title="", titles={}) if one is None else Shown.of(one, self._words)

    def _of_method(self, method: str) -> SegmentSet | None:
        """The main set if it has this method, else the first one that has."""
        sets = [one for one in (self._main, *self._sets) if one is not None]
        return next((one for one in sets if one.settings.method == method), None)

    def _grid(self) -> Picture:
        one = self._of_method("rfm")
        axes: tuple[figures.GridAxis, figures.GridAxis] = ("r", "f")
        classes, cells = 5, []
        if one is not None:
            score_map = one.settings.rfm.score_map
            axes, classes = (score_map.axes[0], score_map.axes[1]), score_map.classes
            cells = figures.grid_cells(self._connection, one.name, *axes)
        return grid_picture(
            cells,
            axes=axes,
            classes=classes,
            shown=self._shown(one),
            words=self._words,
            day=self._day,
            least=self._least,
        )

    def _sizes(self) -> Picture:
        runs = points_in_time(self._runs) if self._main is not None else []
        sizes = {}
        if self._main is not None:
            sizes = figures.sizes_at(self._connection, self._main.name, [run.run for run in runs])
        return sizes_picture(runs, sizes, shown=self._shown(self._main), words=self._words, least=self._least)

    def _moves(self) -> Picture:
        between, flows = self._compared(), []
        if between is not None and self._main is not None:
            first, last = between
            flows = figures.flows_between(self._connection, self._main.name, first.run, last.run)
        return moves_picture(
            flows, between=between, shown=self._shown(self._main), words=self._words, least=self._least
        )

    def _compared(self) -> tuple[figures.SegmentRun, figures.SegmentRun] | None:
        """The last run, and the last one that is old enough to be compared with, or the first of all."""
        if len(self._runs) < 2 or self._main is None:
            return None
        last = self._runs[-1]
        until = last.day - timedelta(days=self._settings.report.compare_days)
        older = [run for run in self._runs[:-1] if run.day <= until]
        return (older[-1] if older else self._runs[0]), last

    def _engagement(self) -> Picture:
        one, bins = self._of_method("engagement"), {}
        settings = one.settings.engagement if one is not None else None
        if one is not None and settings is not None and self._main is not None:
            bins = figures.engagement_bins(self._connection, one.name, self._main.name, edges_of(settings))
        return engagement_picture(
            bins,
            settings=settings,
            shown=self._shown(self._main),
            words=self._words,
            day=self._day,
            hidden=self._hidden(),
            least=self._least,
        )

    def _hidden(self) -> frozenset[str]:
        """Segments of the main set that are too small to be told, and those that would reveal them."""
        if self._main is None or not self._runs:
            return frozenset()
        sizes = figures.sizes_at(self._connection, self._main.name, [self._runs[-1].run])
        return hidden_in({segment: people for (_, segment), people in sizes.items()}, self._least)

    def _funnel(self) -> Picture:
        decided = figures.decided_at(self._connection)
        return funnel_picture(
            self._consents(),
            words=self._words,
            day=decided.date() if decided is not None else None,
            least=self._least,
        )

    def _consents(self) -> Consents | None:
        """Of the first destination's purpose and channel, over all destinations that share them."""
        destinations = self._settings.destination
        if not destinations:
            return None
        purpose, channel = destinations[0].purpose, destinations[0].channel
        of_set = {one.name: one.purpose for one in self._sets}
        reachable: set[int] = set()
        for one in destinations:
            if (one.purpose, one.channel) == (purpose, channel):
                questions = [(purpose, channel), *((of_set[name], "none") for name in one.sets)]
                reachable.update(figures.people_reachable(self._connection, questions, one.to, now=self._now))
        return Consents(
            purpose=purpose,
            channel=channel,
            known=figures.people_known(self._connection),
            reasons=figures.answers(self._connection, purpose, channel, now=self._now),
            reachable=len(reachable),
        )

    def _timeline(self) -> Picture:
        with existing_control(self._config.folder) as store:
            runs = list_runs(store, limit=_RUNS_READ) if store is not None else []
        days = days_of(runs, Timetable.of(self._settings), now=self._now) if runs else None
        return timeline_picture(days, words=self._words)
