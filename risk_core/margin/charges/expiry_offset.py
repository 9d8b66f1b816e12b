"""Options of one expiry charged together, at no more than the greatest loss at expiry.

Source: Derive, "Standard Margin", and its standard manager: the lower of the sum of the single charges and the greatest
loss over all prices at expiry, to which every call short beyond the calls long adds a share of the forward.
"""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Ints
from .form import LineSum
from .short_options import Options


def groups(held: Options) -> tuple[Ints, Floats]:
    """The expiry each option belongs to, (n,), and the units short in each expiry; by bucket and underlying."""
    years = held.account.instruments.years[held.instrument]
    whose = np.stack([held.nets.bucket[held.at], held.underlying, np.nan_to_num(years, nan=-1.0)], axis=1)
    group = np.unique(whose, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
    short = np.bincount(group, weights=-np.minimum(held.nets.quantity[held.at], 0.0))
    return group, short.astype(np.float64)


def lower(held: Options, side: str, factor: Floats, asked: Floats) -> Floats:
    """Margins `asked` (S, n) of the single options, lowered in proportion where the loss of their expiry is lower."""
    group = groups(held)[0]
    out = asked.copy()
    for one in range(int(group.max(initial=-1)) + 1):
        mine = np.flatnonzero(group == one)
        whole = asked[:, mine].sum(axis=1)
        still, moving = greatest_loss(held, side, mine)
        share = np.minimum(still + moving * factor[:, mine[0]], whole) / np.where(whole > 0, whole, 1.0)
        out[:, mine] = asked[:, mine] * share[:, None]
    return out


def greatest_loss(held: Options, side: str, mine: Ints) -> tuple[float, float]:
    """Greatest loss at expiry of the options `mine` of one expiry: still + moving × price factor, dollars."""
    size, strike, call = held.nets.quantity[held.at][mine], held.strike[mine], held.is_call[mine]
    price = np.concatenate([[0.0], strike])[:, None]
    worth = np.maximum(np.where(call, price - strike, strike - price), 0.0) @ size
    unpaired = max(-float(size[call].sum()), 0.0) * held.rules.unpaired_calls.get(side, 0.0)
    forward = float((held.forward * held.index)[mine[0]])
    return max(-float(worth.min()), 0.0), unpaired * forward


def lines(held: Options, out: LineSum, row: Ints, shift: Floats, scale: Floats) -> None:
    """Take the greatest loss of every expiry off the row its options belong to; all (n,)."""
    group = groups(held)[0]
    whose = np.unique(np.stack([row, group], axis=1), axis=0)
    for base, one in whose:
        mine = np.flatnonzero((group == one) & (row == base))
        still, moving = greatest_loss(held, "maintenance", mine)
        out.add(np.array([base]), np.array([-(still + moving * shift[mine[0]])]), np.array([-moving * scale[mine[0]]]))
