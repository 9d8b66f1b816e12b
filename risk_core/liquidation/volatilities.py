"""Holdings along one walk at many volatilities at once: where they are liquidated, and their buffers on a grid.

Volatility enters the lines of a walk only as the total volatility v of its options, which the rows of a scan multiply:
at another volatility it is the same walk with other v, and lines are laid down once for all. Whether that is so is
asked and not assumed: lines are laid down at a second volatility and compared. Where it is not, as with an option whose
price stands still, or where lines cannot say the charge, each volatility is asked by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate, pairwise

import numpy as np

from ..arrays import Flags, Floats, Ints
from ..errors import Unsettled
from ..margin.holding import Holding, Margin, margin
from .grid import on_grid
from .lines import ZERO, walks
from .question import Question
from .search import Region, regions_below_zero
from .thresholds import along, touched
from .variants import both, variants
from .walks import HIGHEST, LOWEST, Layout, Walks, ranges

SECOND = 1.25
"""The multiple of volatility at which lines are laid down to be compared."""
ALIKE = 1e-12
PIECE = 32
"""Spots searched at a time; bounds the points of one search."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A question of one search. holding: its number; volatility: a multiple; low, high: range of the price factor."""

    holding: int
    volatility: float
    low: float
    high: float


class Volatilities:
    """Holdings whose prices are multiplied by 1 + beta (k - 1), beta (U,), at any multiple of implied volatility."""

    def __init__(self, holdings: Sequence[Holding], beta: Floats) -> None:
        self.beta = beta
        self.holdings = tuple(holdings)
        self._asked = [_asked(holding, beta) for holding in holdings]
        self._walks = walks([one for asked in self._asked for one in _flat(asked)])
        counts = [len(_flat(asked)) for asked in self._asked]
        self._ends = list(accumulate(counts, initial=0))

    @cached_property
    def _scales(self) -> list[bool]:
        """Of each holding whether volatility enters its walks only as v, and its still buckets not at all."""
        other = [at_volatility(holding, SECOND) for holding in self.holdings]
        asked = [one for holding in other for one in _flat(_asked(holding, self.beta))]
        same = _same_but_v(self._walks, walks(asked), SECOND)
        return [start < end and bool(same[start:end].all()) and _still_alike(one, two, self.beta)
                for (start, end), one, two in zip(pairwise(self._ends), self.holdings, other, strict=True)]

    def regions(self, spots: Sequence[Spot]) -> list[list[Region]]:
        """At each spot every region of k in its range in which a bucket is liquidated. Raises Unsettled."""
        pieces = (spots[start:start + PIECE] for start in range(0, len(spots), PIECE))
        return [regions for piece in pieces for regions in self._regions(piece)]

    def _regions(self, spots: Sequence[Spot]) -> list[list[Region]]:
        lines = iter(regions_below_zero(self._scaled([spot for spot in spots if self._scales[spot.holding]])))
        alone = iter(self._by_themselves([spot for spot in spots if not self._scales[spot.holding]]))
        out = []
        for spot in spots:
            each = ([reduce(both, [next(lines) for _ in asked]) for asked in self._asked[spot.holding]]
                    if self._scales[spot.holding] else next(alone))
            out.append([region for regions in each for region in regions] + self._anyway(spot))
        return out

    def _by_themselves(self, spots: Sequence[Spot]) -> list[list[list[Region]]]:
        """At each spot the regions of each bucket that the move touches, over the whole walk."""
        found = along([self._moved(spot) for spot in spots], self.beta)
        return [list(buckets.values()) for buckets in found]

    def _moved(self, spot: Spot) -> Holding:
        return at_volatility(self.holdings[spot.holding], spot.volatility)

    def _scaled(self, spots: Sequence[Spot]) -> Walks:
        """The walks of holdings at other volatilities, by other v."""
        of = [np.arange(self._ends[spot.holding], self._ends[spot.holding + 1]) for spot in spots]
        each = np.repeat(np.arange(len(spots)), [len(one) for one in of])
        chosen = _chosen(self._walks, np.concatenate([np.zeros(0, dtype=np.int64), *of]))
        volatility, low, high = (np.array([getattr(spot, name) for spot in spots])[each]
                                 for name in ("volatility", "low", "high"))
        owner = chosen.group_walk[chosen.row_group[chosen.terms.row]]
        terms = replace(chosen.terms, v=chosen.terms.v * volatility[owner])
        return _within(replace(chosen, terms=terms), low, high)

    def _anyway(self, spot: Spot) -> list[Region]:
        """Every price, where a bucket that the price does not move is liquidated."""
        holding = self.holdings[spot.holding] if self._scales[spot.holding] else self._moved(spot)
        dead = _still_buffers(holding, self.beta) < -ZERO * holding.size
        return [(LOWEST, HIGHEST)] if dead.any() else []

    def buffers(self, number: int, k: Floats, volatility: Floats) -> Floats:
        """Buffer of each bucket of a holding at k (X,) and multiples of volatility (Y,), dollars (Y, X, B)."""
        holding = self.holdings[number]
        if not self._scales[number]:
            return _one_by_one(holding, self.beta, k, volatility)
        out = np.tile(_buffers(holding.now)[0], (len(volatility), len(k), 1))
        walk = self._ends[number]
        for bucket, asked in zip(touched(holding, self.beta), self._asked[number], strict=True):
            each = [on_grid(_chosen(self._walks, np.array([walk + i])), k, volatility) for i in range(len(asked))]
            out[:, :, bucket] = reduce(np.maximum, each)
            walk += len(asked)
        return out


