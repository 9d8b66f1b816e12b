"""Figures of single legs in one mode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from ..liquidation.thresholds import Levels
from ..portfolio.account_file import Account
from . import own_price
from .attribution import sides_of_nets
from .figures import Figures
from .holding import Holding, Margin
from .own_price import OwnPrice


@dataclass(frozen=True, slots=True)
class PositionFigures:
    """One leg in one mode, dollars. initial_margin and maintenance_margin are None where legs are charged together.

    liquidation_price, bankruptcy_price: index prices of the leg's bucket along its own underlying, or as the rulebook
    states them (`own_price`), None for none.
    pledged, equity: of an isolated leg, else None. liquidated: its bucket is below maintenance now. closing_fee: the
    part of maintenance_margin that is kept back for closing.
    """

    id: str
    label: str
    notional: float
    unrealised_pnl: float | None
    initial_margin: float | None
    maintenance_margin: float | None
    liquidation_price: float | None
    bankruptcy_price: float | None
    liquidated: bool
    pledged: float | None = None
    equity: float | None = None
    buffer: float | None = None
    closing_fee: float = 0.0


def position_figures(
    holding: Holding, now: Margin, figures: Sequence[Figures], level: Levels
) -> tuple[PositionFigures, ...]:
    """Every enabled leg in the order of the file; `figures` of each bucket, `now` and `level` of the holding."""
    account = holding.account
    notional, pnl = leg_notional(account), leg_unrealised(account)
    asked = now.by_net
    initial, maintenance, fee = (
        (sides_of_nets(holding, by_net[0]) for by_net in (asked.initial, asked.maintenance, asked.closing_fee))
        if asked else (None, None, None))
    assumed = own_price.assumed(holding, now)
    rows = []
    for p, name in enumerate(account.book.ids):
        bucket, inst = int(holding.nets.bucket[holding.nets.leg_net[p]]), int(account.book.instrument[p])
        at = bucket, int(account.instruments.underlying[inst])
        own = figures[bucket] if bucket in holding.nets.alone else None
        usual = OwnPrice(level.liquidation[at].nearest, level.bankruptcy[at])
        prices = assumed.get(int(holding.nets.leg_net[p]), usual)
        rows.append(PositionFigures(
            name,
            account.instruments.labels[inst],
            float(notional[p]),
            None if math.isnan(pnl[p]) else float(pnl[p]),
            None if initial is None else float(initial[p]),
            None if maintenance is None else float(maintenance[p]),
            own_price.rounded(holding, p, prices.liquidation),
            own_price.rounded(holding, p, prices.bankruptcy),
            level.liquidation[at].now,
            float(holding.pledge[bucket]) if own else None,
            own.equity if own else None,
            own.buffer if own else None,
            0.0 if fee is None else float(fee[p]),
        ))
    return tuple(rows)


def leg_notional(account: Account) -> Floats:
    """Notional of each leg now, dollars, (P,): |q| × mark, |face| when inverse, |q| × index of an option."""
    ins, at = account.instruments, account.book.instrument
    price = np.where(ins.is_option, account.index[ins.underlying], np.where(ins.inverse, 1.0, ins.mark))
    return np.asarray(np.abs(account.book.quantity) * price[at])


def leg_unrealised(account: Account) -> Floats:
    """Unrealised profit of each leg, dollars, (P,); NaN for an option without entry price.

    Linear and options: q (mark - entry), an inverse option's in coin times the index price. Inverse futures and
    perpetuals, in dollars at the mark: face (mark ÷ entry - 1), signed.
    """
    ins, book = account.instruments, account.book
    at = book.instrument
    gain = book.quantity * (ins.mark[at] - book.entry)
    index = account.index[ins.underlying[at]]
    coin_option = gain * index
    coin_future = gain / np.where(ins.is_option[at], 1.0, book.entry)
    return np.asarray(np.where(ins.inverse[at], np.where(ins.is_option[at], coin_option, coin_future), gain))
