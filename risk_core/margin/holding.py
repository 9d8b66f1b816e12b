"""An account held in one mode under one rulebook: buckets, pledges, equity and requirement at any prices."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np

from ..arrays import Floats, Ints, exact_rows
from ..errors import Problem, Refused
from ..portfolio.account_file import Account
from ..rulebooks.rules import Rules
from . import initial_pledges
from .account_value import gross, option_values
from .balances import collateral_value
from .charges import open_interest, open_orders, scan, tiered
from .hedged import gains
from .methods import choose
from .methods.demand import Demand, Pool
from .models import Mode, unavailable
from .netting import POOL, Nets, net
from .pools import pools

HELD = 32
"""Holdings that are kept for the next question."""


@dataclass(frozen=True, eq=False)
class Holding:
    """An account in one mode. pledge: (B,) dollars pledged now to each isolated bucket, 0 for a pool.

    pledge_coin: (B,) index of the underlying in whose coin the pledge is held, -1 where it is held in dollars.
    """

    account: Account
    rules: Rules
    mode: Mode
    nets: Nets
    pledge: Floats
    pledge_coin: Ints

    @cached_property
    def gross(self) -> tuple[float, Floats]:
        """Gross size now, dollars, Σ|amount × price| + Σ notional: what no walk moves, and by underlying (U,)."""
        return gross(self.account)

    @property
    def charge(self) -> Literal["tiered", "scan", "method"]:
        """How this pool is charged: leg by leg, by rows that are sums of options, or by another method."""
        if self.mode.charge == "tiered":
            return "tiered"
        return "scan" if self.rules.scans else "method"

    @property
    def counts_option_value(self) -> bool:
        """Whether the market value of options, with its sign, is part of equity."""
        return self.mode.counts_option_value(self.rules)

    @property
    def size(self) -> float:
        """Gross size of the account now, dollars."""
        still, moving = self.gross
        return still + math.fsum(moving)

    @cached_property
    def now(self) -> Margin:
        """Margin at present prices, S = 1; rows within the rulebook's tie of the worst count as equally bad."""
        tie = self.rules.portfolio.tie if self.rules.portfolio else 0.0
        return margin(self, np.ones((1, len(self.account.underlyings))), tie * self.size)

    def pledged(self, factors: Floats) -> Floats:
        """Dollars pledged to each bucket with the underlyings' prices multiplied by factors (S, U), (S, B)."""
        moved = np.concatenate([factors, np.ones((len(factors), 1))], axis=1)  # -1 takes the last, which stands still
        return np.asarray(self.pledge * moved[:, self.pledge_coin])


@dataclass(frozen=True, eq=False)
class Margin:
    """Figures of buckets at states, dollars, all (S, B). withheld: equity that does not back initial margin.

    by_net: of each net, None where legs are charged together. charges: per underlying, where the pool is scanned; else
    empty. demand: of the whole pool, where another method charges it; else None.
    """

    equity: Floats
    initial: Floats
    maintenance: Floats
    withheld: Floats
    by_net: tiered.Requirement | None
    charges: tuple[scan.Charge, ...]
    demand: Demand | None = None


class _Same:
    """Stands for one object and no equal one: rules compare by all their values, which takes longer than to hold."""

    __slots__ = ("one",)

    def __init__(self, one: Rules) -> None:
        self.one = one

    def __hash__(self) -> int:
        return id(self.one)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.one is other.one


def hold(account: Account, rules: Rules, mode: Mode) -> Holding:
    """The account in `mode`; the same object for the same three, which tables, levels and curves of a page ask for.

    Raises Refused where the rulebook does not define it.
    """
    return _hold(account, _Same(rules), mode)


@lru_cache(maxsize=HELD)
def _hold(account: Account, same: _Same, mode: Mode) -> Holding:
    rules = same.one
    if reason := unavailable(mode, account, rules):
        raise Refused([Problem("rules", mode.name, f"is not available: {reason}")])
    rules = rules.model_copy(update={"tiers": open_interest.raised(rules.tiers, account)})
    shared, counted = pools(account, rules), rules.futures.funding == "counts at once"
    nets = net(account, mode.isolated(account.book), shared, both_sides=rules.futures.sides == "both", funding=counted)
    legs = nets.bucket_leg[shared.count:]
    instrument = account.book.instrument[legs]
    in_coin = account.instruments.inverse[instrument] & np.array(rules.futures.pledge == "coin")
    coin = np.where(in_coin, account.instruments.underlying[instrument], -1)
    pledge_coin = np.concatenate([np.full(shared.count, -1), coin]).astype(np.int64)
    return Holding(account, rules, mode, nets, initial_pledges.pledges(account, rules, nets), pledge_coin)


