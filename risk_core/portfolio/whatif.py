"""What-if: the same account at other prices, volatilities and a later day, as a new account file.

Prices: index, given forwards and given marks of futures and perpetuals are multiplied, so forwards keep their ratio.
Volatility stays with its strike and is multiplied. Days forward: time to expiry shrinks, perpetuals pay funding at the
present rate on present notional, and legs that expire on the way are settled into collateral at the moved index price.

Size: the account as if every enabled leg had been opened that many times as large. Quantities and pledges are
multiplied; the premium of the added (or missing) options is paid from (or back to) collateral at their entry price, at
the present mark where none is given. Other balances stay.
Leverage: of futures and perpetuals, wherever it is given; pledges follow it, pledge ÷ factor. Options have none. Legs
with neither leverage nor pledge are left alone: write pledges down first (`margin.pledges.pinned`).
Size and leverage are applied before anything moves, to open orders too. Orders rest at their price whatever moves: a
move fills none. Orders in futures that expire on the way are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..errors import Problem, Refused
from .account_file import Account, read_document
from .fields import parse_instant


@dataclass(frozen=True)
class WhatIf:
    """Moves from now. price: factor of every underlying's price; prices: factors by underlying, on top of it.

    volatility: factor of every implied volatility. days: days forward, ≥ 0. size: factor of every quantity.
    leverage: factor of the leverage of futures and perpetuals.
    """

    price: float = 1.0
    prices: Mapping[str, float] = field(default_factory=dict)
    volatility: float = 1.0
    days: float = 0.0
    size: float = 1.0
    leverage: float = 1.0

    def factor(self, underlying: str) -> float:
        """Factor of one underlying's price."""
        return self.price * self.prices.get(underlying, 1.0)

    @property
    def is_now(self) -> bool:
        """True when nothing moves."""
        factors = (self.price, self.volatility, self.size, self.leverage, *self.prices.values())
        return self.days == 0 and all(factor == 1 for factor in factors)


def move(account: Account, what_if: WhatIf) -> Account:
    """The account after `what_if`. Raises Refused where a move leaves the range of the account file."""
    if what_if.is_now:
        return account
    _check(what_if)
    document: dict[str, Any] = dict(account.document)
    now = account.market.as_of
    then = _later(now, what_if.days)
    document["as_of"] = then.isoformat().replace("+00:00", "Z")
    document["market"] = _market(account.document["market"], what_if)
    balances = [dict(row) for row in account.document["collateral"]]
    scaled = [_scaled(account, row, what_if, balances) for row in account.document["positions"]]
    document["positions"] = [moved for row in scaled if (moved := _leg(account, row, what_if, then, balances))]
    document["collateral"] = balances
    if "orders" in document:
        document["orders"] = [_order(row, what_if) for row in document["orders"] if not _expired(row, then)]
    return read_document(document)


def _check(what_if: WhatIf) -> None:
    names = ("price", "volatility", "size", "leverage")
    factors = {**{name: getattr(what_if, name) for name in names}, **what_if.prices}
    problems = [Problem(f"what_if.{name}", value, "must be above 0")
                for name, value in factors.items() if not value > 0]
    if not 0 <= what_if.days <= 36_500:
        problems.append(Problem("what_if.days", what_if.days, "must lie between 0 and 36500"))
    if problems:
        raise Refused(problems)


def _later(now: datetime, days: float) -> datetime:
    try:
        return now + timedelta(days=days)
    except OverflowError:
        raise Refused([Problem("what_if.days", days, "must not reach past the year 9999")]) from None


def _market(market: Mapping[str, Any], what_if: WhatIf) -> dict[str, Any]:
    underlyings = {}
    for name, block in market["underlyings"].items():
        factor, moved = what_if.factor(name), dict(block)
        moved["price"] = block["price"] * factor
        if "forwards" in block:
            moved["forwards"] = [{**row, "price": row["price"] * factor} for row in block["forwards"]]
        if isinstance(block.get("volatility"), list):
            moved["volatility"] = [{**row, "iv": row["iv"] * what_if.volatility} for row in block["volatility"]]
        elif "volatility" in block:
            moved["volatility"] = block["volatility"] * what_if.volatility
        underlyings[name] = moved
    return {**market, "underlyings": underlyings}


