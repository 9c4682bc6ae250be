"""Settings of segment sets and their segments, as the operator writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from .quality_settings import QualitySettings
from .score_maps import MAPS, MapName, ScoreMap

MethodName = Literal["rfm", "pareto", "lifecycle", "engagement", "clv", "propensity", "clusters"]
Limits = tuple[Annotated[int, Field(ge=0)], ...]

_KEY = r"^[a-z][a-z0-9_]{0,39}$"
_SEGMENT_NAME = r"^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}$"
_ENGAGEMENT_KINDS = Literal[
    "order", "click", "open", "visit", "form", "reply", "redemption", "cart", "search", "call", "meeting"
]

_INTENT_KINDS = Literal["cart", "search", "visit", "form", "click"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Key = Annotated[str, Field(pattern=_KEY)]
"""A name that stays what it is."""


class Texts(_Strict):
    """One text in the two languages of reports."""

    fr: str = Field(min_length=1)
    en: str = Field(min_length=1)


_USUAL_MAP: Mapping[str, MapName] = {"rank": "rf", "fixed": "rf", "thirds": "klaviyo"}
_USUAL_RECENCY: Mapping[str, tuple[int, ...]] = {"fixed": (30, 90, 180, 365), "thirds": (180, 365)}


class RfmSettings(_Strict):
    """`[segment_set.rfm]`: how values become scores, and which map makes cells of them."""

    scoring: Literal["rank", "fixed", "thirds"] = "rank"
    """By rank among the buyers; by limits of your own; or recency by limits and the rest in thirds."""
    map: MapName = "rf"
    """`rf` and `r_fm` take scores up to 5, `klaviyo` up to 3; the usual one of the scoring when absent."""
    recency_limits: Limits = ()
    """Days since the last order, increasing: within the first is the best score. Not with `rank`."""
    frequency_limits: Limits = ()
    """Orders from which a higher score starts, increasing. With `fixed` only."""
    monetary_limits: Limits = ()
    """The same for the amount spent, in whole units of the reporting currency. With `fixed` only."""

    @property
    def score_map(self) -> ScoreMap:
        """The map itself."""
        return MAPS[self.map]

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        scoring = str(given.get("scoring", "rank"))
        usual = {"map": _USUAL_MAP.get(scoring, "rf"), "recency_limits": _USUAL_RECENCY.get(scoring, ())}
        return {**usual, **given}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        needed = {
            "recency_limits": self.scoring != "rank",
            "frequency_limits": self.scoring == "fixed",
            "monetary_limits": self.scoring == "fixed",
        }
        for name, is_needed in needed.items():
            limits = getattr(self, name)
            if limits and not is_needed:
                raise ValueError(f'{name} has no meaning with scoring "{self.scoring}"')
            if is_needed and len(limits) != self.score_map.classes - 1:
                raise ValueError(
                    f'map "{self.map}" has {self.score_map.classes} classes, so {name} needs'
                    f" {self.score_map.classes - 1} limits"
                )
            if any(low >= high for low, high in pairwise(limits)):
                raise ValueError(f"{name} must increase")
        return self


class ParetoSettings(_Strict):
    """`[segment_set.pareto]`: where the classes end, in percent of revenue."""

    a_percent: int = Field(default=80, ge=1, le=99)
    """Class A: those before whom less than this share of the revenue was brought."""
    b_percent: int = Field(default=95, ge=2, le=100)
    """Class B: the same for the next share; everybody else is in C."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.b_percent <= self.a_percent:
            raise ValueError("b_percent must be more than a_percent")
        return self


