"""Profit of a pool under joint relative moves: futures by their dollars, options by full revaluation, Black-76."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ....arrays import Floats, Ints
from ....portfolio.account_file import Account
from ....valuation import black76
from ..demand import Pool
from .column import Column


def profits(pool: Pool, at: Ints, columns: Sequence[Column], volatility_beta: float, *, collateral: bool
            ) -> list[Floats]:
    """Dollars (S, K) by underlying `at` (n,) under their K moves; (1, K) where they are the same at all S states.

    A linear contract gains quantity × mark × move, an inverse one face × move, valued at the moved price; an option its
    Black-76 value on the moved forward less that before, its volatility times max(1 + volatility_beta × move, 0).
    collateral: whether the pool's coins move with it.
    """
    alike = bool((pool.quantity == pool.quantity[0]).all())
    one = replace(pool, quantity=pool.quantity[:1], factors=pool.factors[:1])
    out = []
    for u, column in zip(at, columns, strict=True):
        asked = one if alike and (pool.factors[:, u] == pool.factors[0, u]).all() else pool
        profit = _dollars(asked, int(u), collateral=collateral)[:, None] * column.move
        _add_options(profit, asked, int(u), column, volatility_beta)
        out.append(profit)
    return out


def _dollars(pool: Pool, underlying: int, *, collateral: bool) -> Floats:
    """Dollars per relative move of futures, perpetuals and, where they count, coins of one underlying; (S,)."""
    ins, held = pool.account.instruments, pool.account.collateral
    mine = ~ins.is_option & (ins.underlying == underlying)
    linear, face = mine & ~ins.inverse, mine & ins.inverse
    moving = pool.quantity[:, linear] @ ins.mark[linear]
    if collateral:
        own = held.underlying == underlying
        moving = moving + pool.collateral[own] @ held.price[own]
    return np.asarray(pool.factors[:, underlying] * moving + pool.quantity[:, face].sum(axis=1))


def _add_options(out: Floats, pool: Pool, underlying: int, column: Column, volatility_beta: float) -> None:
    """Add the dollars of the options of one underlying to `out` (S, K)."""
    ins = pool.account.instruments
    mine = np.flatnonzero(ins.is_option & (ins.underlying == underlying) & pool.quantity.any(axis=0))
    smooth = ins.total_volatility[mine] >= (np.inf if volatility_beta else column.sharpest)
    if not smooth.all():
        out += _valued(pool, underlying, mine[~smooth], column.move, volatility_beta)
    if smooth.any():
        out += _valued(pool, underlying, mine[smooth], column.nodes, 0.0) @ column.weights


def _valued(pool: Pool, underlying: int, at: Ints, move: Floats, volatility_beta: float) -> Floats:
    """Dollars of options `at` of one underlying under moves (K,), (S, K)."""
    out = np.empty((pool.states, len(move)))
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
