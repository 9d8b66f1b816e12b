"""Profit of a pool under joint relative moves: futures by their dollars, options by full revaluation, Black-76."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....arrays import Floats, Ints
from ....portfolio.account_file import Account
from ....valuation import black76
from ..demand import Pool
from .column import Column


def profits(pool: Pool, at: Ints, columns: Sequence[Column], volatility_beta: float, *, collateral: bool) -> Floats:
    """Dollars (n, S, K) by underlying `at` (n,) under their K moves, at each of the pool's S states.

    A linear contract gains quantity × mark × move, an inverse one face × move, valued at the moved price; an option its
    Black-76 value on the moved forward less that before, its volatility times max(1 + volatility_beta × move, 0).
    collateral: whether the pool's coins move with it.
    """
    dollars = _dollars(pool, collateral=collateral)
    every = [dollars[:, u, None] * column.move + _options(pool, int(u), column, volatility_beta)
             for u, column in zip(at, columns, strict=True)]
    return np.stack(every)


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


def _options(pool: Pool, underlying: int, column: Column, volatility_beta: float) -> Floats:
    """Dollars of the options of one underlying, (S, K)."""
    ins = pool.account.instruments
    mine = np.flatnonzero(ins.is_option & (ins.underlying == underlying) & pool.quantity.any(axis=0))
    smooth = ins.total_volatility[mine] >= (np.inf if volatility_beta else column.sharpest)
    out = _valued(pool, underlying, mine[~smooth], column.move, volatility_beta)
    if smooth.any():
        out = out + _valued(pool, underlying, mine[smooth], column.nodes, 0.0) @ column.weights
    return out


def _valued(pool: Pool, underlying: int, at: Ints, move: Floats, volatility_beta: float) -> Floats:
    """Dollars of options `at` of one underlying under moves (K,), (S, K)."""
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