class LifecycleSettings(_Strict):
    """`[segment_set.lifecycle]`: the limits of the life cycle, in the person's own rhythm."""

    new_for_days: int = Field(default=60, ge=1)
    """A first order stays new for so long."""
    inactive_after: int = Field(default=3, ge=1)
    """Inactive when the last order is more than so many cadences ago."""
    lost_after: int = Field(default=6, ge=1)
    """Lost when it is more than so many."""
    usual_cadence_days: int = Field(default=90, ge=1)
    """Cadence of somebody without one of their own, while too few people have one."""
    people_for_cadence: int = Field(default=30, ge=1)
    """How many people must have a cadence before their median stands for the others."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lost_after <= self.inactive_after:
            raise ValueError("lost_after must be more than inactive_after")
        return self


class ClvSettings(_Strict):
    """`[segment_set.clv]`: how far ahead revenue is expected, and who counts as fading or gone."""

    horizon_days: int = Field(default=365, ge=1, le=3650)
    """Revenue is that of so many days to come."""
    refit_every_days: int = Field(default=30, ge=1)
    """Parameters are estimated again after so many days."""
    fading_below_percent: int = Field(default=50, ge=1, le=99)
    """Fading: whose chance of still being a buyer is below."""
    gone_below_percent: int = Field(default=20, ge=0, le=98)
    """Gone: whose chance is below this one."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.fading_below_percent <= self.gone_below_percent:
            raise ValueError("fading_below_percent must be more than gone_below_percent")
        return self


class PropensitySettings(_Strict):
    """`[segment_set.propensity]`: how far ahead an order counts, and where the bands of its chance begin."""

    horizon_days: int = Field(default=90, ge=7, le=730)
    """The chance is that of an order within so many days."""
    refit_every_days: int = Field(default=30, ge=1)
    """The model is estimated and tried again after so many days."""
    limits_percent: tuple[int, int, int, int] = (5, 10, 20, 40)
    """Chances in percent from which `low`, `medium`, `high` and `very_high` start."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        limits = list(self.limits_percent)
        if limits != sorted(set(limits)) or limits[0] < 1 or limits[-1] > 99:
            raise ValueError("limits_percent must be four increasing numbers from 1 to 99")
        return self


class ClustersSettings(_Strict):
    """`[segment_set.clusters]`: how many clusters at the most, and when they are looked for again."""

    most: int = Field(default=5, ge=2, le=5)
    """From two to so many clusters are tried; those that lie furthest apart are taken."""
    refit_every_days: int = Field(default=30, ge=1)
    """They are looked for again after so many days."""


class ChannelSettings(_Strict):
    """`[segment_set.engagement.channels.NAME]`: what its acts are worth and how fast they fade."""

    weights: dict[_ENGAGEMENT_KINDS, int] = Field(min_length=1)
    """Points of one act by its kind; silence never costs points."""
    half_life_days: int = Field(default=30, ge=1, le=3650)
    cap: int = Field(default=200, ge=1)
    """Most points the channel can bring."""

    @model_validator(mode="after")
    def _not_negative(self) -> Self:
        if any(weight < 0 for weight in self.weights.values()):
            raise ValueError("a weight is 0 or more; a complaint is a matter of consent, not of points")
        return self


# An open is worth nothing by default: mail proxies open what nobody reads.
_CHANNELS = {
    "email": ChannelSettings(weights={"open": 0, "click": 10, "reply": 20}),
    "web": ChannelSettings(weights={"visit": 3, "search": 3, "cart": 10, "form": 30}),
    "shop": ChannelSettings(weights={"order": 50, "redemption": 20}),
    "human": ChannelSettings(weights={"call": 10, "meeting": 20}),
}


_ENGAGEMENT_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    # Points of the score itself, which falls by steps and is compared with nothing that was sent.
    "hubspot_linear": {
        "decay": "steps",
        "expected_per_send": 0,
        "expected_at_least": 100,
        "limits_percent": (25, 50, 75, 100),
    },
    # Clicks against messages sent, over months; at least five, and one for each ten messages, are five stars.
    "mailchimp": {
        "channels": {"email": ChannelSettings(weights={"open": 0, "click": 10}, half_life_days=90, cap=1000)},
        "send_half_life_days": 90,
        "expected_at_least": 50,
        "limits_percent": (1, 10, 50, 100),
        "lowest_band": "bounce",
    },
}


class EngagementSettings(_Strict):
    """`[segment_set.engagement]`: points for acts, against what can be expected."""

    preset: Literal["default", "hubspot_linear", "mailchimp"] = "default"
    """Whose way of counting the other settings follow where they are not given."""
    channels: dict[str, ChannelSettings] = Field(default=_CHANNELS, min_length=1)
    decay: Literal["half_life", "linear", "steps"] = "half_life"
    """`linear` is worth half after one half-life and nothing after two; `steps` loses a part at a time."""
    step_percent: int = Field(default=25, ge=1, le=100)
    """With `steps`: part of its first points that an act loses each time."""
    step_months: int = Field(default=1, ge=1, le=36)
    """With `steps`: months of 30 days between two losses."""
    expected_per_send: int = Field(default=1, ge=0)
    """Points expected for one message sent; they fade like points earned."""
    send_half_life_days: int = Field(default=30, ge=1, le=3650)
    expected_at_least: int = Field(default=10, ge=1)
    """Points expected of somebody who is never written to."""
    limits_percent: tuple[int, int, int, int] = (25, 50, 100, 200)
    """Percent of the expected points from which bands 1, 2, 3 and 4 start."""
    lowest_band: Literal["silence", "bounce"] = "silence"
    """Who is in band 0: whoever has few points; or of those only who bounced or unsubscribed."""

    @property
    def counts_opens(self) -> bool:
        """Whether an open is worth anything."""
        return any(channel.weights.get("open", 0) > 0 for channel in self.channels.values())

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {**_ENGAGEMENT_PRESETS.get(str(given.get("preset", "default")), {}), **given}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if list(self.limits_percent) != sorted(set(self.limits_percent)) or self.limits_percent[0] < 1:
            raise ValueError("limits_percent must be four increasing numbers above 0")
        kinds = [kind for channel in self.channels.values() for kind in channel.weights]
        twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if twice:
            raise ValueError(f"an act counts in one channel only; in two: {', '.join(twice)}")
        return self


class IntentSettings(_Strict):
    """`[intent]`: what the measure `intent` counts, and how fast it is gone."""

    weights: dict[_INTENT_KINDS, Annotated[int, Field(ge=0)]] = Field(
        default={"cart": 10, "search": 5, "visit": 2}, min_length=1
    )
    """Points of one act by its kind."""
    half_life_days: int = Field(default=3, ge=1, le=365)
    """Days in which they halve."""


def _several(given: object) -> object:
    return (given,) if isinstance(given, str) else given


SegmentNames = Annotated[tuple[Annotated[str, Field(pattern=_SEGMENT_NAME)], ...], BeforeValidator(_several)]
"""Segments as `SET.KEY`; one alone may be written as a text.

