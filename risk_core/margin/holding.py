"""An account held in one mode under one rulebook: buckets, pledges, equity and requirement at any prices."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import Floats, exact_sums
from ..portfolio.account_file import Account
from ..rulebooks.rules import Rules
from ..valuation import black76
from .charges import scan, tiered
from .models import Mode
from .netting import POOL, Nets, net


@dataclass(frozen=True, eq=False)
class Holding:
    """An account in one mode. pledge: (B,) dollars pledged to each isolated bucket, 0 for the pool."""

    account: Account
    rules: Rules
    mode: Mode
    nets: Nets
    pledge: Floats

    @cached_property
    def gross(self) -> tuple[float, Floats]:
        """Gross size now, dollars, Σ|amount × price| + Σ notional: what no walk moves, and by underlying (U,)."""
        return gross(self.account)

    @property
    def size(self) -> float:
        """Gross size of the account now, dollars."""
        still, moving = self.gross
        return still + math.fsum(moving)

    @cached_property
    def now(self) -> Margin:
        """Margin at present prices, S = 1; rows within the rulebook's tie of the worst count as equally bad."""
        return margin(self, np.ones((1, len(self.account.underlyings))), self.rules.portfolio.tie * self.size)


@dataclass(frozen=True, eq=False)
class Margin:
    """Figures of buckets at states, dollars, all (S, B); by_net holds each net's initial and maintenance, (S, N).

    charges: per underlying, where the mode scans; else empty.
    """

    equity: Floats
    initial: Floats
    maintenance: Floats
    by_net: tuple[Floats, Floats]
    charges: tuple[scan.Charge, ...]


def hold(account: Account, rules: Rules, mode: Mode) -> Holding:
    """The account in `mode`."""
    nets = net(account, mode.isolated(account.book))
    return Holding(account, rules, mode, nets, _pledges(account, rules, nets))


def _pledges(account: Account, rules: Rules, nets: Nets) -> Floats:
    """Given; else entry notional ÷ leverage; else the initial margin asked now (0 for a long option)."""
    pledge = np.zeros(nets.buckets)
    if nets.buckets == 1:
        return pledge
    legs, book = nets.bucket_leg[1:], account.book
    inverse = account.instruments.inverse[book.instrument[legs]]
    entry_notional = np.abs(book.quantity[legs]) * np.where(inverse, 1.0, book.entry[legs])
    initial, _ = tiered.requirement(account, nets, rules, np.ones((1, len(account.underlyings))))
    asked = initial[0, nets.leg_net[legs]]
    by_leverage = np.where(np.isnan(book.leverage[legs]), asked, entry_notional / book.leverage[legs])
    pledge[1:] = np.where(np.isnan(book.pledged[legs]), by_leverage, book.pledged[legs])
    return pledge


def margin(holding: Holding, factors: Floats, tie: float = 0.0) -> Margin:
    """Equity and requirement with the underlyings' prices multiplied by factors (S, U)."""
    nets = holding.nets
    if holding.mode.charge == "scan":
        return _scanned(holding, factors, tie)
    initial, maintenance = tiered.requirement(holding.account, nets, holding.rules, factors)
    return Margin(
        _equity(holding, factors),
        _by_bucket(initial, nets),
        _by_bucket(maintenance, nets),
        (initial, maintenance),
        (),
    )


def _scanned(holding: Holding, factors: Floats, tie: float) -> Margin:
    account, rules = holding.account, holding.rules.portfolio
    pool = np.arange(len(holding.nets.quantity))
    equity, maintenance = _equity(holding, factors), np.zeros((len(factors), 1))
    charges = []
    for u in range(len(account.underlyings)):
        held = scan.side(account, holding.nets, pool, u)
        distinct, back = np.unique(factors[:, u], return_inverse=True)
        one = scan.charge(account, held, u, rules, distinct, tie)
        equity[:, POOL] += one.option_value[back]
        maintenance[:, POOL] += one.total[back]
        charges.append(one)
    none = np.zeros((len(factors), 0))
    return Margin(equity, rules.initial_factor * maintenance, maintenance, (none, none), tuple(charges))


def _by_bucket(by_net: Floats, nets: Nets) -> Floats:
    """Sums over the nets of each bucket, (S, B); nets are ordered by bucket, and only the pool can be empty."""
    out = np.zeros((len(by_net), nets.buckets))
    if len(nets.bucket):
        held, first = np.unique(nets.bucket, return_index=True)
        out[:, held] = np.add.reduceat(by_net, first, axis=1)
    return out


def _equity(holding: Holding, factors: Floats) -> Floats:
    """Collateral, pledges and profit of futures and perpetuals, dollars, (S, B); option value is the scan's to add."""
    account, nets = holding.account, holding.nets
    moved = factors[:, account.instruments.underlying[nets.instrument]]
    equity = _by_bucket(nets.profit_const + nets.profit_slope * moved, nets) + holding.pledge
    const, by_underlying = collateral_value(account, holding.rules)
    equity[:, POOL] += const + factors @ by_underlying - math.fsum(holding.pledge)
    return equity


def collateral_value(account: Account, rules: Rules) -> tuple[float, Floats]:
    """Collateral after haircuts, dollars: what no walk moves, and what each underlying's price moves, (U,).

    A positive balance counts amount × price × (1 - haircut), a negative one in full.
    """
    held = account.collateral
    haircut = np.array([rules.collateral.haircut(asset) for asset in held.assets])
    value = held.amount * held.price * np.where(held.amount > 0, 1.0 - haircut, 1.0)
    still = held.underlying < 0
    moving = exact_sums(value[~still], held.underlying[~still], len(account.underlyings))
    return math.fsum(value[still]), moving


def gross(account: Account) -> tuple[float, Floats]:
    """Gross size of an account now, dollars: what no walk moves, and what each underlying's price moves, (U,)."""
    held, ins, at = account.collateral, account.instruments, account.book.instrument
    price = np.where(ins.is_option, account.index[ins.underlying], np.where(ins.inverse, 1.0, ins.mark))[at]
    moves = np.where(ins.inverse & ~ins.is_option, -1, ins.underlying)[at]
    value = np.concatenate([np.abs(held.amount * held.price), np.abs(account.book.quantity) * price])
    slot = np.concatenate([held.underlying, moves])
    count = len(account.underlyings)
    sums = exact_sums(value, np.where(slot < 0, count, slot), count + 1)
    return float(sums[-1]), sums[:-1]


def option_value(account: Account) -> Floats:
    """Dollar value of one unit of each instrument that is an option, else 0; (I,)."""
    ins = account.instruments
    out = np.zeros(len(ins.keys))
    at = np.flatnonzero(ins.is_option)
    v = ins.total_volatility[at]
    out[at] = ins.unit[at] * black76.price(ins.forward[at], ins.strike[at], v, ins.is_call[at])
    return out
