"""The liquidation ladder as values: what each mode closes at which price, and how much that adds up to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pages.ui import plans, scales
from pages.ui.levels import Span, opened
from pages.ui.liquidation_table import who
from pages.ui.scales import Scale
from pages.ui.view import Walked
from risk_core.liquidation.triggers import Trigger


@dataclass(frozen=True, slots=True)
class Rung:
    """One pool or isolated leg. notional: dollars where the account stands. spans: factors at which it is liquidated;
    down, up: the first trigger on either side of where the account stands, None for none; gone: liquidated there.
    """

    name: str
    about: str
    notional: float
    spans: tuple[Span, ...]
    down: float | None
    up: float | None
    gone: bool

    def reach(self, here: float) -> float:
        """How far its first trigger is, |log|."""
        ends = [abs(math.log(end / here)) for end in (self.down, self.up) if end is not None]
        return 0.0 if self.gone else min(ends, default=math.inf)


@dataclass(frozen=True, eq=False)
class Ladder:
    """Everything the figure draws. rungs: per mode, the nearest first, none where nothing is liquidated."""

    scale: Scale
    span: Span
    here: float
    rungs: Mapping[str, tuple[Rung, ...]]
    footer: str

    def steps(self, mode: str) -> tuple[list[float], list[float]]:
        """Notional closed on the way from where the account stands to each price: factors and dollars, left to right.

        Between two factors the amount is that of the first.
        """
        rungs = self.rungs[mode]
        always = math.fsum(rung.notional for rung in rungs if rung.gone)
        ends = {end for rung in rungs if not rung.gone for end in (rung.down, rung.up) if end is not None}
        factors = [self.span[0], *sorted(end for end in ends if self.span[0] < end < self.span[1]), self.span[1]]
        return factors, [always + self._closed(rungs, factor) for factor in factors]

    def _closed(self, rungs: tuple[Rung, ...], factor: float) -> float:
        """Notional closed just above `factor`."""
        return math.fsum(rung.notional for rung in rungs if not rung.gone and (
            (rung.down is not None and factor < rung.down) or (rung.up is not None and factor >= rung.up)))


def ladder(walked: Walked, triggers: tuple[Trigger, ...], footer: str) -> Ladder:
    """The ladder along a walk; sizes from the triggers of the same question."""
    here = walked.scene.axis.here
    closed = {(one.mode, one.who): one for one in triggers}
    rungs = {}
    for mode, lines in walked.walk.levels.items():
        spans = opened(lines, here)
        found = [_rung(closed[mode, name], tuple(own), here, walked.scene.legs) for name, own in spans.items()
                 if own and (mode, name) in closed]
        rungs[mode] = tuple(sorted(found, key=lambda rung: rung.reach(here)))
    ends = [end for mine in rungs.values() for rung in mine for end in (rung.down, rung.up) if end is not None]
    axis = walked.scene.axis
    return Ladder(Scale(scales.PRICE, axis.name, axis.unit), plans.price_span(ends, here), here, rungs, footer)


def _rung(one: Trigger, spans: tuple[Span, ...], here: float, legs: Mapping[str, str]) -> Rung:
    name, about = who(one, legs)
    gone = any(low < here < high for low, high in spans)
    down = max((high for _, high in spans if high <= here), default=None)
    up = min((low for low, _ in spans if low >= here and low > 0), default=None)
    return Rung(name, about, one.notional, spans, None if gone else down, None if gone else up, gone)
