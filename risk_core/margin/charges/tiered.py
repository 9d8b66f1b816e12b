"""Charge by tier: futures and perpetuals at the rate of the tier their notional falls in, short options by formula.

Requirement of each net on its own; a bucket's is the sum. `requirement` values states, `maintenance_lines` says the
same thing as lines along walks; `tests/core/test_lines.py` holds the two together.
"""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Ints
from ...liquidation.walks import Terms
from ...portfolio.account_file import Account
from ...rulebooks.rules import Rules, TierRules
from ...valuation import black76
from ..netting import Nets
from .form import LineSum


def requirement(account: Account, nets: Nets, rules: Rules, factors: Floats) -> tuple[Floats, Floats]:
    """Initial and maintenance margin of each net, dollars, (S, N) each; factors (S, U) multiply each underlying."""
    initial = np.zeros((len(factors), len(nets.quantity)))
    maintenance = np.zeros_like(initial)
    option = account.instruments.is_option[nets.instrument]
    plain, short = np.flatnonzero(~option), np.flatnonzero(option & (nets.quantity < 0))
    if len(plain):
        initial[:, plain], maintenance[:, plain] = _futures(account, nets, plain, rules, factors)
    if len(short):
        initial[:, short], maintenance[:, short] = _short_options(account, nets, short, rules, factors)
    return initial, maintenance


def _futures(account: Account, nets: Nets, at: Ints, rules: Rules, factors: Floats) -> tuple[Floats, Floats]:
    inst = nets.instrument[at]
    moved = np.where(account.instruments.inverse[inst], 1.0, factors[:, account.instruments.underlying[inst]])
    notional = notional_now(account, nets, at) * moved
    by_leverage = np.where(np.isnan(nets.leverage[at]), 0.0, notional / nets.leverage[at])
    initial = np.maximum(by_tier(rules.tiers, "initial", notional), by_leverage)
    return initial, by_tier(rules.tiers, "maintenance", notional)


def notional_now(account: Account, nets: Nets, at: Ints) -> Floats:
    """Present notional of futures and perpetuals `at`, dollars: |q| × mark, or |face| when inverse; (len(at),)."""
    inst = nets.instrument[at]
    return np.abs(nets.quantity[at]) * np.where(account.instruments.inverse[inst], 1.0, account.instruments.mark[inst])


def by_tier(tiers: TierRules, side: str, notional: Floats) -> Floats:
    """Rate × notional - deduction of the tier, dollars, the shape of `notional`.

    Rates rise and deductions make the tiers meet, so the tier that applies is the one that asks most (law T3).
    """
    rates, deductions = tiers.rates(side), tiers.deductions(side)
    return np.asarray((notional[..., None] * rates - deductions).max(axis=-1))


def tier_of(tiers: TierRules, notional: float) -> int:
    """Number of the tier a notional (dollars) falls in."""
    return int(np.searchsorted(tiers.starts(), notional, side="right")) - 1


def _short_options(account: Account, nets: Nets, at: Ints, rules: Rules, factors: Floats) -> tuple[Floats, Floats]:
    ins, inst = account.instruments, nets.instrument[at]
    factor = factors[:, ins.underlying[inst]]
    strike, is_call = ins.strike[inst], ins.is_call[inst]
    index = account.index[ins.underlying[inst]] * factor
    mark = ins.unit[inst] * black76.price(ins.forward[inst] * factor, strike, ins.total_volatility[inst], is_call)
    base = np.where(is_call, index, np.minimum(index, strike))
    out = np.maximum(np.where(is_call, strike - index, index - strike), 0.0)
    o = rules.options
    size = -nets.quantity[at]
    initial = size * (np.maximum(o.initial_rate * index - out, o.initial_floor * base) + mark)
    return initial, size * (o.maintenance_rate * base + mark)


def maintenance_lines(account: Account, nets: Nets, rules: Rules, lines: LineSum, at: Ints, row: Ints,
                      shift: Floats, scale: Floats, now: Floats) -> None:
    """Take the maintenance of nets `at` off rows `row`; prices are multiplied by shift + scale·k; all (E,).

    now: (N,) maintenance of every net at present prices.
    """
    option = account.instruments.is_option[nets.instrument[at]]
    inverse = account.instruments.inverse[nets.instrument[at]]
    still = (scale == 0) | (inverse & ~option)
    if still.any():
        lines.add(row[still], -now[at[still]])
    short = ~still & option & (nets.quantity[at] < 0)
    for chosen, part in ((~still & ~option, _futures_lines), (short, _option_lines)):
        if chosen.any():
            part(account, nets, rules, lines, at[chosen], row[chosen], shift[chosen], scale[chosen])


def _futures_lines(account: Account, nets: Nets, rules: Rules, lines: LineSum, at: Ints, row: Ints,
                   shift: Floats, scale: Floats) -> None:
    notional = notional_now(account, nets, at)
    starts, rates = rules.tiers.starts(), rules.tiers.rates("maintenance")
    lines.add(row, -rates[0] * notional * shift, -rates[0] * notional * scale)
    for start, rise in zip(starts[1:], np.diff(rates), strict=True):
        edge = np.full(len(row), start)
        lines.terms.append(Terms(row, np.full(len(row), -rise), notional * shift, notional * scale, edge, 0 * edge))


def _option_lines(account: Account, nets: Nets, rules: Rules, lines: LineSum, at: Ints, row: Ints,
                  shift: Floats, scale: Floats) -> None:
    ins, inst = account.instruments, nets.instrument[at]
    size, strike = -nets.quantity[at], ins.strike[inst]
    index = account.index[ins.underlying[inst]]
    rate = rules.options.maintenance_rate * size
    lines.add(row, -rate * index * shift, -rate * index * scale)
    lines.option(row, -size, account, inst, shift, scale, ins.total_volatility[inst])
    put = ~ins.is_call[inst]
    if put.any():  # min(S, K) = S - max(S - K, 0)
        lines.terms.append(Terms(row[put], rate[put], (index * shift)[put], (index * scale)[put], strike[put],
                                 np.zeros(int(put.sum()))))
