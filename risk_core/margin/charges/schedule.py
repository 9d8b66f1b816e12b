"""Tier tables as each net meets them: rates, deductions and floors, whatever style and measure the rulebook uses.

A size that no price moves has one rate for good. Only marginal tiers in dollars of notional, and in coins of an inverse
contract, keep their table, because there a walk crosses floors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...arrays import Flags, Floats, Ints
from ...portfolio.account_file import Account
from ...rulebooks.tiers import ANY, Step, TierRules, deductions
from ..netting import Nets

Side = str
"""`initial` or `maintenance`."""


@dataclass(frozen=True, eq=False)
class Schedule:
    """Tables of the nets asked for, n of them, all (n, T); a short table repeats its last tier.

    The requirement of a notional is the largest of rate × notional - deduction (law T3). floors and deductions are
    dollars, or coins where `moves` (n,) says so, and then count at the tested price. whole: (n,), the tier's rate
    applies to all.
    """

    starts: Floats
    rates: Floats
    deductions: Floats
    moves: Flags
    whole: bool

    def charge(self, notional: Floats, price: Floats) -> Floats:
        """Dollars asked of notional (…, n) dollars where the coin costs price (…, n) dollars."""
        unit = np.where(self.moves, price, 1.0)[..., None]
        if self.whole:
            tier = (notional[..., None] >= self.starts * unit).sum(axis=-1) - 1
            return np.asarray(notional * np.take_along_axis(
                np.broadcast_to(self.rates, (*notional.shape, self.rates.shape[-1])), tier[..., None], axis=-1)[..., 0])
        return np.asarray((notional[..., None] * self.rates - self.deductions * unit).max(axis=-1))


def schedule(account: Account, nets: Nets, at: Ints, tiers: TierRules, side: Side) -> Schedule:
    """Tables of the futures and perpetuals among the nets `at` (n,), for `initial` or `maintenance`."""
    ins = account.instruments
    underlying = ins.underlying[nets.instrument[at]]
    keeps = np.broadcast_to(_keeps_table(tiers, side, ins.inverse[nets.instrument[at]]), len(at))
    starts, rates, taken = (column[underlying] for column in _columns(account, tiers, side))
    flat = np.flatnonzero(~keeps)
    if len(flat):
        starts[flat], taken[flat] = 0.0, 0.0
        once, back = np.unique(at[flat], return_inverse=True)
        sizes = measured(account, nets, once, tiers)
        each = zip(ins.underlying[nets.instrument[once]], sizes, nets.leverage[once], strict=True)
        found = [_rate(tiers, account.underlyings[u], float(size), float(leverage), side) for u, size, leverage in each]
        rates[flat] = np.array(found)[back, None]
    whole = tiers.initial_style == "whole" and side == "initial"
    return Schedule(starts, rates, taken, keeps & np.array(tiers.measure == "coins"), whole)


def of_notional(tiers: TierRules, side: Side, notional: Floats, underlying: str = ANY) -> Floats:
    """Dollars that marginal tiers in dollars ask of a notional (dollars), the shape of `notional`."""
    table = tiers.table(underlying)
    starts, rates = [step.start for step in table], [getattr(step, side) for step in table]
    return np.asarray((notional[..., None] * np.array(rates) - np.array(deductions(starts, rates))).max(axis=-1))


def _keeps_table(tiers: TierRules, side: Side, inverse: Flags) -> Flags:
    """Where a walk crosses floors, so that the table is kept."""
    styles = {"marginal", "leverage"} if side == "initial" else {"marginal"}
    crosses = np.array(tiers.measure == "dollars") | np.array(tiers.measure == "coins") & inverse
    return np.asarray(crosses & np.array(tiers.style in styles))


def measured(account: Account, nets: Nets, at: Ints, tiers: TierRules) -> Floats:
    """Size by which the nets `at` are looked up now, (n,): dollars, coins, or the contract's own measure."""
    ins, inst = account.instruments, nets.instrument
    inverse, mark = ins.inverse[inst] & ~ins.is_option[inst], ins.mark[inst]  # an option's mark can be 0
    size = np.abs(nets.quantity)
    if tiers.measure == "dollars":
        size = size * np.where(inverse, 1.0, mark)
    elif tiers.measure == "dollars at entry":
        entry = np.where(np.isnan(nets.entry), mark, nets.entry)
        size = size * np.where(inverse, 1.0, entry)
    elif tiers.measure == "coins":
        size = size / np.where(inverse, mark, 1.0)
    if tiers.by == "instrument":
        return np.asarray(size[at])
    plain = ~ins.is_option[inst]
    key = nets.bucket * len(account.underlyings) + ins.underlying[inst]
    total = np.bincount(key[plain], weights=size[plain], minlength=int(key.max(initial=0)) + 1)
    return np.asarray(total[key[at]])


def _columns(account: Account, tiers: TierRules, side: Side) -> tuple[Floats, Floats, Floats]:
    """Floors, rates and deductions by underlying, (U, T) each."""
    tables = [tiers.table(name) for name in account.underlyings]
    width = max((len(table) for table in tables), default=1)

    def padded(rows: Sequence[Sequence[float]]) -> Floats:
        filled = [[*row, *[row[-1]] * (width - len(row))] for row in rows]
        return np.array(filled, dtype=np.float64).reshape(len(tables), width)

    starts = [[step.start for step in table] for table in tables]
    rates = [[getattr(step, side) for step in table] for table in tables]
    return padded(starts), padded(rates), padded([deductions(*pair) for pair in zip(starts, rates, strict=True)])


def _rate(tiers: TierRules, underlying: str, size: float, leverage: float, side: Side) -> float:
    """The one rate of a size that no price moves."""
    table = tiers.table(underlying)
    step = [one for one in table if size >= one.start][-1]
    base = float(getattr(step, side))
    slope = (tiers.initial_slope if side == "initial" else tiers.maintenance_slope).get(underlying, 0.0)
    if tiers.style == "linear":
        return base + slope * size
    if tiers.style == "power":
        return float(max(base, slope * size**tiers.power))
    if tiers.style == "leverage" and side == "maintenance":
        return base * (step.initial if np.isnan(leverage) else 1.0 / leverage)
    if tiers.style == "marginal" and not (side == "initial" and tiers.initial_style == "whole") and size:
        return _average(table, side, size)
    return base


def _average(table: Sequence[Step], side: Side, size: float) -> float:
    """Rate on the whole that marginal tiers come to."""
    starts, rates = [step.start for step in table], [getattr(step, side) for step in table]
    return float(max(rate - taken / size for rate, taken in zip(rates, deductions(starts, rates), strict=True)))
