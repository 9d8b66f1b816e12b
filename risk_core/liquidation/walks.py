"""The one form in which every question "where is it below zero?" is asked.

Along a walk each underlying's price is multiplied by 1 + β (k - 1); k = 1 is now. Whatever a rulebook demands, as long
as it is made of tiers, options and worst scenarios, buffer and equity are then

    H(k) = Σ over groups  min over rows of the group  h(k)
    h(k) = const + slope·k + Σ over terms  weight · C(shift + scale·k, strike, v)

with C the undiscounted Black-76 call, which is convex in k; with v = 0 it is a ramp max(0, F - K), which is how tier
edges enter. A row is thus affine plus a convex part (weights > 0) minus a convex part (weights < 0), and that is what
makes the search in `search.py` complete.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Flags, Floats, Ints
from ..margin.charges.terms import Terms
from ..valuation import black76

LOWEST, HIGHEST = 1e-4, 1e4
"""The walk covers these multiples of the present price."""


@dataclass(frozen=True, eq=False)
class Walks:
    """A batch of walks, one H each. Rows are ordered by group, groups by walk; no walk or group is empty.

    group_walk: (G,). row_group, const, slope: (R,). zero, zero_slope: (W,), H within zero + zero_slope·k of 0 counts
    as 0. lowest, highest: (W,), the range of k.
    """

    group_walk: Ints
    row_group: Ints
    const: Floats
    slope: Floats
    terms: Terms
    zero: Floats
    zero_slope: Floats
    lowest: Floats
    highest: Floats

    @property
    def count(self) -> int:
        return len(self.zero)


def ranges(starts: Ints, counts: Ints) -> Ints:
    """The integers starts[i] … starts[i] + counts[i] - 1 for each i in turn, as one array."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(total)


class Layout:
    """Where the rows, groups and terms of each walk stand in the flat columns of Walks."""

    def __init__(self, walks: Walks) -> None:
        row_walk = walks.group_walk[walks.row_group]
        self.rows = np.bincount(row_walk, minlength=walks.count)
        self.first_row = np.cumsum(self.rows) - self.rows
        self.groups = np.bincount(walks.group_walk, minlength=walks.count)
        self.first_group = np.cumsum(self.groups) - self.groups
        self.group_rows = np.bincount(walks.row_group, minlength=len(walks.group_walk))
        self.row_terms = np.bincount(walks.terms.row, minlength=len(walks.const))
        self.first_term = np.cumsum(self.row_terms) - self.row_terms

    def total(self, walk: Ints, h: Floats) -> Floats:
        """H at points of `walk` (n,): the sum over groups of the least row; h in slots, see Values."""
        groups = self.groups[walk]
        counts = self.group_rows[ranges(self.first_group[walk], groups)]
        least = np.minimum.reduceat(h, np.cumsum(counts) - counts)
        return np.asarray(np.add.reduceat(least, np.cumsum(groups) - groups))


@dataclass(frozen=True, eq=False)
class Values:
    """Rows of walks at points: value h, convex part and its slope, subtracted convex part and its slope.

    All (slots,). One slot per row of the walk of each point, in order of points.
    """

    h: Floats
    convex: Floats
    convex_slope: Floats
    concave: Floats
    concave_slope: Floats
    slope: Floats


CHUNK = 1 << 20
"""Cells (points × rows × terms) valued at a time; bounds memory to some tens of megabytes."""


def values(walks: Walks, layout: Layout, walk: Ints, k: Floats) -> Values:
    """Every row of `walk[i]` at k[i]; walk, k: (n,)."""
    cells = np.bincount(np.repeat(np.arange(walks.count), layout.rows), weights=layout.row_terms, minlength=walks.count)
    load = np.cumsum(cells[walk] + layout.rows[walk])
    cuts = np.searchsorted(load, np.arange(CHUNK, load[-1] if len(load) else 0, CHUNK))
    parts = [_values(walks, layout, w, x) for w, x in zip(np.split(walk, cuts), np.split(k, cuts), strict=True)]
    columns = ("h", "convex", "convex_slope", "concave", "concave_slope", "slope")
    return parts[0] if len(parts) == 1 else Values(*(np.concatenate([getattr(p, c) for p in parts]) for c in columns))


def _values(walks: Walks, layout: Layout, walk: Ints, k: Floats) -> Values:
    rows = ranges(layout.first_row[walk], layout.rows[walk])
    at = np.repeat(k, layout.rows[walk])
    counts = layout.row_terms[rows]
    terms = ranges(layout.first_term[rows], counts)
    slot = np.repeat(np.arange(len(rows)), counts)
    t = walks.terms
    scale, weight = t.scale[terms], t.weight[terms]
    call, delta = black76.call_and_delta(t.shift[terms] + scale * at[slot], t.strike[terms], t.v[terms])
    up = weight > 0

    def total(amounts: Floats, chosen: Flags) -> Floats:
        return np.bincount(slot, weights=np.where(chosen, amounts, 0.0), minlength=len(rows)).astype(np.float64)

    value, rise = weight * call, weight * scale * delta
    convex, concave = total(value, up), -total(value, ~up)
    owner = walks.group_walk[walks.row_group[rows]]
    slope = walks.slope[rows] + walks.zero_slope[owner] / layout.groups[owner]
    const = walks.const[rows] + walks.zero[owner] / layout.groups[owner]
    h = const + slope * at + convex - concave
    return Values(h, convex, total(rise, up), concave, -total(rise, ~up), slope)
