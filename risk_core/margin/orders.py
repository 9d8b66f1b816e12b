"""What an order ties up until it is filled: options bought and sold, and the size reachable by all orders of one side.

Prices, fees and margins are of one contract, in one currency, dollars or coin; a contract may be any number of units.
"""

from __future__ import annotations

from collections.abc import Iterable


def buy_to_open(contracts: float, price: float, fee: float) -> float:
    """Premium and fee of options to be bought."""
    return contracts * (price + fee)


def sell_to_open(contracts: float, price: float, fee: float, margin: float, least: float = 0.0) -> float:
    """Margin of options to be sold less the premium they bring, but at least `least`, and the fee.

    Source: OKX, "Option margin": order margin = max(position margin - price, 0.1 × multiplier) + fee.
    """
    return contracts * (max(margin - price, least) + fee)


def sell_to_close(contracts: float, price: float, fee: float) -> float:
    """What the fee of options held long exceeds their premium by; 0 otherwise."""
    return contracts * max(fee - price, 0.0)


def buy_to_close(contracts: float, price: float, fee: float, margin: float) -> float:
    """What premium and fee of buying back exceed the margin by that is set free; 0 otherwise."""
    return contracts * max(price + fee - margin, 0.0)


def open_sizes(position: float, orders: Iterable[float]) -> tuple[float, float]:
    """Sizes reached if all buys fill and no sell does, and the reverse, each at least 0; orders and position signed.

    Source: Paradex, "Cross margin requirement", buy and sell open size.
    """
    sizes = tuple(orders)
    bought = sum(size for size in sizes if size > 0)
    sold = -sum(size for size in sizes if size < 0)
    return max(position + bought, 0.0), max(sold - position, 0.0)
