"""What open orders ask before they are filled."""

from __future__ import annotations

from typing import Literal

from .records import Record


class OrderRules(Record):
    """How resting orders count in initial margin; maintenance and liquidation never know them, orders go first.

    initial: larger open size (the initial margin of each position as if all its buys were filled, or all its sells,
    whichever is more), each order (every order adds the initial margin of a position opened at its price), none.
    """

    initial: Literal["larger open size", "each order", "none"]
