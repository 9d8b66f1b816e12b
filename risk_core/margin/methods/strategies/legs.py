"""What is held of one underlying as legs that strategies use up: amounts, marks, and margin of a leg left alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....arrays import Flags, Floats, Ints
from ....rulebooks.strategies import StrategyRules
from ....valuation import black76
from ..demand import Pool

CALL, PUT, UNDERLYING = "call", "put", "underlying"


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of one instrument, or coins held as collateral (instrument -1), which cover short calls.

    right: call, put or underlying; strike and years 0 where it has none.
    """

    instrument: int
    is_long: bool
    right: str
    strike: float
    years: float


@dataclass(frozen=True, eq=False)
class Legs:
    """Legs (m,) of one underlying at n states, dollars per unit of the underlying.

    amount: (n, m) units of the underlying, ≥ 0. index: (n,). mark: (n, m) of options, 0 of the underlying. alone:
    (n, m) margin of a leg that stands alone: what a short option risks besides its mark, the mark of a long one, which
    is paid in full; 0 of the underlying, which is charged apart.
    """

    legs: tuple[Leg, ...]
    amount: Floats
    index: Floats
    mark: Floats
    alone: Floats


def legs_of(pool: Pool, underlying: int, factor: Floats, quantity: Floats, rules: StrategyRules) -> Legs:
    """Legs of an underlying with its price multiplied by factor (n,), of quantities (n, I)."""
    ins, account = pool.account.instruments, pool.account
    index = account.index[underlying] * factor
    units = np.where(ins.inverse & ~ins.is_option, quantity / index[:, None], quantity)
    mine = np.flatnonzero(ins.underlying == underlying)
    pairs = [(int(i), is_long) for i in mine for is_long in (True, False)
             if ((units[:, i] > 0) if is_long else (units[:, i] < 0)).any()]
    legs = tuple(_leg(pool, i, is_long) for i, is_long in pairs)
    at = np.array([i for i, _ in pairs], dtype=np.int64)
    sign = np.array([1.0 if is_long else -1.0 for _, is_long in pairs])
    mark = _marks(pool, at, factor)
    alone = np.where(ins.is_option[at], np.where(sign > 0, mark, _risk(pool, at, index, rules)), 0.0)
    plain = Legs(legs, np.maximum(units[:, at] * sign, 0.0), index, mark, alone)
    held = pool.account.collateral
    coins = float(np.maximum(pool.collateral[held.underlying == underlying], 0.0).sum())
    return _with_coins(plain, coins) if coins and legs else plain


def _with_coins(plain: Legs, coins: float) -> Legs:
    """The legs, and coins of the collateral as one more."""
    none = np.zeros((len(plain.index), 1))
    return Legs((*plain.legs, Leg(-1, True, UNDERLYING, 0.0, 0.0)), np.hstack([plain.amount, none + coins]),
                plain.index, np.hstack([plain.mark, none]), np.hstack([plain.alone, none]))


def _leg(pool: Pool, i: int, is_long: bool) -> Leg:
    ins = pool.account.instruments
    right = (CALL if ins.is_call[i] else PUT) if ins.is_option[i] else UNDERLYING
    strike, years = (float(ins.strike[i]), float(ins.years[i])) if ins.is_option[i] else (0.0, 0.0)
    return Leg(i, is_long, right, strike, years)


def _marks(pool: Pool, at: Ints, factor: Floats) -> Floats:
    """Dollar value of a unit of options `at` (m,), 0 of others; (n, m)."""
    ins = pool.account.instruments
    option = ins.is_option[at]
    out = np.zeros((len(factor), len(at)))
    own = at[option]
    out[:, option] = ins.unit[own] * black76.price(factor[:, None] * ins.forward[own], ins.strike[own],
                                                   ins.total_volatility[own], ins.is_call[own])
    return out


def _risk(pool: Pool, at: Ints, index: Floats, rules: StrategyRules) -> Floats:
    """Margin of a naked short besides its mark: max(rate U − out of the money, floor); (n, m)."""
    ins = pool.account.instruments
    if not len(at):
        return np.zeros((len(index), 0))
    name = pool.account.underlyings[int(ins.underlying[at[0]])]
    times = rules.leverage.get(name, 1.0)
    price, strike, is_call = index[:, None], ins.strike[at], ins.is_call[at]
    out_of_money = np.maximum(np.where(is_call, strike - price, price - strike), 0.0)
    floor = np.where(is_call, rules.call_floor * price, rules.put_floor * strike)
    rate = rules.option_rates.get(name, rules.option_rate)
    return np.asarray(np.maximum(times * rate * price - out_of_money, times * floor))


def is_short(legs: Legs) -> Flags:
    """Which legs are short, (m,)."""
    return np.array([not leg.is_long for leg in legs.legs], dtype=np.bool_)
