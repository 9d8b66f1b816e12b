"""A template's legs priced at the present market and laid into an account, the present one or a new one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pages.ui import legs, templates
from pages.ui.templates import Ground, Lacking, Leg, Template
from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import Account, read_document
from risk_core.portfolio.fields import FORMAT
from risk_core.rulebooks import load

DOLLARS = ("USDC", "USDT", "USD")
"""Assets a dollar amount is booked in, the first that the account holds; else USD."""


@dataclass(frozen=True)
class Order:
    """What was asked for. size: above 0, in units of the underlying, or in dollars where `in_dollars`.

    premiums: book them in cash. coins are added to collateral where the template holds some, paid for from
    cash where `bought`. dollar: the asset dollars are booked in, empty for the one the account holds.
    """

    template: Template
    underlying: str
    expiry: str
    size: float
    in_dollars: bool = False
    other: str = ""
    premiums: bool = True
    bought: bool = True
    dollar: str = ""


@dataclass(frozen=True)
class Placed:
    """Legs with id and entry price, and what they change in the balances, by asset."""

    legs: tuple[Leg, ...]
    balances: Mapping[str, float]


def place(order: Order, account: Account) -> Placed:
    """The order priced at the account's market. Raises Lacking, Refused."""
    _check(order, account)
    market = account.market.underlyings[order.underlying]
    units = templates.significant(order.size / market.price if order.in_dollars else order.size, 12)
    units = templates.significant(units, 4) if order.in_dollars else units
    built = order.template.build(Ground(account, order.underlying, order.expiry, units, order.other))
    held = account.document["positions"]
    legs_ = priced(legs.named([*map(dict, held), *built])[len(held):], account)
    if order.template.leverage:
        legs_ = [{**leg, "leverage": _highest_leverage(leg, account)} for leg in legs_]
    dollar = order.dollar or _dollar(account.document)
    balances = _coins(order, units, market.price, dollar)
    if order.premiums:
        for leg in legs_:
            _book_premium(leg, balances, dollar)
    return Placed(tuple(legs_), {asset: amount for asset, amount in balances.items() if amount})


def _coins(order: Order, units: float, price: float, dollar: str) -> dict[str, float]:
    """Coins that the template holds, and the cash that buys them."""
    if not order.template.coins:
        return {}
    paid = float(round(Decimal(str(-units)) * Decimal(str(price)), 2))
    return {order.underlying: units} | ({dollar: paid} if order.bought else {})


def into(placed: Placed, document: Mapping[str, Any]) -> dict[str, Any]:
    """The account with the legs behind its own and the balances booked."""
    return {**document, "collateral": booked(document["collateral"], placed.balances),
            "positions": [*document["positions"], *placed.legs]}


def empty(document: Mapping[str, Any], name: str, cash: float) -> dict[str, Any]:
    """A new account at the same market and under the same rules, with so many dollars and no position."""
    rules = {"rules": document["rules"]} if "rules" in document else {}
    collateral = [{"asset": "USD", "amount": templates.significant(cash, 15)}] if cash else []
    return {"format": FORMAT, "name": name, "as_of": document["as_of"], **rules, "market": document["market"],
            "collateral": collateral, "positions": []}


def booked(rows: Sequence[Mapping[str, Any]], balances: Mapping[str, float]) -> list[dict[str, Any]]:
    """The collateral after bookings: the first balance of an asset changes, an asset not held is added."""
    result, open_ = [], dict(balances)
    for row in rows:
        amount = open_.pop(row["asset"], 0)
        result.append({**row, "amount": _sum(row["amount"], amount)} if amount else dict(row))
    return result + [{"asset": asset, "amount": amount} for asset, amount in open_.items()]


def _sum(held: float, added: float) -> float:
    """Their sum as it would be done by hand, without binary dust."""
    total = Decimal(str(held)) + Decimal(str(added))
    return int(total) if total == total.to_integral_value() else float(total)


def _check(order: Order, account: Account) -> None:
    names = account.market.underlyings
    if order.size <= 0 or not math.isfinite(order.size):
        raise Lacking("The size must be above 0.")
    if order.underlying not in names:
        raise Lacking("The market has no underlying yet: add one on the Market tab.")
    if "btc" in order.template.needs and (order.other != "BTC" or order.underlying == "BTC"):
        raise Lacking("Needs BTC and a second coin: add the one that is missing on the Market tab.")
    if "other" in order.template.needs and (order.other not in names or order.other == order.underlying):
        raise Lacking("Needs a second underlying: add one on the Market tab.")


def ids(document: Mapping[str, Any]) -> set[str]:
    """Names of the account's legs."""
    return {row["id"] for row in document["positions"]}


def priced(rows: Sequence[Leg], account: Account) -> list[Leg]:
    """The legs with their present marks as entry prices, where none is given. Raises Refused."""
    index = {name: market.price for name, market in account.market.underlyings.items()}
    trial = [row if row["kind"] == "option" else {"entry_price": index[row["underlying"]], **row} for row in rows]
    read = read_document({**account.document, "positions": [*account.document["positions"], *trial]})
    marks = {name: float(read.instruments.mark[i]) for name, i in zip(read.book.ids, read.book.instrument, strict=True)}
    return [{**row, "entry_price": row.get("entry_price", _entry(row, marks[row["id"]]))} for row in rows]


def _entry(row: Leg, mark: float) -> float:
    return templates.significant(mark, 5 if row["kind"] == "option" else 8)


def _highest_leverage(leg: Leg, account: Account) -> int:
    """Notional over the initial margin the rules ask for the leg alone, rounded down."""
    alone = read_document({**account.document, "positions": [leg]})
    (figures,) = compare(alone, load.resolve(alone.rules), ["isolated"]).modes["isolated"].positions
    asked = figures.initial_margin or figures.notional
    return max(1, math.floor(figures.notional / asked + 1e-9))


def _book_premium(leg: Leg, balances: dict[str, float], dollar: str) -> None:
    """Cash a bought option costs and a sold one brings, in the asset it settles in."""
    if leg["kind"] == "option":
        asset = leg["underlying"] if leg["settlement"] == "inverse" else dollar
        premium = round(Decimal(str(-leg["quantity"])) * Decimal(str(leg["entry_price"])), 2 if asset == dollar else 8)
        balances[asset] = _sum(balances.get(asset, 0), float(premium))


def _dollar(document: Mapping[str, Any]) -> str:
    held = [row["asset"] for row in document["collateral"]]
    return next((asset for asset in DOLLARS if asset in held), "USD")
