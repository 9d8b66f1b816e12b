"""Closing a share of positions at the mark: what is realised, what it costs, and the account after it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Floats
from ..margin.account_value import option_value
from ..margin.holding import Holding
from ..margin.pools import DOLLARS
from ..margin.positions import leg_unrealised
from ..portfolio.account_file import Account, read_document
from .order_prices import liquidation_fee, net_maintenance, net_notional, values_at_bankruptcy


@dataclass(frozen=True, slots=True)
class ClosedLeg:
    """A part of a leg that is closed. quantity: signed, of the leg; mark: as quoted (coin for inverse options)."""

    id: str
    quantity: float
    mark: float


@dataclass(frozen=True, eq=False)
class Close:
    """Parts of the legs of one bucket, closed at the mark. fee, insurance, equity of the bucket after it: dollars."""

    legs: tuple[ClosedLeg, ...]
    fee: float
    insurance: float
    equity: float
    account: Account


def bucket_id(holding: Holding, bucket: int) -> str:
    """The id of the pool or of the isolated leg, which steps leave as it is."""
    nets = holding.nets
    return nets.who(holding.account, bucket) if bucket in nets.alone else nets.pools.steady_id(bucket)


def close(holding: Holding, bucket: int, shares: Floats, *, taken_over: bool = False) -> Close:
    """Close `shares` (N,) of the nets of a bucket. taken_over: what equity is left goes to the backstop.

    Where closing leaves less than nothing, or a pledge that cannot pay for it, everything is closed and the insurance
    fund makes up what is missing. The fee never exceeds what is left.
    """
    nets = holding.nets
    whole = (nets.bucket == bucket).astype(np.float64)
    shares = np.where(whole > 0, shares, 0.0)
    left = _left(holding, bucket, shares)
    fee = max(left, 0.0) if taken_over else min(_fee(holding, bucket, shares), max(left, 0.0))
    part = shares[nets.leg_net]
    realised = math.fsum(np.where(part > 0, part * _worth(holding), 0.0))
    short = bucket in nets.alone and holding.pledge[bucket] + realised < fee
    if (left < 0 or short) and (shares < whole).any():
        return close(holding, bucket, whole, taken_over=taken_over)
    insurance = max(-left, 0.0)
    account = _after(holding, bucket, part, realised + insurance - fee)
    return Close(_legs(holding, part), fee, insurance, left + insurance - fee, account)


def _left(holding: Holding, bucket: int, shares: Floats) -> float:
    """Equity of the bucket after closing, before any fee: options are paid for where their value is not in it."""
    paid = 0.0 if holding.counts_option_value else _option_cash(holding, shares)
    return float(holding.now.equity[0, bucket]) + paid


def _option_cash(holding: Holding, shares: Floats) -> float:
    nets = holding.nets
    return math.fsum(shares * nets.quantity * option_value(holding.account)[nets.instrument])


def _fee(holding: Holding, bucket: int, shares: Floats) -> float:
    """Liquidation fee by the rulebook, dollars, before the limit of what is left."""
    rules, notional = holding.rules.liquidation, net_notional(holding)
    if rules.fee_on == "value closed":
        return rules.fee_rate * math.fsum(shares * notional)
    if rules.fee_on == "equity closed":
        return liquidation_fee(float(holding.now.equity[0, bucket]), float(shares.max(initial=0.0)), rules.fee_rate)
    if holding.charge != "tiered":  # one share of every net, whose margin is charged together
        base = float(holding.now.maintenance[0, bucket] if rules.fee_on.startswith("maintenance") else notional.sum())
        return liquidation_fee(base, float(shares.max(initial=0.0)), rules.fee_rate)
    by_net = net_maintenance(holding) if rules.fee_on.startswith("maintenance") else values_at_bankruptcy(holding)
    return rules.fee_rate * math.fsum(shares * np.maximum(by_net, 0.0))


def _legs(holding: Holding, part: Floats) -> tuple[ClosedLeg, ...]:
    book, marks = holding.account.book, holding.account.instruments.mark
    return tuple(ClosedLeg(book.ids[leg], float(part[leg] * book.quantity[leg]), float(marks[book.instrument[leg]]))
                 for leg in np.flatnonzero(part))


def _after(holding: Holding, bucket: int, part: Floats, change: float) -> Account:
    """The account with `part` (P,) of its legs closed and `change` dollars booked; its orders were cancelled first.

    What is realised, premiums and fees are booked in what the pool settles in, at present prices.
    """
    account = holding.account
    kept = {name: 1.0 - float(share) for name, share in zip(account.book.ids, part, strict=True)}
    pledge = {bucket_id(holding, bucket): max(float(holding.pledge[bucket]) + change, 0.0)} \
        if bucket in holding.nets.alone else {}
    rows = [_row(row, kept.get(row["id"], 1.0), pledge) for row in account.document["positions"]]
    coin = holding.nets.pools.coins[holding.nets.backing[bucket]]
    price = 1.0 if coin == DOLLARS else account.market.underlyings[coin].price
    cash = [*account.document["collateral"], {"asset": coin, "amount": change / price}]
    resting = {key: value for key, value in account.document.items() if key != "orders"}
    return read_document({**resting, "positions": [row for row in rows if row], "collateral": _joined(cash)})


def _worth(holding: Holding) -> Floats:
    """Dollars each leg pays when closed at the mark, (P,): profit of a future or perpetual, value of an option.

    With the funding that counts already; funding that counts only when it is settled is not paid for what is closed.
    """
    account = holding.account
    ins, book = account.instruments, account.book
    funding = book.funding if holding.rules.futures.funding == "counts at once" else np.zeros(len(book.ids))
    value = book.quantity * option_value(account)[book.instrument]
    return np.asarray(np.where(ins.is_option[book.instrument], value, leg_unrealised(account) + funding))


def _row(row: Mapping[str, Any], kept: float, pledge: Mapping[str, float]) -> dict[str, Any] | None:
    """A leg's row after closing all but `kept` of it, its pledge with what was realised; None when nothing is left."""
    if kept <= 0:
        return None
    pledged = {"isolated_margin": pledge[row["id"]]} if row["id"] in pledge and row.get("enabled", True) else {}
    scaled = {key: row[key] * kept for key in ("quantity", "unsettled_funding") if key in row} if kept < 1 else {}
    return {**row, **scaled, **pledged}


def _joined(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Balances with the cash of all steps in one row behind the others."""
    *before, last = rows
    if before and before[-1]["asset"] == last["asset"]:
        return [*before[:-1], {**last, "amount": before[-1]["amount"] + last["amount"]}]
    return rows
