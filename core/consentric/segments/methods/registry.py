"""The methods that come with it, by the name that a set gives."""

from __future__ import annotations

from collections.abc import Mapping

from consentric.segments.settings import MethodName

from .clusters import Clusters
from .clv import Clv
from .engagement import Engagement
from .lifecycle import Lifecycle
from .method import Method
from .pareto import Pareto
from .propensity import Propensity
from .rfm import Rfm

METHODS: Mapping[MethodName, Method] = {
    one.name: one for one in (Rfm(), Pareto(), Lifecycle(), Engagement(), Clv(), Propensity(), Clusters())
}
