"""Complete search for where a walk is below zero: nothing invented, nothing missed.

Each walk's range is cut at its kinks and at a few fixed points. On an interval a row h = affine + P - N (P, N convex)
lies above its affine part plus P's end tangents minus N's chord, and below it plus P's chord minus N's end tangents;
both bounds close in with the square of the width and are exact where h is affine. So an interval is settled as
*safe* (lower bound ≥ 0), *dead* (upper bound < 0) or holding *one* root (slope of one sign, ends of different sign), or
else is halved. What is left narrower than 1e-13 of its place is settled by its ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Flags, Floats, Ints
from ..errors import Unsettled
from ..valuation.black76 import TINY
from .roots import solve
from .walks import Layout, Values, Walks, ranges, values

Region = tuple[float, float]
"""An open interval of k in which H is below zero."""

FIXED_POINTS = (1e-3, 1e-2, 0.1, 0.3, 0.5, 0.7, 0.85, 1.0, 1.15, 1.4, 2.0, 4.0, 10.0, 100.0)
NARROW = 1e-13
MOST_POINTS = 400_000
_COLUMNS = ("h", "convex", "convex_slope", "concave", "concave_slope", "slope")


def regions_below_zero(walks: Walks) -> list[list[Region]]:
    """Per walk the sorted, disjoint open intervals of k with H(k) < 0. Raises Unsettled beyond MOST_POINTS points."""
    if walks.count == 0:
        return []
    points = _Points(walks)
    left, right = points.start()
    settled = [(left[:0], right[:0], np.zeros(0, dtype=np.bool_))]
    while len(left):
        verdict = _judge(points, left, right)
        settled.append(verdict.settled(left, right))
        left, right = points.halve(left[verdict.open], right[verdict.open])
    return _regions(points, *(np.concatenate(column) for column in zip(*settled, strict=True)))


class _Points:
    """Points of the walks with the values of all rows there; slots of a point start at `first`."""

    def __init__(self, walks: Walks) -> None:
        self.walks, self.layout = walks, Layout(walks)
        self.walk, self.first = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self.k = np.zeros(0)
        self.values = Values(*(np.zeros(0) for _ in _COLUMNS))

    def add(self, walk: Ints, k: Floats) -> Ints:
        """Value new points and return their numbers."""
        if len(self.k) + len(k) > MOST_POINTS:
            raise Unsettled("the search for liquidation levels did not settle: too many options close to expiry")
        new = values(self.walks, self.layout, walk, k)
        rows = self.layout.rows[walk]
        first = len(self.values.h) + np.cumsum(rows) - rows
        self.values = Values(*(np.concatenate([getattr(self.values, c), getattr(new, c)]) for c in _COLUMNS))
        numbers = np.arange(len(self.k), len(self.k) + len(k))
        self.walk, self.k = np.concatenate([self.walk, walk]), np.concatenate([self.k, k])
        self.first = np.concatenate([self.first, first])
        return numbers

    def start(self) -> tuple[Ints, Ints]:
        """The first intervals, as numbers of their left and right points: ends of the range, kinks, fixed points."""
        walks, t = self.walks, self.walks.terms
        term_walk = walks.group_walk[walks.row_group[t.row]]
        sharp = (t.v < TINY) & (t.scale != 0)
        kink = (t.strike[sharp] - t.shift[sharp]) / t.scale[sharp]
        smooth = np.unique(term_walk[~sharp])
        everyone = np.arange(walks.count)
        walk = np.concatenate([everyone, everyone, everyone, term_walk[sharp], np.repeat(smooth, len(FIXED_POINTS))])
        k = np.concatenate([walks.lowest, walks.highest, np.ones(walks.count), kink,
                            np.tile(FIXED_POINTS, len(smooth))])
        inside = (k >= walks.lowest[walk]) & (k <= walks.highest[walk])
        pairs = np.unique(np.stack([walk[inside].astype(np.float64), k[inside]]), axis=1)
        numbers = self.add(pairs[0].astype(np.int64), pairs[1])
        same = self.walk[1:] == self.walk[:-1]
        return numbers[:-1][same], numbers[1:][same]

    def halve(self, left: Ints, right: Ints) -> tuple[Ints, Ints]:
        """Two intervals for each: cut in the middle, in the geometric middle where the interval is wide."""
        a, b = self.k[left], self.k[right]
        middle = self.add(self.walk[left], np.where(b > 2 * a, np.sqrt(a * b), 0.5 * (a + b)))
        return np.concatenate([left, middle]), np.concatenate([middle, right])

    def total(self, number: Ints) -> Floats:
        """H at points, (n,)."""
        return self.layout.total(self.walk[number], self.at(number).h)

    def at(self, number: Ints) -> Values:
        """Row values of points, in slots."""
        slots = ranges(self.first[number], self.layout.rows[self.walk[number]])
        return Values(*(getattr(self.values, c)[slots] for c in _COLUMNS))


@dataclass(frozen=True, eq=False)
class _Verdict:
    """What is known of intervals, (n,) each: dead, or holding one root; `open` ones need halving."""

    dead: Flags
    root: Flags
    open: Flags

    def settled(self, left: Ints, right: Ints) -> tuple[Ints, Ints, Flags]:
        """Intervals with a part below zero, and whether they hold a root."""
        keep = self.dead | self.root
        return left[keep], right[keep], self.root[keep]


def _judge(points: _Points, left: Ints, right: Ints) -> _Verdict:
    layout, walk = points.layout, points.walk[left]
    width = points.k[right] - points.k[left]
    a, b = points.at(left), points.at(right)
    at_left, at_right = layout.total(walk, a.h), layout.total(walk, b.h)
    low, high, down, up = _total_bounds(layout, walk, a, b, width)
    cone_low, cone_high = _cone(at_left, at_right, down, up, width)
    safe = np.maximum(low, cone_low) >= 0
    dead = ~safe & (np.minimum(high, cone_high) < 0)
    narrow = width <= NARROW * points.k[right]
    differ = (at_left < 0) != (at_right < 0)
    root = ~safe & ~dead & differ & ((down > 0) | (up < 0) | narrow)
    dead |= ~safe & ~differ & narrow & (at_left < 0)
    return _Verdict(dead, root, ~(safe | dead | root | narrow))


def _total_bounds(layout: Layout, walk: Ints, a: Values, b: Values, width: Floats) -> tuple[Floats, ...]:
    """Lowest and highest H over intervals, and the least and greatest slope, (n,) each."""
    rows, groups = layout.rows[walk], layout.groups[walk]
    low, high = _row_bounds(a, b, np.repeat(width, rows))
    counts = layout.group_rows[ranges(layout.first_group[walk], groups)]
    starts, group_starts = np.cumsum(counts) - counts, np.cumsum(groups) - groups
    group_high = np.minimum.reduceat(high, starts)
    active = low <= np.repeat(group_high, counts)
    least = np.where(active, a.slope + a.convex_slope - b.concave_slope, np.inf)
    most = np.where(active, a.slope + b.convex_slope - a.concave_slope, -np.inf)
    group_low = np.minimum.reduceat(low, starts)
    by_group = group_low, group_high, np.minimum.reduceat(least, starts), np.maximum.reduceat(most, starts)
    return tuple(np.add.reduceat(part, group_starts) for part in by_group)


def _row_bounds(a: Values, b: Values, width: Floats) -> tuple[Floats, Floats]:
    """Bounds of each row over an interval of `width`, from its ends; all (slots,)."""
    dip, dip_at = _sag(a.convex, b.convex, a.convex_slope, b.convex_slope, width)
    bump, bump_at = _sag(a.concave, b.concave, a.concave_slope, b.concave_slope, width)
    ends_low, ends_high = np.minimum(a.h, b.h), np.maximum(a.h, b.h)
    low = np.minimum(ends_low, a.h + dip_at * (b.h - a.h) - dip)
    return low, np.maximum(ends_high, a.h + bump_at * (b.h - a.h) + bump)


def _sag(a: Floats, b: Floats, slope_a: Floats, slope_b: Floats, width: Floats) -> tuple[Floats, Floats]:
    """How far a convex function with these ends can sag below its chord, and at which share of the width."""
    bend = (slope_b - slope_a) * width
    share = np.clip((slope_b * width - (b - a)) / np.where(bend > 0, bend, 1.0), 0.0, 1.0)
    share = np.where(bend > 0, share, 0.0)
    return share * np.maximum(b - a - slope_a * width, 0.0), share


def _cone(a: Floats, b: Floats, down: Floats, up: Floats, width: Floats) -> tuple[Floats, Floats]:
    """Bounds of a function with ends a, b and slopes between `down` and `up`."""
    spread = np.where(up > down, up - down, 1.0)
    x = np.clip((a - b + up * width) / spread, 0.0, width)
    y = np.clip((b - a - down * width) / spread, 0.0, width)
    low, high = np.minimum(a, b), np.maximum(a, b)
    bent = up > down
    return np.where(bent, np.minimum(low, a + down * x), low), np.where(bent, np.maximum(high, a + up * y), high)


def _regions(points: _Points, left: Ints, right: Ints, root: Flags) -> list[list[Region]]:
    """Join settled intervals into regions per walk."""
    order = np.lexsort((points.k[left], points.walk[left]))
    left, right, root = left[order], right[order], root[order]
    start, end = points.k[left].copy(), points.k[right].copy()
    at = np.flatnonzero(root)
    found = solve(points.walks, points.layout, points.walk[left[at]], points.k[left[at]], points.k[right[at]])
    falling = points.total(right[at]) < 0
    start[at[falling]], end[at[~falling]] = found[falling], found[~falling]
    joined: list[list[Region]] = [[] for _ in range(points.walks.count)]
    for walk, a, b, edge in zip(
        points.walk[left].tolist(), start.tolist(), end.tolist(), points.k[left].tolist(), strict=True
    ):
        mine = joined[walk]
        if mine and mine[-1][1] == a == edge:
            mine[-1] = (mine[-1][0], b)
        else:
            mine.append((a, b))
    return joined
