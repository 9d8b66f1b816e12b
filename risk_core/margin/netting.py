"""Who shares collateral with whom: legs into buckets, and legs of one instrument in the pool into one net."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Flags, Floats, Ints, exact_sums
from ..portfolio.account_file import Account
from .pools import Pools

POOL = 0
"""Number of the first pool, which the cross legs of a mode with one pool share."""
HEDGED = 1e-12
"""A net within this share of the gross is 0."""


@dataclass(frozen=True, eq=False)
class Nets:
    """Legs after netting, ordered by bucket and instrument, all (N,) but the last two.

    quantity: signed. leverage: smallest given, else NaN. entry: average of the legs on the net's side, NaN for options.
    Profit of futures and perpetuals at a mark multiplied by κ is profit_const + profit_slope·κ dollars (0 for options).
    leg_net: (P,), the net each leg belongs to.
    bucket_leg: (B,), the leg of an isolated bucket, -1 for a pool. Pools come first.
    backing: (B,), the pool an isolated bucket's pledge comes from, itself for a pool.
    """

    bucket: Ints
    instrument: Ints
    quantity: Floats
    leverage: Floats
    entry: Floats
    profit_const: Floats
    profit_slope: Floats
    leg_net: Ints
    bucket_leg: Ints
    backing: Ints
    pools: Pools

    @property
    def buckets(self) -> int:
        return len(self.bucket_leg)

    @property
    def alone(self) -> range:
        """Numbers of the isolated buckets."""
        return range(self.pools.count, self.buckets)

    def who(self, account: Account, bucket: int) -> str:
        """Id of a bucket: of its pool, or of its leg."""
        return account.book.ids[self.bucket_leg[bucket]] if bucket in self.alone else self.pools.id(bucket)


def net(account: Account, isolated: Flags, pools: Pools, *, both_sides: bool = False, funding: bool = True) -> Nets:
    """Buckets and nets when the legs flagged in `isolated` (P,) stand alone and the others share their pool.

    both_sides: long and short of one future or perpetual stay two nets. funding: what is accrued and not settled
    counts as profit.
    """
    book = account.book
    alone = np.flatnonzero(isolated)
    pool = pools.of_instrument[book.instrument]
    leg_bucket = pool.copy()
    leg_bucket[alone] = pools.count + np.arange(len(alone))
    option = account.instruments.is_option[book.instrument]
    side = np.where(option | (not both_sides), 0, np.sign(book.quantity)).astype(np.int64)
    pairs = np.stack([leg_bucket, book.instrument, -side], axis=1).reshape(-1, 3)
    keys, leg_net = np.unique(pairs, axis=0, return_inverse=True)
    leg_net, count = leg_net.ravel(), len(keys)
    quantity = exact_sums(book.quantity, leg_net, count)
    gross = exact_sums(np.abs(book.quantity), leg_net, count)
    leverage = np.full(count, np.nan)
    np.fmin.at(leverage, leg_net, book.leverage)
    const, slope = leg_profit(account)
    const = const + book.funding if funding else const
    quantity = np.where(np.abs(quantity) <= HEDGED * gross, 0.0, quantity)
    return Nets(
        keys[:, 0],
        keys[:, 1],
        quantity,
        leverage,
        _entry(account, quantity, leg_net),
        exact_sums(const, leg_net, count),
        exact_sums(slope, leg_net, count),
        leg_net,
        np.concatenate([np.full(pools.count, -1), alone]).astype(np.int64),
        np.concatenate([np.arange(pools.count), pool[alone]]).astype(np.int64),
        pools,
    )


def _entry(account: Account, quantity: Floats, leg_net: Ints) -> Floats:
    """Average entry of the legs on each net's side, (N,): by size where linear, harmonic where inverse; NaN for
    options.
    """
    book = account.book
    inverse = account.instruments.inverse[book.instrument]
    size = np.where(np.sign(book.quantity) == np.sign(quantity)[leg_net], np.abs(book.quantity), 0.0)
    own = np.where(account.instruments.is_option[book.instrument], np.nan, book.entry)
    value = exact_sums(np.where(inverse, size / own, size * own), leg_net, len(quantity))
    size_sum = exact_sums(size, leg_net, len(quantity))
    flipped = np.zeros(len(quantity), dtype=np.bool_)
    flipped[leg_net] = inverse
    top, bottom = np.where(flipped, size_sum, value), np.where(flipped, value, size_sum)
    return np.asarray(np.divide(top, bottom, out=np.full(len(quantity), np.nan), where=bottom > 0))


def leg_profit(account: Account) -> tuple[Floats, Floats]:
    """Profit of each leg at a mark multiplied by κ: const + slope·κ dollars, both (P,); 0 for options.

    Linear: q (mark κ - entry). Inverse, in dollars at the mark: face (mark κ ÷ entry - 1), signed.
    """
    book, instruments = account.book, account.instruments
    at = book.instrument
    mark, inverse, option = instruments.mark[at], instruments.inverse[at], instruments.is_option[at]
    entry = np.where(option, 1.0, book.entry)
    const = np.where(inverse, -book.quantity, -book.quantity * entry)
    slope = np.where(inverse, book.quantity * mark / entry, book.quantity * mark)
    return np.where(option, 0.0, const), np.where(option, 0.0, slope)