Together they mean: of each set that is named, one of the segments that are named of it.
"""


class SegmentSetSettings(_Strict):
    """One `[[segment_set]]`: segments that share out a population."""

    name: str = Field(pattern=_KEY)
    title: Texts | None = None
    purpose: str
    """Id of the purpose it is computed for; only people whom that purpose allows take part."""
    within: SegmentNames = ()
    """Segments of other sets whose people alone take part."""
    method: MethodName | None = None
    """How people are scored; without one, each segment has a rule of its own (`when`)."""
    rfm: RfmSettings = RfmSettings()
    pareto: ParetoSettings = ParetoSettings()
    lifecycle: LifecycleSettings = LifecycleSettings()
    engagement: EngagementSettings = EngagementSettings()
    clv: ClvSettings = ClvSettings()
    propensity: PropensitySettings = PropensitySettings()
    clusters: ClustersSettings = ClustersSettings()
    min_size: int = Field(default=0, ge=0)
    """A segment with fewer people is reported, or stops the run, as `quality` says."""
    quality: QualitySettings = QualitySettings()
    """Limits of this set; what it leaves out is as in `[quality]`."""
    allow_other: bool = False
    """Whether people may end up in no segment of the set."""


class SegmentSettings(_Strict):
    """One `[[segment]]` of a set: some cells of its method, a rule, or the rest."""

    set: str
    key: str = Field(pattern=_KEY)
    """Stable name, also in the CRM; a change of `name` renames nothing there."""
    name: Texts
    meaning: Texts | None = None
    """Shown in explanations and in the description that the CRM shows."""
    do: Texts | None = None
    """What to do with these people; on the segment sheet, as the three below."""
    dont: Texts | None = None
    """What to leave."""
    owner: str | None = None
    """Who answers for the segment: a team or a role."""
    review_by: date | None = None
    """Day by which somebody looks at the segment again; overdue, `segments check` and `doctor` warn."""
    cells: tuple[str, ...] = ()
    """Of a set with a method: the cells that make the segment."""
    when: str | None = None
    """Of a set without: the rule; the first segment whose rule holds wins."""
    otherwise: bool = False
    """Takes everybody whom no rule took; the last segment of its set."""
