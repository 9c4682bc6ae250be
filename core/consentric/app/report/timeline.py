"""The runs of the last two weeks, by job and day; runs that were due and never came are hollow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from consentric.app.timetable import GRACE, Timetable
from consentric.control.runs import Run

from .canvas import Canvas
from .palette import FAINT, FIVE, INK, PAPER, RULE, ink_on
from .picture import Picture, Table
from .words import Words

DAYS = 14
Kind = Literal["done", "stopped", "failed", "missed"]
KINDS: tuple[Kind, ...] = ("done", "stopped", "failed", "missed")
_JOBS = ("sync", "consents", "pull", "segment", "plan", "apply")
_LOOKS: Mapping[Kind, tuple[str, str]] = {
    "done": (FIVE[0], "circle"),
    "stopped": (FIVE[3], "square"),
    "failed": (INK, "diamond"),
    "missed": (PAPER, "circle"),
}
_LEFT, _ROW, _TOP, _SIZE, _SMALL = 96, 40, 30, 20, 14
_EARLY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """What happened on each day: job, day and kind to the number of runs."""

    first: date
    last: date
    counts: Mapping[tuple[str, date, Kind], int]

    @property
    def jobs(self) -> list[str]:
        """Those that ran or should have."""
        return [job for job in _JOBS if any(job == one for one, _, _ in self.counts)]


def days_of(runs: Sequence[Run], timetable: Timetable, *, now: datetime) -> Days:
    """Sorts runs by day in the zone of the timetable, and finds the due times that no run answered."""
    last = now.astimezone(timetable.zone).date()
    first = last - timedelta(days=DAYS - 1)
    counts: Counter[tuple[str, date, Kind]] = Counter()
    for run in runs:
        day = run.started.astimezone(timetable.zone).date()
        if run.job in _JOBS and first <= day <= last:
            counts[run.job, day, _kind(run)] += 1
    for job, due in _missed(runs, timetable, now=now):
        day = due.astimezone(timetable.zone).date()
        if first <= day:
            counts[job, day, "missed"] += 1
    return Days(first=first, last=last, counts=counts)


def timeline_picture(days: Days | None, *, words: Words) -> Picture:
    """Draws the timeline; None where nothing ever ran."""
    kind = words("Runs", "Exécutions")
    labels = _labels(words)
    head = (words("Job", "Tâche"), words("Day", "Jour"), *(labels[one] for one in KINDS))
    if days is None or not days.counts:
        return Picture(
            name="timeline",
            kind=kind,
            finding=words(
                "Nothing ran in the last two weeks", "Aucune exécution ces deux dernières semaines"
            ),
            period=words("no run", "aucune exécution"),
            canvas=None,
            table=Table(head=head, rows=()),
        )
    all_days = [days.first + timedelta(days=place) for place in range(DAYS)]
    rows: tuple[tuple[str | int, ...], ...] = tuple(
        (job, words.day(day), *(days.counts.get((job, day, one), 0) for one in KINDS))
        for job in days.jobs
        for day in all_days
        if any((job, day, one) in days.counts for one in KINDS)
    )
    runs = sum(n for (_, _, one), n in days.counts.items() if one != "missed")
    return Picture(
        name="timeline",
        kind=kind,
        finding=_finding(days, words, runs),
        period=words(
            f"{words.day(days.first)} to {words.day(days.last)}",
            f"Du {words.day(days.first)} au {words.day(days.last)}",
        )
        + words(f" · {runs} runs", f" · {runs} exécutions"),
        canvas=_draw(days, all_days, words, labels),
        table=Table(head=head, rows=rows),
        note=words(
            "Stopped: by a guard or the brake, or with something left over. Missed: due by [jobs], and"
            " nothing ran.",
            "Arrêtée : par un garde-fou ou le frein, ou avec un reste. Manquée : prévue par [jobs], et rien"
            " n'a tourné.",
        ),
    )


def _kind(run: Run) -> Kind:
    if run.state in ("failed", "interrupted"):
        return "failed"
    return "stopped" if run.state == "partial" or run.summary.get("exit_code", 0) else "done"


def _missed(runs: Sequence[Run], timetable: Timetable, *, now: datetime) -> Iterable[tuple[str, datetime]]:
    """Due times since the first run of all after which, up to the next one, no run of the job began."""
    if not runs:
        return
    began = max(min(run.started for run in runs), now - timedelta(days=DAYS + 1))
    for job in timetable.jobs:
        answers = ("consents", "sync") if job == "consents" else (job,)
        starts = sorted(run.started for run in runs if run.job in answers)
        due = timetable.next_due(job, began)
        while due + GRACE[job] <= now:
            following = timetable.next_due(job, due)
            if not any(due - _EARLY <= start < following - _EARLY for start in starts):
                yield job, due
            due = following


def _labels(words: Words) -> dict[Kind, str]:
    return {
        "done": words("Done", "Terminées"),
        "stopped": words("Stopped", "Arrêtées"),
        "failed": words("Failed", "Échouées"),
        "missed": words("Missed", "Manquées"),
    }


def _finding(days: Days, words: Words, runs: int) -> str:
    totals: Counter[Kind] = Counter()
    for (_, _, kind), n in days.counts.items():
        totals[kind] += n
    bad: list[tuple[Kind, int]] = [(kind, totals[kind]) for kind in reversed(KINDS[1:]) if totals[kind]]
    if not bad:
        return words(
            f"All {runs} runs came to their end, none was missed",
            f"Les {runs} exécutions sont allées au bout, aucune n'a manqué",
        )
    told = words.listed(f"{words.count(n)} {_adjective(kind, n, words)}" for kind, n in bad)
    return words(f"Runs of two weeks: {told}", f"Exécutions de deux semaines : {told}")


def _adjective(kind: Kind, count: int, words: Words) -> str:
    label = _labels(words)[kind].lower()
    return label.removesuffix("s") if count == 1 and words.lang == "fr" else label


def _draw(days: Days, all_days: Sequence[date], words: Words, labels: Mapping[Kind, str]) -> Canvas:
    sheet = Canvas(height=_TOP + _ROW * len(days.jobs) + 46)
    wide = (sheet.width - _LEFT) / DAYS
    bottom = _TOP + _ROW * len(days.jobs)
    for place, day in enumerate(all_days):
        x = _LEFT + (place + 0.5) * wide
        sheet.line([(x, _TOP - 4), (x, bottom)], stroke=RULE)
        if (DAYS - 1 - place) % 2 == 0:
            sheet.text(x, 12, words.short_day(day), size=12, fill=FAINT, align="center")
    for row, job in enumerate(days.jobs):
        middle = _TOP + _ROW * (row + 0.5)
        sheet.text(_LEFT - 12, middle, job, size=14, align="right")
        for place, day in enumerate(all_days):
            found = [(kind, n) for kind in KINDS if (n := days.counts.get((job, day, kind), 0))]
            size = _SIZE if len(found) < 3 else _SMALL
            for nth, (kind, n) in enumerate(found):
                x = _LEFT + (place + 0.5) * wide + (nth - (len(found) - 1) / 2) * (size + 1)
                _mark(sheet, x, middle, kind, words.count(n) if n > 1 else "", size=size)
    x = float(_LEFT)
    for kind in KINDS:
        _mark(sheet, x + 8, bottom + 30, kind, "")
        sheet.text(x + 24, bottom + 30, labels[kind], size=13)
        x += 46 + 8 * len(labels[kind])
    return sheet


def _mark(sheet: Canvas, x: float, y: float, kind: Kind, count: str, *, size: int = _SIZE) -> None:
    fill, shape = _LOOKS[kind]
    sheet.dot(x, y, size=size, fill=fill, stroke=INK if kind == "missed" else fill, shape=shape)
    if count:
        sheet.text(
            x,
            y + 0.5,
            count,
            size=11 if size == _SIZE else 9,
            fill=ink_on(fill),
            align="center",
            is_bold=True,
        )