def margin(holding: Holding, factors: Floats, tie: float = 0.0) -> Margin:
    """Equity and requirement with the underlyings' prices multiplied by factors (S, U)."""
    nets = holding.nets
    if holding.charge == "scan":
        return _scanned(holding, factors, tie)
    if holding.charge == "method":
        return _by_method(holding, factors)
    asked = tiered.requirement(holding.account, nets, holding.rules, factors)
    equity = _equity(holding, factors)
    if holding.counts_option_value:
        equity += _by_bucket(nets.quantity * option_values(holding.account, factors)[:, nets.instrument], nets)
    initial = _by_bucket(asked.initial, nets)
    initial[:, :nets.alone.start] += open_orders.added(holding.account, nets, holding.rules, factors, "tiered")
    return Margin(equity, initial, _by_bucket(asked.maintenance, nets), _withheld(holding, factors), asked, ())


def _scanned(holding: Holding, factors: Floats, tie: float) -> Margin:
    account, rules = holding.account, holding.rules.scanned
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
    initial = rules.initial_factor * maintenance
    initial += open_orders.added(account, holding.nets, holding.rules, factors, "scan")
    return Margin(equity, initial, maintenance, _withheld(holding, factors), None, tuple(charges))


def _by_method(holding: Holding, factors: Floats) -> Margin:
    account, nets = holding.account, holding.nets
    asked = choose.demand(whole_pool(account, nets, factors), holding.rules)
    equity = _equity(holding, factors)
    equity += _by_bucket(nets.quantity * option_values(account, factors)[:, nets.instrument], nets)
    maintenance = asked.maintenance[:, None]
    initial = asked.initial[:, None] + open_orders.added(account, nets, holding.rules, factors, "method")
    return Margin(equity, initial, maintenance, _withheld(holding, factors), None, (), asked)


def whole_pool(account: Account, nets: Nets, factors: Floats) -> Pool:
    """All nets as one pool with the underlyings' prices multiplied by factors (S, U)."""
    quantity = np.bincount(nets.instrument, nets.quantity, len(account.instruments.keys))
    return Pool(account, np.tile(quantity, (len(factors), 1)), factors, account.collateral.amount)


def _withheld(holding: Holding, factors: Floats) -> Floats:
    """Equity that does not back new positions, dollars (S, B): gains where only losses count, haircuts of initial
    margin.
    """
    nets, rules, account = holding.nets, holding.rules, holding.account
    out = np.zeros((len(factors), nets.buckets))
    if rules.futures.profit == "losses only":
        out += _by_bucket(gains(account, nets, factors).withheld, nets)
    if rules.collateral.initial_haircuts:
        asked = collateral_value(account, rules, nets.pools), collateral_value(account, rules, nets.pools, initial=True)
        for pool, ((const, moving), (const_initial, moving_initial)) in enumerate(zip(*asked, strict=True)):
            out[:, pool] += const - const_initial + factors @ (moving - moving_initial)
    return out


def _by_bucket(by_net: Floats, nets: Nets) -> Floats:
    """Sums over the nets of each bucket, (S, B); nets are ordered by bucket, and only pools can be empty."""
    out = np.zeros((len(by_net), nets.buckets))
    if len(nets.bucket):
        held, first = np.unique(nets.bucket, return_index=True)
        out[:, held] = np.add.reduceat(by_net, first, axis=1)
    return out


def _equity(holding: Holding, factors: Floats) -> Floats:
    """Collateral, pledges and profit of futures and perpetuals, dollars, (S, B); option value is the scan's to add."""
    account, nets = holding.account, holding.nets
    moved = factors[:, account.instruments.underlying[nets.instrument]]
    pledged = holding.pledged(factors)
    equity = _by_bucket(nets.profit_const + nets.profit_slope * moved, nets) + pledged
    for pool, (const, by_underlying) in enumerate(collateral_value(account, holding.rules, nets.pools)):
        equity[:, pool] += const + factors @ by_underlying - exact_rows(pledged[:, nets.backing == pool])
    return equity


