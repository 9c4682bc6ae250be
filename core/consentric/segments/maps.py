"""The cells that methods sort people into, and the segments that business makes of the RFM grid."""

from __future__ import annotations

from .settings import MethodName, SegmentSettings, Texts

SCORES = 5
"""Classes of an RFM score: 1 is the worst fifth, 5 the best."""

# The RF grid in use by most published notebooks, M ignored: (R from, to, F from, to). It shares out all
# 25 cells; a test holds it to that.
RF_GRID: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    "hibernating": ((1, 2, 1, 2),),
    "at_risk": ((1, 2, 3, 4),),
    "cant_lose": ((1, 2, 5, 5),),
    "about_to_sleep": ((3, 3, 1, 2),),
    "need_attention": ((3, 3, 3, 3),),
    "loyal": ((3, 4, 4, 5),),
    "promising": ((4, 4, 1, 1),),
    "new": ((5, 5, 1, 1),),
    "potential_loyalists": ((4, 5, 2, 3),),
    "champions": ((5, 5, 4, 5),),
}
STAGES = ("suspect", "prospect", "new", "active", "inactive", "lost")
BANDS = ("band_0", "band_1", "band_2", "band_3", "band_4")

CELLS: dict[MethodName, tuple[str, ...]] = {
    "rfm": tuple(RF_GRID),
    "lifecycle": STAGES,
    "engagement": BANDS,
}
"""The cells of each method; the segments of a set name each exactly once."""

_Named = tuple[tuple[str, str, str, tuple[str, ...]], ...]

_BUSINESS: _Named = (
    ("champions", "Champions", "Champions", ("champions",)),
    ("loyal", "Fidèles", "Loyal", ("loyal", "potential_loyalists")),
    ("new", "Nouveaux", "New", ("new", "promising")),
    ("at_risk", "À risque", "At risk", ("at_risk", "cant_lose", "need_attention")),
    ("dormant", "Endormis", "Dormant", ("about_to_sleep", "hibernating")),
)
_STAGE_NAMES = {
    "suspect": ("Suspects", "Suspects"),
    "prospect": ("Prospects", "Prospects"),
    "new": ("Nouveaux clients", "New customers"),
    "active": ("Actifs", "Active"),
    "inactive": ("Inactifs", "Inactive"),
    "lost": ("Perdus", "Lost"),
}
_BAND_NAMES = {
    "band_0": ("Aucun engagement", "Not engaged"),
    "band_1": ("Engagement faible", "Slightly engaged"),
    "band_2": ("Engagement moyen", "Engaged"),
    "band_3": ("Engagement fort", "Well engaged"),
    "band_4": ("Engagement très fort", "Highly engaged"),
}


def rf_cell(r_score: int, f_score: int) -> str:
    """The cell of the RF grid for two scores from 1 to 5.

    >>> rf_cell(5, 5), rf_cell(2, 3)
    ('champions', 'at_risk')
    """
    for cell, boxes in RF_GRID.items():
        for r_low, r_high, f_low, f_high in boxes:
            if r_low <= r_score <= r_high and f_low <= f_score <= f_high:
                return cell
    raise ValueError(f"scores run from 1 to {SCORES}: {r_score}, {f_score}")


def usual_segments(set_name: str, method: MethodName) -> tuple[SegmentSettings, ...]:
    """The segments of a set that names none: five business segments for RFM, else one per cell."""
    if method == "rfm":
        rows: _Named = _BUSINESS
    else:
        names = _STAGE_NAMES if method == "lifecycle" else _BAND_NAMES
        rows = tuple((cell, *names[cell], (cell,)) for cell in CELLS[method])
    return tuple(
        SegmentSettings(set=set_name, key=key, name=Texts(fr=fr, en=en), cells=cells)
        for key, fr, en, cells in rows
    )
