"""What open orders add to initial margin. They rest in the pool and are cancelled before anything is liquidated, so
maintenance margin and levels never know them.

larger open size: the initial margin of each position as if all buys were filled, or all sells, whichever is more, and
never less than without orders. Source: Paradex, "Cross margin requirement", buy and sell open size. each order: every
order adds the initial margin of a position opened at its price. Source: Binance, "Cost required to open a position".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...arrays import Floats, Ints
from ...portfolio.account_file import Account
from ...rulebooks.rules import Rules
from ..methods import choose, demand
from ..netting import Nets
from . import futures, larger_side, scan
from .futures import Futures


@dataclass(frozen=True, eq=False)
class Pool:
    """Nets of the pools, with an empty one for every order that would open one, (n,) each.

    account: with the instruments of the orders among its own, as `nets` counts them. side: in hedge mode the side a
    net of futures or perpetuals is for, 0 where both sides are netted.
    """

    account: Account
    nets: Nets
    side: Floats


Charged = Callable[[Pool, Ints, Rules, Floats], Floats]
"""Initial margin of some nets of a pool, dollars (S, parts)."""


def added(account: Account, nets: Nets, rules: Rules, factors: Floats, charge: str) -> Floats:
    """Initial margin the orders add to each pool, dollars (S, pools), prices multiplied by factors (S, U).

    charge: what the holding is charged by, `tiered`, `scan` or `method`.
    """
    if not account.orders.ids or rules.orders.initial == "none":
        return np.zeros((len(factors), nets.pools.count))
    if charge == "tiered":
        return _by_tier(account, nets, rules, factors)
    return _by_whole(_scanned if charge == "scan" else _demanded, account, nets, rules, factors)


def _by_tier(account: Account, nets: Nets, rules: Rules, factors: Floats) -> Floats:
    """What they add where nets are charged by themselves."""
    at_entry = rules.tiers.model_copy(update={"initial_at_cross": "entry", "initial_at_isolated": "entry"})
    by_price = rules.model_copy(update={"tiers": at_entry})

    def asked(pool: Pool, by: Rules) -> Floats:
        plain = np.flatnonzero(~pool.account.instruments.is_option[pool.nets.instrument])
        initial = np.zeros((len(factors), len(pool.nets.quantity)))
        initial[:, plain] = futures.requirement(Futures(pool.account, pool.nets, plain, by), factors)[0]
        return _netted(pool, by, initial)

    pool = _pool(account, nets, both_sides=rules.futures.sides == "both")
    if rules.orders.initial == "each order":
        own = nets.pools.of_ordered[account.orders.instrument]
        return _by_pool(asked(_opened(pool), by_price), own, nets.pools.count)
    return _by_pool(_beyond([asked(one, rules) for one in _reached(pool, reducing=False)]), pool.nets.bucket,
                    nets.pools.count)


def _by_pool(amounts: Floats, pool: Ints, count: int) -> Floats:
    """Sums (S, pools) of `amounts` (S, n), each of the `pool` (n,) it is of."""
    return np.stack([amounts[:, pool == one].sum(axis=1) for one in range(count)], axis=1)


def _netted(pool: Pool, rules: Rules, initial: Floats) -> Floats:
    """Margin of each net, (S, n); where the larger of opposite sides counts, that of an underlying at its first."""
    if rules.futures.opposite != "larger side":
        return initial
    kept = larger_side.only(larger_side.pairs(pool.account, pool.nets, rules), pool.nets, initial)
    of = np.stack([pool.nets.bucket, pool.account.instruments.underlying[pool.nets.instrument]], axis=1).reshape(-1, 2)
    _, first, back = np.unique(of, axis=0, return_index=True, return_inverse=True)
    out = np.zeros_like(kept)
    np.add.at(out.T, first[back.ravel()], kept.T)
    return out


def _by_whole(charged: Charged, account: Account, nets: Nets, rules: Rules, factors: Floats) -> Floats:
    """What they add where a pool is charged as a whole, part by part of what it is charged by."""
    pool = _pool(account, nets, both_sides=rules.futures.sides == "both")
    every = np.arange(len(pool.nets.quantity))
    if rules.orders.initial == "each order":
        alone = _opened(pool)
        each = [charged(alone, np.array([i]), rules, factors) for i in range(len(account.orders.ids))]
        return np.asarray(np.concatenate(each, axis=1).sum(axis=1, keepdims=True))
    beyond = _beyond([charged(one, every, rules, factors) for one in _reached(pool, reducing=True)])
    return np.asarray(beyond.sum(axis=1, keepdims=True))


def _demanded(pool: Pool, mine: Ints, rules: Rules, factors: Floats) -> Floats:
    """Initial margin of the nets `mine` together, dollars (S, 1)."""
    held = np.bincount(pool.nets.instrument[mine], pool.nets.quantity[mine], len(pool.account.instruments.keys))
    whole = demand.Pool(pool.account, np.tile(held, (len(factors), 1)), factors, pool.account.collateral.amount)
    return choose.demand(whole, rules).initial[:, None]


def _scanned(pool: Pool, mine: Ints, rules: Rules, factors: Floats) -> Floats:
    """Initial margin of the nets `mine` by underlying, dollars (S, U)."""
    sides = [scan.side(pool.account, pool.nets, mine, u) for u in range(factors.shape[1])]
    charges = [scan.charge(pool.account, side, u, rules.scanned, factors[:, u]) for u, side in enumerate(sides)]
    return rules.scanned.initial_factor * np.stack([one.total for one in charges], axis=1)


def _beyond(asked: Sequence[Floats]) -> Floats:
    """What the largest of several margins (S, n), part by part, is beyond the first, dollars (S, n)."""
    return np.asarray(np.maximum.reduce(asked) - asked[0])


def _reached(pool: Pool, *, reducing: bool) -> list[Pool]:
    """The pool as it is, after all buys, after all sells, and in hedge mode after both.

    reducing: also what makes a position smaller, which matters where it hedges another one.
    """
    bought, sold = (_filled(pool, way, reducing=reducing) for way in (1.0, -1.0))
    both = [_filled(bought, -1.0, reducing=reducing)] if pool.side.any() else []
    return [pool, bought, sold, *both]


def _pool(account: Account, nets: Nets, *, both_sides: bool) -> Pool:
    """The pools as the account holds them, before any order is filled."""
    orders = account.orders
    at = {key: i for i, key in enumerate(orders.instruments.keys)}
    own = np.array([at[key] for key in account.instruments.keys], dtype=np.int64)
    mine = np.flatnonzero(nets.bucket < nets.pools.count)
    instrument, quantity = own[nets.instrument[mine]], nets.quantity[mine]
    sided = both_sides & ~orders.instruments.is_option[instrument]
    side = np.where(sided, np.sign(quantity), 0.0)
    held = {(int(i), float(s)) for i, s in zip(instrument, side, strict=True)}
    wanted = {(int(i), float(s) if both_sides else 0.0)
              for i, s in zip(orders.instrument, np.sign(orders.quantity), strict=True)}
    new = np.array(sorted(wanted - held)).reshape(-1, 2)
    empty = np.full(len(new), np.nan)
    whole = replace(account, instruments=orders.instruments,
                    book=replace(account.book, instrument=own[account.book.instrument]))
    return Pool(whole, _nets(nets, np.append(instrument, new[:, 0].astype(np.int64)),
                             np.append(quantity, 0.0 * new[:, 0]), np.append(nets.leverage[mine], empty),
                             np.append(nets.entry[mine], empty)), np.append(side, new[:, 1]))


def _nets(like: Nets, instrument: Ints, quantity: Floats, leverage: Floats, entry: Floats) -> Nets:
    """Nets of the pools that are charged and nothing else: without legs and profit."""
    none = np.zeros(len(quantity))
    return replace(like, bucket=like.pools.of_ordered[instrument], instrument=instrument, quantity=quantity,
                   leverage=leverage, entry=entry, profit_const=none, profit_slope=none)


def _filled(pool: Pool, way: float, *, reducing: bool) -> Pool:
    """The pool after all buys (`way` 1) or all sells (-1) are filled. Entry and leverage change where a net grows."""
    nets, orders = pool.nets, pool.account.orders
    mine = np.flatnonzero(np.sign(orders.quantity) == way)
    at = _slots(pool, way)[mine]
    price, more = orders.price[mine], np.abs(orders.quantity[mine])
    size, paid = np.zeros((2, len(nets.quantity)))
    np.add.at(size, at, more)
    reached = nets.quantity + way * size
    grows = np.abs(reached) > np.abs(nets.quantity)
    leverage = nets.leverage.copy()
    np.fmin.at(leverage, at, orders.leverage[mine])
    inverse = pool.account.instruments.inverse[nets.instrument]
    own = np.maximum(way * nets.quantity, 0.0)
    np.add.at(paid, at, np.where(inverse[at], more / price, more * price))
    paid += np.where(own > 0, np.where(inverse, own / nets.entry, own * nets.entry), 0.0)
    top, bottom = np.where(inverse, own + size, paid), np.where(inverse, paid, own + size)
    entry = np.divide(top, bottom, out=nets.entry.copy(), where=grows)
    return replace(pool, nets=replace(nets, quantity=np.where(grows | reducing, reached, nets.quantity),
                                      leverage=np.where(grows, leverage, nets.leverage), entry=entry))


def _slots(pool: Pool, way: float) -> Ints:
    """The net each order goes to when orders on the side `way` are filled, (O,)."""
    fits = (pool.side == 0) | (pool.side == way)
    same = pool.account.orders.instrument[:, None] == pool.nets.instrument
    return np.asarray(np.argmax(same & fits, axis=1))


def _opened(pool: Pool) -> Pool:
    """Every order as a position of its own, opened at its price; leverage as given, else its position's."""
    orders, count = pool.account.orders, len(pool.account.orders.ids)
    at = np.where(orders.quantity > 0, _slots(pool, 1.0), _slots(pool, -1.0))
    leverage = np.where(np.isnan(orders.leverage), pool.nets.leverage[at], orders.leverage)
    alone = _nets(pool.nets, orders.instrument, orders.quantity, leverage, orders.price)
    return replace(pool, nets=replace(alone, bucket=np.arange(count)), side=np.zeros(count))
