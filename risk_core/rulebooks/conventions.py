"""On what venues differ besides their tables: fees, prices, profit, pledges, netting, rounding."""

from __future__ import annotations

from typing import Literal

from .records import Positive, Rate, Record


class FeeRules(Record):
    """Fee for closing a future or perpetual that is kept back.

    closing_on: the value the rate is charged on: at the tested price, at the bankruptcy price of the leg's leverage,
    at entry, or at entry with the margin of its leverage on top. closing_in: kept back in the liquidation test alone,
    or part of initial and maintenance margin as reported. bankruptcy: whether that price counts the fee.
    """

    closing_rate: Rate
    closing_on: Literal["none", "tested price", "bankruptcy price", "entry", "entry and margin"]
    closing_in: Literal["liquidation test", "margin"]
    bankruptcy: Literal["without fee", "with fee"]


class FutureRules(Record):
    """Conventions of futures and perpetuals.

    profit: whether a gain backs new positions. funding: whether funding that is accrued and not settled is part of
    equity. pledge: whether the pledge of an inverse leg is held in dollars or in
    its coin. sides: whether long and short of one instrument in the pool are netted. cross_price: what a liquidation
    price in the pool assumes of the rest. opposite: whether long and short of one underlying in the pool are charged
    both, or the larger side alone. rounding, ticks: of a trigger by underlying, up where it lies below the present
    price (a long's) and down where above (a short's).
    """

    profit: Literal["both ways", "losses only"]
    funding: Literal["counts at once", "when settled"]
    pledge: Literal["dollars", "coin"]
    sides: Literal["net", "both"]
    opposite: Literal["both sides", "larger side"]
    cross_price: Literal["others still", "shared by value", "maintenance still"]
    rounding: Literal["none", "against the trader"]
    ticks: dict[str, Positive]
