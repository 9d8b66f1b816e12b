"""What a pool holds, as add-ons measure it: deltas, vegas, notionals and option values at every state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....arrays import Flags, Floats, Ints
from ....portfolio.instruments import PERPETUAL
from ....portfolio.market import Underlying
from ....valuation import black76
from ....valuation.sensitivities import discount_rate
from ..demand import Pool


@dataclass(frozen=True, eq=False)
class Terms:
    """Instruments by expiry, E of them: index of each instrument (I,), underlying and years (E,), NaN of perpetuals."""

    of: Ints
    underlying: Ints
    years: Floats


@dataclass(frozen=True, eq=False)
class Exposure:
    """A pool at S states. Everything is signed with the quantity where it can be, in dollars or coins."""

    pool: Pool

    @cached_property
    def blocks(self) -> tuple[Underlying, ...]:
        """What the market says of each underlying, (U,)."""
        account = self.pool.account
        return tuple(account.market.underlyings[name] for name in account.underlyings)

    def stated(self, key: str) -> Floats:
        """A figure of the market by underlying, (U,); NaN where the account file does not say it."""
        found = [getattr(block, key) for block in self.blocks]
        return np.array([np.nan if one is None else float(one) for one in found])

    @cached_property
    def price(self) -> Floats:
        """Index price, dollars (S, U)."""
        return np.asarray(self.pool.account.index * self.pool.factors)

    @cached_property
    def is_option(self) -> Flags:
        return self.pool.account.instruments.is_option

    @cached_property
    def is_perpetual(self) -> Flags:
        return np.asarray(self.pool.account.instruments.kind == PERPETUAL)

    @property
    def quantity(self) -> Floats:
        """Net quantities (S, I)."""
        return self.pool.quantity

    @cached_property
    def moved(self) -> Floats:
        """What the price of each instrument's underlying is multiplied by, (S, I)."""
        return np.asarray(self.pool.factors[:, self.pool.account.instruments.underlying])

    @cached_property
    def own_price(self) -> Floats:
        """Index price of each instrument's underlying, dollars (S, I)."""
        return np.asarray(self.price[:, self.pool.account.instruments.underlying])

    @cached_property
    def futures(self) -> Floats:
        """Signed notional of futures and perpetuals, dollars (S, I); 0 of options."""
        ins = self.pool.account.instruments
        unit = np.where(ins.inverse, 1.0, np.where(self.is_option, 0.0, ins.mark) * self.moved)
        return np.where(self.is_option, 0.0, self.quantity * unit)

    @cached_property
    def _units(self) -> tuple[Floats, Floats, Floats]:
        """Of one unit of each option, 0 of others, (S, I): value in dollars, delta in coins, dollars per vol point."""
        ins = self.pool.account.instruments
        at = np.flatnonzero(self.is_option)
        value, delta, vega = np.zeros((3, self.pool.states, len(ins.keys)))
        if not len(at):
            return value, delta, vega
        distinct, back = np.unique(self.moved[:, at], axis=0, return_inverse=True)
        forward = ins.forward[at] * distinct
        g = black76.greeks(forward, ins.strike[at], ins.volatility[at], ins.years[at], np.ones(len(at)),
                           ins.is_call[at], discount_rate(self.pool.account, at))
        index = self.pool.account.index[ins.underlying[at]]
        back = back.ravel()
        value[:, at] = (ins.unit[at] * g.value)[back]
        delta[:, at] = (ins.unit[at] * g.delta * ins.forward[at] / index)[back]
        vega[:, at] = (ins.unit[at] * g.vega)[back]
        return value, delta, vega

    @property
    def mark(self) -> Floats:
        """Dollars one unit of each option is worth, (S, I); 0 of others."""
        return self._units[0]

    @property
    def vega(self) -> Floats:
        """Dollars per vol point, signed (S, I)."""
        return np.asarray(self.quantity * self._units[2])

    @property
    def unit_delta(self) -> Floats:
        """Delta of one unit of each option, coins (S, I); 0 of others."""
        return self._units[1]

    def delta(self, kind: str = "forward") -> Floats:
        """Signed delta, coins (S, I). kind `less premium`: of options settled in coin, less their mark in coin."""
        unit = self.unit_delta
        if kind == "less premium":
            unit = unit - np.where(self.pool.account.instruments.inverse, self.mark / self.own_price, 0.0)
        return np.asarray(self.coins + self.quantity * unit)

    @cached_property
    def coins(self) -> Floats:
        """Signed size of futures and perpetuals in coins, (S, I), face ÷ mark of inverse ones; 0 of options."""
        ins = self.pool.account.instruments
        face = ins.inverse & ~self.is_option
        size = self.quantity / np.where(face, np.where(face, ins.mark, 1.0) * self.moved, 1.0)
        return np.where(self.is_option, 0.0, size)

    @cached_property
    def notional(self) -> Floats:
        """Unsigned notional, dollars (S, I); an option's is units × index price."""
        return np.where(self.is_option, np.abs(self.quantity) * self.own_price, np.abs(self.futures))

    def by_underlying(self, values: Floats) -> Floats:
        """Sums of (S, I) by underlying, (S, U)."""
        return summed(values, self.pool.account.instruments.underlying, len(self.pool.account.underlyings))

    @cached_property
    def terms(self) -> Terms:
        """Expiries of the account's instruments."""
        ins = self.pool.account.instruments
        pairs = np.stack([ins.underlying.astype(np.float64), np.where(np.isnan(ins.years), -1.0, ins.years)], axis=1)
        found, of = np.unique(pairs, axis=0, return_inverse=True)
        return Terms(of.ravel(), found[:, 0].astype(np.int64), np.where(found[:, 1] < 0, np.nan, found[:, 1]))

    def by_term(self, values: Floats) -> Floats:
        """Sums of (S, I) by expiry, (S, E)."""
        return summed(values, self.terms.of, len(self.terms.years))


def summed(values: Floats, group: Ints, count: int) -> Floats:
    """Sums of the columns of (S, n) by group, (S, count); one column after the other, whatever the number of states."""
    out = np.zeros((len(values), count))
    for column, at in enumerate(group):
        out[:, at] += values[:, column]
    return out
