"""Options on a grid of prices and volatilities, read off interpolants instead of priced cell by cell.

Scenario rows move the price, so that most rows hold the same options at another multiple of it: what they add up to is
one function of log price and volatility, which the rows read at places side by side. It is had from few nodes. In log
price an option is a Gaussian's integral of width v, its total volatility; the interpolant in n nodes over a span ±h is
within 4e-14 of the forward where n v ÷ h ≥ 8 (see `margin/methods/history/column.py`); sharper ones are valued at each
place. In log volatility it is analytic, with values no larger in a strip of half width π/4: an interpolant over a span
±H errs by ρ^-n with ρ = a + √(a² + 1), a = π ÷ 4H (Trefethen, Approximation Theory and Approximation Practice, 2013,
ch. 8). The result is held against exact cells of every row; where it fails, all is left to be priced cell by cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats, Ints
from ..margin.charges.terms import Terms
from ..valuation import black76, chebyshev

COUNTS = (32, 64, 128, 256, 512)
"""Numbers of nodes in log price to choose from."""
SMOOTH = 8.0
"""N v ÷ h from which on the interpolant is exact to rounding."""
DIGITS = 30.0
"""Natural logarithm of the accuracy in volatility, 1e-13."""
ALLOWED = 1e-12
"""Largest error of a cell that is looked at, of Σ |weight| × the larger of strike and forward."""
CELLS = 1 << 19
"""Cells (options × volatilities × nodes) valued at a time; bounds memory to some megabytes."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Options that the same J rows hold, each row at a multiple of the price of its own.

    members: (n, J) the term of each option in each row. shift: (J,) log of those multiples over that of the first row.
    count: nodes in log price, 0 where each place is valued by itself.
    """

    members: Ints
    shift: Floats
    count: int


def add(rows: Floats, terms: Terms, k: Floats, volatility: Floats) -> Ints:
    """Add options on moving forwards to rows (R, Y, X) at k (X,) and v × volatility (Y,); what is left of the terms."""
    every = np.arange(len(terms.row))
    if not (len(k) and len(volatility) and min(k.min(), volatility.min()) > 0):
        return every
    surfaces = _surfaces(terms, k, volatility)
    if not surfaces:
        return every
    asked, back = _nodes_of_volatility(volatility)
    value = np.zeros((len(rows), len(asked), len(k)))
    weights = _Weights()
    for surface in surfaces:
        _read(value, surface, terms, k, asked, weights)
    value = np.matmul(back.T, value)
    done = np.concatenate([surface.members.ravel() for surface in surfaces])
    if not _holds(value, terms, done, k, volatility):
        return every
    rows += value
    return np.setdiff1d(every, done, assume_unique=True)


def _surfaces(terms: Terms, k: Floats, volatility: Floats) -> list[Surface]:
    """Options of the same rows, at the same multiples of the price there, for which the same nodes will do."""
    alike: dict[tuple[int, bytes, bytes], list[Ints]] = {}
    shifts: dict[tuple[int, bytes, bytes], Floats] = {}
    width, least = math.log(k.max() / k.min()), float(volatility.min())
    for mine in _options(terms):
        shift = np.log(terms.scale[mine] / terms.scale[mine[0]])
        needed = SMOOTH * 0.5 * (width + float(np.ptp(shift))) / (float(terms.v[mine[0]]) * least)
        places = len(np.unique(np.round(shift, 13))) * len(k)
        count = next((count for count in COUNTS if needed <= count <= places // 2), 0)
        key = count, terms.row[mine].tobytes(), np.round(shift, 13).tobytes()
        alike.setdefault(key, []).append(mine)
        shifts.setdefault(key, shift)
    return [Surface(np.array(members), shifts[key], key[0]) for key, members in alike.items()]


def _options(terms: Terms) -> list[Ints]:
    """Terms of one strike, volatility and weight, in the order of their rows; without those that bend too sharply."""
    able = np.flatnonzero((terms.v >= black76.TINY) & (terms.shift == 0) & (terms.scale > 0) & (terms.strike > 0))
    columns = (terms.row[able], terms.weight[able], terms.v[able], terms.strike[able])
    order = np.lexsort(columns)
    same = np.stack([column[order] for column in columns[1:]])
    cuts = np.flatnonzero((same[:, 1:] != same[:, :-1]).any(axis=0)) + 1
    return [mine for mine in np.split(able[order], cuts) if len(mine)]


class _Weights(dict[tuple[int, bytes], Floats]):
    """Weights of interpolation in log price, once for all surfaces that are read at the same places."""

    def at(self, places: Floats, count: int) -> Floats:
        """(count, len(places))."""
        key = count, places.tobytes()
        if key not in self:
            self[key] = chebyshev.weights(float(places.min()), float(places.max()), count, places)
        return self[key]


def _read(out: Floats, surface: Surface, terms: Terms, k: Floats, volatility: Floats, weights: _Weights) -> None:
    """Add the options of a surface to its rows of `out` (R, y, X), at v times volatility (y,)."""
    shift, which = np.unique(np.round(surface.shift, 13), return_inverse=True)
    at = (shift[:, None] + np.log(k)).ravel()
    first = surface.members[:, 0]
    multiple = np.exp(chebyshev.nodes(float(at.min()), float(at.max()), surface.count) if surface.count else at)
    total = np.zeros((len(volatility), len(multiple)))
    step = max(1, CELLS // total.size)
    for mine in (first[start:start + step] for start in range(0, len(first), step)):
        total += np.tensordot(terms.weight[mine], _calls(terms, mine, multiple, volatility), 1)
    if surface.count:
        total = total @ weights.at(at, surface.count)
    value = total.reshape(len(volatility), len(shift), len(k))
    for row, place in zip(terms.row[surface.members[0]], which, strict=True):
        out[row] += value[:, place]


def _calls(terms: Terms, at: Ints, k: Floats, volatility: Floats) -> Floats:
    """Calls of terms without a shift at k (X,) and v times volatility (Y,), (n, Y, X)."""
    strike, v = terms.strike[at, None, None], np.multiply.outer(terms.v[at], volatility)[:, :, None]
    return black76.call((terms.scale[at, None] * k)[:, None, :], strike, v)


def _nodes_of_volatility(volatility: Floats) -> tuple[Floats, Floats]:
    """Volatilities to value at (y,), and what turns values there into those at `volatility` (Y,), (y, Y).

    As they are where interpolation would save nothing.
    """
    log = np.log(volatility)
    low, high = float(log.min()), float(log.max())
    a = math.pi / (2.0 * (high - low)) if high > low else math.inf
    count = max(8, math.ceil(DIGITS / math.log(a + math.hypot(a, 1.0)))) if high > low else len(log)
    if count >= len(log):
        return volatility, np.eye(len(log))
    return np.exp(chebyshev.nodes(low, high, count)), chebyshev.weights(low, high, count, log)


def _holds(value: Floats, terms: Terms, done: Ints, k: Floats, volatility: Floats) -> bool:
    """Whether some cells of every row of `value` (R, Y, X) are what the terms `done` are worth there."""
    x, y = (np.linspace(0, n - 1, spots).astype(np.int64) for n, spots in ((len(k), 9), (len(volatility), 3)))
    exact = np.zeros((len(value), len(y), len(x)))
    np.add.at(exact, terms.row[done], terms.weight[done, None, None] * _calls(terms, done, k[x], volatility[y]))
    size = float(np.abs(terms.weight[done]) @ np.maximum(terms.strike[done], terms.scale[done] * k.max()))
    return bool(np.abs(value[:, y[:, None], x] - exact).max() <= ALLOWED * size)