def _scaled(account: Account, row: Mapping[str, Any], what_if: WhatIf,
            balances: list[dict[str, Any]]) -> dict[str, Any]:
    """One leg at another size and leverage; the premium of what an option gains in size goes to `balances`."""
    scaled = dict(row)
    if row.get("enabled", True) is False or what_if.size == what_if.leverage == 1:
        return scaled
    is_option = row["kind"] == "option"
    leverage = 1.0 if is_option else what_if.leverage
    for key in {"quantity", "unsettled_funding"} & row.keys():
        scaled[key] = row[key] * what_if.size
    if "isolated_margin" in row:
        scaled["isolated_margin"] = row["isolated_margin"] * what_if.size / leverage
    if "leverage" in row:
        scaled["leverage"] = row["leverage"] * leverage
    if is_option:
        premium = row.get("entry_price", _mark(account, row))
        _pay(balances, row, (1.0 - what_if.size) * row["quantity"] * premium)
    return scaled


def _leg(account: Account, row: Mapping[str, Any], what_if: WhatIf, then: datetime,
         balances: list[dict[str, Any]]) -> dict[str, Any] | None:
    """One leg moved; None when it has expired, its settlement added to `balances`."""
    if row.get("enabled", True) is False:
        return dict(row)
    name = row["underlying"]
    price = account.market.underlyings[name].price * what_if.factor(name)
    if row["kind"] == "perpetual":
        _pay(balances, row, -_funding(account, row, what_if) / _unit(row, price))
    if _expired(row, then):
        _pay(balances, row, (_payoff(row, price) + row.get("unsettled_funding", 0.0)) / _unit(row, price))
        return None
    moved = dict(row)
    if row["kind"] == "option":
        moved.pop("mark_price", None)
        moved["iv"] = _volatility(account, row) * what_if.volatility
    elif "mark_price" in row:
        moved["mark_price"] = row["mark_price"] * what_if.factor(name)
    return moved


def _order(row: Mapping[str, Any], what_if: WhatIf) -> dict[str, Any]:
    """One order at another size and leverage."""
    leverage = {"leverage": row["leverage"] * what_if.leverage} if "leverage" in row else {}
    return {**row, "quantity": row["quantity"] * what_if.size, **leverage}


def _expired(row: Mapping[str, Any], then: datetime) -> bool:
    expiry = parse_instant(row.get("expiry"))
    return expiry is not None and expiry <= then


def _volatility(account: Account, row: Mapping[str, Any]) -> float:
    at = account.book.instrument[account.book.ids.index(row["id"])]
    return max(float(account.instruments.volatility[at]), 1e-12)


def _mark(account: Account, row: Mapping[str, Any]) -> float:
    """Present mark of an enabled leg, as quoted."""
    return float(account.instruments.mark[account.book.instrument[account.book.ids.index(row["id"])]])


def _funding(account: Account, row: Mapping[str, Any], what_if: WhatIf) -> float:
    """Funding a perpetual pays over the days, dollars: notional × rate × 3 a day; longs pay a positive rate."""
    rate = account.market.underlyings[row["underlying"]].funding_8h or 0.0
    size = row["quantity"] * (1.0 if row["settlement"] == "inverse" else _mark(account, row))
    return float(size * rate * 3.0 * what_if.days)


def _payoff(row: Mapping[str, Any], price: float) -> float:
    """What an expired leg pays at the settlement price, dollars."""
    if row["kind"] == "option":
        sign = 1.0 if row["type"] == "call" else -1.0
        return float(row["quantity"] * max(sign * (price - row["strike"]), 0.0))
    if row["settlement"] == "inverse":
        return float(row["quantity"] * (price / row["entry_price"] - 1.0))
    return float(row["quantity"] * (price - row["entry_price"]))


def _unit(row: Mapping[str, Any], price: float) -> float:
    """Dollars per unit of the asset the leg settles in."""
    return price if row["settlement"] == "inverse" else 1.0


def _pay(balances: list[dict[str, Any]], row: Mapping[str, Any], amount: float) -> None:
    if amount:
        asset = row["underlying"] if row["settlement"] == "inverse" else "USD"
        balances.append({"asset": asset, "amount": amount})
