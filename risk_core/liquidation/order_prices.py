"""Prices of liquidation orders: bankruptcy price of each position of a pool, limit price, and an auction's share."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats
from ..margin.holding import Holding
from ..rulebooks.liquidation import LiquidationRules


def net_maintenance(holding: Holding) -> Floats:
    """Maintenance margin of each net now, dollars, (N,). Raises ValueError where nets are charged together."""
    asked = holding.now.by_net
    if asked is None:
        raise ValueError(f"{holding.mode.name}: legs are charged together, so no position has a margin of its own")
    return np.asarray(asked.maintenance[0])


def net_notional(holding: Holding) -> Floats:
    """Notional of each net now, dollars, (N,): |q| × mark, |face| when inverse, |q| × index of an option."""
    ins, inst = holding.account.instruments, holding.nets.instrument
    price = np.where(ins.is_option, holding.account.index[ins.underlying], np.where(ins.inverse, 1.0, ins.mark))
    return np.asarray(np.abs(holding.nets.quantity) * price[inst])


def equity_shares(holding: Holding) -> Floats:
    """Dollars of its bucket's equity that each net may lose, (N,): shared by maintenance margin.

    Source: dYdX v4 documentation, "Liquidations", bankruptcy price.
    """
    own, bucket, now = net_maintenance(holding), holding.nets.bucket, holding.now
    total = now.maintenance[0, bucket]
    part = np.divide(own, total, out=np.zeros(len(own)), where=total > 0)
    return np.asarray(part * now.equity[0, bucket])


def values_at_bankruptcy(holding: Holding) -> Floats:
    """Dollars at which each net is closed when its share of equity is used up, (N,), below 0 where none of it is left.

    Linear: notional − s × share. Inverse, whose loss in coin is fixed by the mark: face + s × share.
    """
    ins, nets = holding.account.instruments, holding.nets
    inverse = ins.inverse[nets.instrument] & ~ins.is_option[nets.instrument]
    sign = np.sign(nets.quantity)
    return np.asarray(net_notional(holding) + np.where(inverse, sign, -sign) * equity_shares(holding))


def bankruptcy_prices(holding: Holding) -> Floats:
    """Mark in dollars at which each net uses up its share of equity, (N,); NaN for options and where there is none."""
    ins, nets = holding.account.instruments, holding.nets
    inverse, option = ins.inverse[nets.instrument], ins.is_option[nets.instrument]
    now, then = net_notional(holding), values_at_bankruptcy(holding)
    top, bottom = np.where(inverse, now, then), np.where(inverse, then, now)
    there = ~option & (then > 0) & (now > 0)
    return np.asarray(ins.mark[nets.instrument] * np.divide(top, bottom, out=np.full(len(now), np.nan), where=there))


def quote_deltas(holding: Holding, shares: Floats) -> Floats:
    """Dollars received (+) or paid (−) for closing `shares` (N,) of each linear net at its bankruptcy price, (N,)."""
    return np.asarray(np.sign(holding.nets.quantity) * shares * values_at_bankruptcy(holding))


def limit_prices(holding: Holding) -> Floats:
    """Limit price of the order that closes each future or perpetual, dollars, (N,); NaN for options.

    mark × (1 − s × spread × maintenance rate × min(1, adjustment × (1 − equity ÷ maintenance))): at the mark while the
    bucket is not below maintenance. Source: dYdX v4 documentation, "Liquidations", fillable price.
    """
    ins, nets, rules = holding.account.instruments, holding.nets, holding.rules.liquidation
    equity, total = holding.now.equity[0, nets.bucket], holding.now.maintenance[0, nets.bucket]
    notional = net_notional(holding)
    rate = np.divide(net_maintenance(holding), notional, out=np.zeros(len(notional)), where=notional > 0)
    missing = 1.0 - np.divide(equity, total, out=np.ones(len(notional)), where=total > 0)
    rating = np.clip(rules.bankruptcy_adjustment * missing, 0.0, 1.0)
    price = ins.mark[nets.instrument] * (1.0 - np.sign(nets.quantity) * rules.spread_to_maintenance * rate * rating)
    return np.asarray(np.where(ins.is_option[nets.instrument], np.nan, price))


def buffer_margin(mark_to_market: float, excess: float, rules: LiquidationRules) -> float:
    """Excess over maintenance an auction restores to 0, dollars: excess + buffer × (excess − mark to market).

    excess: equity − maintenance margin. Source: Derive documentation, "Liquidations".
    """
    return excess + rules.auction_buffer * (excess - mark_to_market)


def auction_share(mark_to_market: float, margin: float) -> float:
    """Share of the account an auction sells, 0 to 1: all without equity, none unless the buffer margin is negative."""
    if margin >= 0:
        return 0.0
    return margin / (margin - mark_to_market) if mark_to_market > 0 else 1.0


def liquidation_fee(base: float, share: float, rate: float) -> float:
    """Dollars for closing `share` of a base: equity in an auction, maintenance margin elsewhere. Never negative."""
    return max(base, 0.0) * share * rate