def buffers_at(holding: Holding, beta: Floats, k: Floats, volatility: Floats) -> Floats:
    """Buffer of each bucket with prices multiplied by 1 + beta (k - 1), k (X,), and every implied volatility by
    volatility (Y,); dollars (Y, X, B).
    """
    try:
        lines = Volatilities([holding], beta)
    except Unsettled:  # too many charges to choose between for a search along lines; states can be asked
        return _one_by_one(holding, beta, k, volatility)
    return lines.buffers(0, k, volatility)


def at_volatility(base: Holding, factor: float) -> Holding:
    """The same holding, pledges included, with every implied volatility multiplied."""
    ins = base.account.instruments
    moved = replace(ins, volatility=ins.volatility * factor)
    return replace(base, account=replace(base.account, instruments=moved))


def _asked(holding: Holding, beta: Floats) -> list[list[Question]]:
    """Of each bucket that the move touches its question in every variant; none where lines cannot say one of them."""
    questions = [Question(holding, bucket, beta) for bucket in touched(holding, beta)]
    return [] if any(question.sampled for question in questions) else [variants(question) for question in questions]


def _flat(asked: Sequence[Sequence[Question]]) -> list[Question]:
    return [one for mine in asked for one in mine]


def _one_by_one(holding: Holding, beta: Floats, k: Floats, volatility: Floats) -> Floats:
    """As `buffers_at`, each volatility by itself."""
    states = 1.0 + beta * (k[:, None] - 1.0)
    return np.stack([_buffers(margin(at_volatility(holding, float(one)), states)) for one in volatility])


def _buffers(at: Margin) -> Floats:
    return np.asarray(at.equity - at.maintenance)


def _still_buffers(holding: Holding, beta: Floats) -> Floats:
    """Buffers now of the buckets that the move does not touch, dollars."""
    moved = set(touched(holding, beta))
    still = [bucket for bucket in range(holding.nets.buckets) if bucket not in moved]
    return np.asarray(_buffers(holding.now)[0, still])


def _still_alike(one: Holding, other: Holding, beta: Floats) -> bool:
    return bool(np.array_equal(_still_buffers(one, beta), _still_buffers(other, beta)))


def _same_but_v(one: Walks, other: Walks, factor: float) -> Flags:
    """Of each walk whether `other` is `one` with every v multiplied, (W,)."""
    if len(one.terms.row) != len(other.terms.row) or len(one.const) != len(other.const):
        return np.zeros(one.count, dtype=np.bool_)
    row_walk = one.group_walk[one.row_group]
    differs = np.zeros(one.count, dtype=np.bool_)
    rows = (one.row_group != other.row_group) | (one.const != other.const) | (one.slope != other.slope)
    differs[row_walk[rows]] = True
    a, b = one.terms, other.terms
    terms = np.abs(b.v - a.v * factor) > ALIKE * b.v
    for name in ("row", "weight", "shift", "scale", "strike"):
        terms |= getattr(a, name) != getattr(b, name)
    differs[row_walk[a.row[terms]]] = True
    return ~differs


def _chosen(base: Walks, of: Ints) -> Walks:
    """The walks `of` (n,) of a batch as a batch of their own; one may be chosen several times."""
    layout, t = Layout(base), base.terms
    groups = ranges(layout.first_group[of], layout.groups[of])
    rows = ranges(layout.first_row[of], layout.rows[of])
    terms = ranges(layout.first_term[rows], layout.row_terms[rows])
    row = np.repeat(np.arange(len(rows)), layout.row_terms[rows])
    columns = replace(t, row=row, **{name: getattr(t, name)[terms]
                                     for name in ("weight", "shift", "scale", "strike", "v")})
    return Walks(np.repeat(np.arange(len(of)), layout.groups[of]),
                 np.repeat(np.arange(len(groups)), layout.group_rows[groups]), base.const[rows], base.slope[rows],
                 columns, base.zero[of], base.zero_slope[of], base.lowest[of], base.highest[of])


def _within(whole: Walks, low: Floats, high: Floats) -> Walks:
    """The walks over low … high (W,) only, as far as they reach."""
    return replace(whole, lowest=np.clip(low, whole.lowest, whole.highest),
                   highest=np.clip(high, whole.lowest, whole.highest))
