"""Likely moves on the liquidation map: ellipses of two coins, bands of one price, a cone over days."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pages.ui.plans import DAYS, Plan
from pages.ui.scales import Scale
from risk_core.arrays import Floats
from risk_core.liquidation.nearest import Spread


@dataclass(frozen=True, eq=False)
class Outline:
    """A line of likely moves: `sigmas` daily standard deviations from where the account stands, in axis units."""

    sigmas: int
    x: Floats
    y: Floats


def ellipses(how: Spread | None, plan: Plan, across: Scale, up: Scale) -> tuple[Outline, ...]:
    """One and two daily standard deviations of two coins together."""
    if how is None:
        return ()
    out = []
    for sigmas in (1, 2):
        x, y = how.ellipse(float(sigmas))
        out.append(Outline(sigmas, np.array([across.at(plan.here[0] * one) for one in x]),
                           np.array([up.at(plan.here[1] * one) for one in y])))
    return tuple(out)


def bands(daily: float | None, plan: Plan, across: Scale) -> tuple[Outline, ...]:
    """Likely prices around where the account stands: a day's move at any volatility, a cone that widens with days."""
    if daily is None:
        return ()
    y = plan.y
    if plan.kind == DAYS:
        y = plan.here[1] + (plan.spans[1][1] - plan.here[1]) * np.linspace(0.0, 1.0, 33) ** 2
    time = np.sqrt(y - plan.here[1]) if plan.kind == DAYS else np.ones(len(y))
    height = y if plan.kind == DAYS else (y - 1.0) * 100.0
    out = []
    for sigmas in (1, 2):
        sides = [[across.at(plan.here[0] * math.exp(sign * sigmas * daily * t)) for t in time] for sign in (-1, 1)]
        gap = [] if plan.kind == DAYS else [math.nan]
        out.append(Outline(sigmas, np.array([*sides[0][::-1], *gap, *sides[1]]),
                           np.concatenate([height[::-1], gap, height])))
    return tuple(out)


