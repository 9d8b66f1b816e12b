"""Likely moves on the liquidation map: ellipses of two coins, or of price and volatility; a cone over days."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pages.ui.plans import DAYS, Plan
from pages.ui.scales import Scale
from risk_core.arrays import Floats
from risk_core.liquidation.nearest import Spread
from risk_core.liquidation.walks import HIGHEST, LOWEST


@dataclass(frozen=True, eq=False)
class Outline:
    """A line of likely moves: `sigmas` daily standard deviations from where the account stands, in axis units."""

    sigmas: int
    x: Floats
    y: Floats


def ellipses(how: Spread | None, plan: Plan, across: Scale, up: Scale) -> tuple[Outline, ...]:
    """One and two daily standard deviations of what moves along x and y, together."""
    if how is None:
        return ()
    out = []
    for sigmas in (1, 2):
        x, y = how.ellipse(float(sigmas))
        out.append(Outline(sigmas, np.array([across.at(plan.here[0] * one) for one in x]),
                           np.array([up.at(plan.here[1] * one) for one in y])))
    return tuple(out)


def cones(daily: float | None, plan: Plan, across: Scale) -> tuple[Outline, ...]:
    """One and two standard deviations of one price on each day: a cone that widens with the root of time."""
    if daily is None or plan.kind != DAYS:
        return ()
    y = plan.here[1] + (plan.spans[1][1] - plan.here[1]) * np.linspace(0.0, 1.0, 33) ** 2
    out = []
    for sigmas in (1, 2):
        sides = [[across.at(plan.here[0] * factor(sign * sigmas * daily * t)) for t in np.sqrt(y - plan.here[1])]
                 for sign in (-1, 1)]
        out.append(Outline(sigmas, np.array([*sides[0][::-1], *sides[1]]), np.concatenate([y[::-1], y])))
    return tuple(out)


def factor(move: float) -> float:
    """The price factor of a log move, none beyond the end of a walk, so that no volatility is too large to be drawn."""
    return min(max(math.exp(min(move, math.log(HIGHEST))), LOWEST), HIGHEST)
