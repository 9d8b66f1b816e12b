"""What the rows make of each instrument of one underlying: unit values of options, dollar deltas of the rest.

Values depend on the price and not on what is held, so they are computed once for every distinct price and then
contracted with the quantities of each state. Sources: profit in coin, q x ÷ (1 + x), Deribit; index as base, OKX; part
of the forward that a settlement average has fixed, Derive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....arrays import Floats, Ints
from ....portfolio.account_file import Account
from ....rulebooks.portfolio import PortfolioRules
from ....valuation import black76
from ....valuation.sensitivities import discount_rate
from ..demand import Pool
from . import feeds
from .rows import table
from .shocks import root_left, volatilities

MINUTES = 525_600.0
"""Minutes in a year of 365 days."""


@dataclass(frozen=True, eq=False)
class Held:
    """What a pool holds of one underlying at S states.

    factor: (S,). option, linear: instruments that some state holds, options and the rest. size: (S, options).
    delta: (S,) dollars per relative move of what is settled in dollars; face: (S,) the same of inverse contracts.
    gross: (S,) Σ|dollar deltas| of single instruments.
    """

    factor: Floats
    option: Ints
    linear: Ints
    size: Floats
    delta: Floats
    face: Floats
    gross: Floats


def held(pool: Pool, rules: PortfolioRules, underlying: int) -> Held:
    """The part of `pool` in one underlying."""
    ins, factor = pool.account.instruments, pool.factors[:, underlying]
    mine = np.flatnonzero((ins.underlying == underlying) & (pool.quantity != 0).any(axis=0))
    option, linear = mine[ins.is_option[mine]], mine[~ins.is_option[mine]]
    base = np.full(len(linear), pool.account.index[underlying]) if rules.linear_base == "index" else ins.mark[linear]
    inverse, size = ins.inverse[linear], pool.quantity[:, linear]
    moving = np.where(inverse, 0.0, size * base) * factor[:, None]
    face = np.where(inverse, size * _face(pool.account, rules, linear), 0.0)
    return Held(factor, option, linear, pool.quantity[:, option], moving.sum(axis=1), face.sum(axis=1),
                np.abs(moving).sum(axis=1) + np.abs(face).sum(axis=1))


def _face(account: Account, rules: PortfolioRules, linear: Ints) -> Floats:
    """Dollar delta of one dollar of face: 1, or index ÷ mark where coin counts at the index; (n,)."""
    if rules.profit_in == "dollars" and rules.linear_base == "mark":
        return np.ones(len(linear))
    ins = account.instruments
    return np.asarray(account.index[ins.underlying[linear]] / ins.mark[linear])


def linear_profit(mine: Held, rules: PortfolioRules) -> Floats:
    """Profit of futures and perpetuals in each row before weights, dollars (S, K)."""
    move = table(rules).move
    by_face = move / (1.0 + move) if rules.profit_in == "coin" else move
    return np.asarray(mine.delta[:, None] * move + mine.face[:, None] * by_face)


@dataclass(frozen=True, eq=False)
class Values:
    """Value of one unit of each option at the distinct prices of a pool, dollars.

    now: (n, o); then: (n, K, o); back: (S,) which of the n prices a state has. moved: (n, M, o) at the moves of
    the basis, volatility unchanged. volatility: (K, o) σ in each row.
    """

    now: Floats
    then: Floats
    moved: Floats
    back: Ints
    volatility: Floats


def values(account: Account, mine: Held, rules: PortfolioRules) -> Values:
    """Unit values of the options of `mine`."""
    ins, option, rows = account.instruments, mine.option, table(rules)
    factor, back = np.unique(mine.factor, return_inverse=True)
    v = ins.total_volatility[option]
    now = _priced(account, rules, option, factor[:, None], v)
    moved = _priced(account, rules, option, _moved(account, rules, option, factor, np.array(rules.basis_moves)), v)
    volatility = volatilities(account, rules, option)
    then = _priced(account, rules, option, _moved(account, rules, option, factor, rows.move),
                   volatility * root_left(account, rules, option))
    if rows.days.any():
        passed = np.minimum(rows.days[:, None] / 365.0, ins.years[option])
        then = then * np.exp(discount_rate(account, option) * passed * (rules.option_discount == "as valued"))
    if rules.profit_in == "coin":
        then = then / np.where(ins.inverse[option], 1.0 + rows.move[:, None], 1.0)
    return Values(now, then, moved, np.asarray(back.ravel()), volatility)


def _moved(account: Account, rules: PortfolioRules, option: Ints, factor: Floats, move: Floats) -> Floats:
    """What forwards are multiplied by, (n, moves, o): a part that a settlement average has fixed stands still."""
    still = fixed_share(account, rules, option)
    return np.asarray(factor[:, None, None] * (1.0 + move[:, None] * (1.0 - still)))


def fixed_share(account: Account, rules: PortfolioRules, option: Ints) -> Floats:
    """Part of each option's forward that its settlement average has fixed, (n,): as given, else by the time left."""
    if not rules.settlement_minutes:
        return np.zeros(len(option))
    left = account.instruments.years[option] * MINUTES
    by_time = np.clip(1.0 - left / rules.settlement_minutes, 0.0, 1.0)
    given = feeds.fixed_shares(account, option)
    return np.asarray(np.where(np.isnan(given), by_time, given))


def _priced(account: Account, rules: PortfolioRules, option: Ints, multiple: Floats, v: Floats) -> Floats:
    """Dollars of one unit with forwards multiplied by `multiple` (..., o or 1) and total volatilities v (..., o)."""
    ins = account.instruments
    unit = ins.unit[option]
    if rules.option_discount == "none":
        unit = np.where(ins.inverse[option], account.index[ins.underlying[option]] / ins.forward[option], 1.0)
    strike = ins.strike[option] / ins.forward[option]  # priced in units of the forward
    shape = np.broadcast_shapes(multiple.shape, v.shape, strike.shape)
    value = black76.price(np.broadcast_to(multiple, shape), strike, np.broadcast_to(v, shape), ins.is_call[option])
    return np.asarray(value * (unit * ins.forward[option]))


def contracted(size: Floats, unit: Floats, back: Ints) -> Floats:
    """Σ size × unit over options: size (S, o), unit (n, …, o), back (S,); (S, …)."""
    if len(unit) == 1:
        return np.asarray(np.einsum("so,...o->s...", size, unit[0]))
    return np.asarray(np.einsum("so,s...o->s...", size, unit[back]))
