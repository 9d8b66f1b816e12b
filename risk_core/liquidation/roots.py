"""Polishes roots: the one place in an interval where H changes sign, to the last bits."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats, Ints
from .walks import Layout, Walks, ranges, values

MOST_STEPS = 100
CLOSE = 1e-15
MOST_MOVED = 0.01
"""A root of H is looked for within this share of the root of H + zero."""


def solve(walks: Walks, layout: Layout, walk: Ints, left: Floats, right: Floats) -> Floats:
    """The root of H between left[i] and right[i] on walk[i], (n,); H has different signs there and one slope between.

    Newton steps kept inside a shrinking bracket.
    """
    a, b = left.copy(), right.copy()
    rising = _value_and_slope(walks, layout, walk, b)[0] >= 0 if len(walk) else np.zeros(0, dtype=np.bool_)
    x, live = 0.5 * (a + b), np.arange(len(walk))
    for _ in range(MOST_STEPS):
        if not len(live):
            break
        value, slope = _value_and_slope(walks, layout, walk[live], x[live])
        above = (value >= 0) == rising[live]
        b[live] = np.where(above, x[live], b[live])
        a[live] = np.where(above, a[live], x[live])
        step = x[live] - value / np.where(slope == 0, np.inf, slope)
        inside = (step >= a[live]) & (step <= b[live])
        new = np.where(inside, step, 0.5 * (a[live] + b[live]))
        arrived = (np.abs(step - x[live]) <= CLOSE * x[live]) | (b[live] - a[live] <= CLOSE * x[live])
        x[live] = np.where(arrived, x[live], new)
        live = live[~arrived]
    return _without_zero(walks, layout, walk, x)


def _value_and_slope(walks: Walks, layout: Layout, walk: Ints, k: Floats) -> tuple[Floats, Floats]:
    """H + zero at points and its slope there (where rows cross, the least), (n,) each."""
    at = values(walks, layout, walk, k)
    slope = at.slope + at.convex_slope - at.concave_slope
    groups = layout.groups[walk]
    counts = layout.group_rows[ranges(layout.first_group[walk], groups)]
    starts, group_starts = np.cumsum(counts) - counts, np.cumsum(groups) - groups
    least = np.minimum.reduceat(at.h, starts)
    chosen = np.minimum.reduceat(np.where(at.h == np.repeat(least, counts), slope, np.inf), starts)
    return np.add.reduceat(least, group_starts), np.add.reduceat(chosen, group_starts)


def _without_zero(walks: Walks, layout: Layout, walk: Ints, k: Floats) -> Floats:
    """Move roots of H + zero onto the roots of H itself next to them, where there are any, but not past now, k = 1."""
    at, out, best = k.copy(), k.copy(), np.full(len(k), np.inf)
    for _ in range(4 if len(k) else 0):
        value, slope = _value_and_slope(walks, layout, walk, at)
        value = value - (walks.zero[walk] + walks.zero_slope[walk] * at)
        better = np.abs(value) < best
        out, best = np.where(better, at, out), np.where(better, np.abs(value), best)
        at = at - value / np.where(slope == 0, np.inf, slope)
        at = np.where(np.abs(at - k) <= MOST_MOVED * k, at, k)
    return np.where(k <= 1.0, np.minimum(out, 1.0), np.maximum(out, 1.0))
