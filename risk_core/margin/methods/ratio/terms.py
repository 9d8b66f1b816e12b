"""What a ratio is made of: margin of positions by tier, loans, and collateral as it counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ....arrays import Floats
from ....portfolio.account_file import Account
from ....rulebooks.ratio import RatioRules
from ....rulebooks.rules import Rules
from ...charges import tiered
from ...netting import POOL, Nets, net
from ...pools import pools
from ..demand import Pool


@dataclass(frozen=True, eq=False)
class Terms:
    """Dollars at S states, all (S,).

    initial, maintenance: of positions by tier. owed: value of negative balances. owed_counted: what they take off
    equity. uncredited: what collateral that backs loans counts in equity beyond what it may back.
    """

    initial: Floats
    maintenance: Floats
    owed: Floats
    owed_counted: Floats
    uncredited: Floats


def terms(pool: Pool, rules: Rules, own: RatioRules) -> Terms:
    """The terms of a pool at each state."""
    initial, maintenance = by_tier(pool, rules)
    held = pool.account.collateral
    moved = np.concatenate([pool.factors, np.ones((pool.states, 1))], axis=1)[:, held.underlying]
    value = pool.collateral * held.price * moved
    owed = np.maximum(-value, 0.0)
    weight = np.array([rules.collateral.weight(asset, float(amount))
                       for asset, amount in zip(held.assets, pool.collateral, strict=True)])
    uncredited = np.zeros(pool.states)
    for a, asset in enumerate(held.assets):
        if asset in own.loan_to_value and pool.collateral[a] > 0:
            price = held.price[a] * moved[:, a]
            uncredited += value[:, a] * weight[a] - credit(own, asset, float(pool.collateral[a]), price)
    return Terms(initial, maintenance, owed.sum(axis=1), (owed * weight).sum(axis=1), uncredited)


def credit(own: RatioRules, asset: str, amount: float, price: Floats) -> Floats:
    """What an asset backs, dollars: min(borrow cap, min(amount, supply cap) × price × threshold)."""
    counted = min(amount, own.supply_caps.get(asset, np.inf)) * price * own.threshold(asset)
    return np.asarray(np.minimum(own.borrow_caps.get(asset, np.inf), counted))


def by_tier(pool: Pool, rules: Rules) -> tuple[Floats, Floats]:
    """Initial and maintenance margin of the pool's futures and perpetuals by tier, dollars (S,) each."""
    like = net(pool.account, np.zeros(len(pool.account.book.ids), dtype=np.bool_), pools(pool.account, rules))
    initial, maintenance = np.zeros(pool.states), np.zeros(pool.states)
    books, back = np.unique(pool.quantity, axis=0, return_inverse=True)
    for number, quantity in enumerate(books):
        mine = back.ravel() == number
        asked = tiered.requirement(pool.account, _nets(pool.account, like, quantity), rules, pool.factors[mine])
        initial[mine], maintenance[mine] = asked.initial.sum(axis=1), asked.maintenance.sum(axis=1)
    return initial, maintenance


def _nets(account: Account, like: Nets, quantity: Floats) -> Nets:
    """Nets of instruments held in these quantities (I,), with leverage and entry of the account's own."""
    at = np.flatnonzero(quantity)
    leverage, entry = np.full(len(quantity), np.nan), account.instruments.mark.copy()
    np.fmin.at(leverage, like.instrument, like.leverage)
    known = ~np.isnan(like.entry)
    entry[like.instrument[known]] = like.entry[known]
    none = np.zeros(len(at))
    return replace(like, bucket=np.full(len(at), POOL), instrument=at, quantity=quantity[at], leverage=leverage[at],
                   entry=entry[at], profit_const=none, profit_slope=none, leg_net=np.zeros(0, dtype=np.int64))
