"""Profit of a pool under joint relative moves: futures by their dollars, options by full revaluation, Black-76."""

from __future__ import annotations

import numpy as np

from ....arrays import Floats, Ints
from ....portfolio.account_file import Account
from ....valuation import black76
from ..demand import Pool


def profits(pool: Pool, at: Ints, relative: Floats, volatility_beta: float, *, collateral: bool) -> Floats:
    """Dollars (n, S, K) by underlying `at` (n,) under moves `relative` (K, n), at each of the pool's S states.

    A linear contract gains quantity × mark × move, an inverse one face × move, valued at the moved price; an option its
    Black-76 value on the moved forward less that before, its volatility times max(1 + volatility_beta × move, 0).
    collateral: whether the pool's coins move with it.
    """
    dollars = _dollars(pool, collateral=collateral)
    out = np.empty((len(at), pool.states, len(relative)))
    for i, u in enumerate(at):
        out[i] = dollars[:, u, None] * relative[:, i] + _options(pool, int(u), relative[:, i], volatility_beta)
    return out


def _dollars(pool: Pool, *, collateral: bool) -> Floats:
    """Dollars per relative move of futures, perpetuals and, where they count, coins held; (S, U)."""
    account = pool.account
    ins, held = account.instruments, account.collateral
    linear, face = ~ins.is_option & ~ins.inverse, ~ins.is_option & ins.inverse
    slots = np.arange(len(account.underlyings))[:, None]
    moving = (pool.quantity[:, linear] * ins.mark[linear]) @ (ins.underlying[linear] == slots).T
    still = pool.quantity[:, face] @ (ins.underlying[face] == slots).T
    if collateral:
        moving = moving + (pool.collateral * held.price) @ (held.underlying == slots).T
    return np.asarray(pool.factors * moving + still)


def _options(pool: Pool, underlying: int, move: Floats, volatility_beta: float) -> Floats:
    """Dollars of the options of one underlying, (S, K)."""
    ins = pool.account.instruments
    at = np.flatnonzero(ins.is_option & (ins.underlying == underlying) & pool.quantity.any(axis=0))
    out = np.zeros((pool.states, len(move)))
    if len(at):
        factors, state = np.unique(pool.factors[:, underlying], return_inverse=True)
        for number, factor in enumerate(factors):
            mine = np.flatnonzero(state == number)
            out[mine] = pool.quantity[np.ix_(mine, at)] @ unit_profit(pool.account, at, factor, move, volatility_beta)
    return out


def unit_profit(account: Account, at: Ints, factor: float, move: Floats, volatility_beta: float) -> Floats:
    """Dollars of one unit of options `at` (o,) with their forwards times `factor` before the moves (K,), (o, K)."""
    ins = account.instruments
    forward, strike, is_call, v = (column[at, None] for column in
                                   (ins.forward * factor, ins.strike, ins.is_call, ins.total_volatility))
    shocked = v * np.maximum(1.0 + volatility_beta * move, 0.0) if volatility_beta else v
    # in units of the forward, so that logarithms are of moves and of strikes, not of both
    then = black76.price(1.0 + move, strike / forward, shocked, is_call)
    return np.asarray(ins.unit[at, None] * forward * (then - black76.price(1.0, strike / forward, v, is_call)))
