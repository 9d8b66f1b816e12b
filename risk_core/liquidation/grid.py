"""A walk on a grid of prices and volatilities: what its rows say, valued together."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats, Ints
from ..valuation import black76
from . import surfaces
from .walks import Walks

CELLS = 1 << 19
"""Cells (terms × volatilities × prices) valued at a time; bounds memory to some megabytes."""


def on_grid(walk: Walks, k: Floats, volatility: Floats) -> Floats:
    """H of a batch of one walk at k (X,) with every v multiplied by volatility (Y,), dollars (Y, X)."""
    rows = (walk.const + walk.slope * k[:, None]).T[:, None, :]
    rows = np.repeat(rows, len(volatility), axis=1)
    left = surfaces.add(rows, walk.terms, k, volatility)
    t = walk.terms
    sharp = t.v[left] < black76.TINY
    _add(rows, t.row[left[sharp]], _ramps(walk, left[sharp], k))
    smooth = left[~sharp]
    step = max(1, CELLS // (len(k) * len(volatility)))
    for start in range(0, len(smooth), step):
        at = smooth[start:start + step]
        forward, strike = t.shift[at, None] + t.scale[at, None] * k, t.strike[at, None, None]
        value = black76.call(forward[:, None, :], strike, np.multiply.outer(t.v[at], volatility)[:, :, None])
        _add(rows, t.row[at], value * t.weight[at, None, None])
    first_row = np.flatnonzero(np.diff(walk.row_group, prepend=-1))
    return np.asarray(np.minimum.reduceat(rows, first_row, axis=0).sum(axis=0))


def _ramps(walk: Walks, at: Ints, k: Floats) -> Floats:
    """Terms without volatility, (n, 1, X)."""
    t = walk.terms
    forward = t.shift[at, None] + t.scale[at, None] * k
    return np.asarray((t.weight[at, None] * np.maximum(forward - t.strike[at, None], 0.0))[:, None, :])


def _add(rows: Floats, row: Ints, value: Floats) -> None:
    """Add terms (n, ., X), ordered by row (n,), to their rows."""
    if len(row):
        first = np.flatnonzero(np.diff(row, prepend=-1))
        rows[row[first]] += np.add.reduceat(value, first, axis=0)
