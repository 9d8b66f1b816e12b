"""Cross-margin solvency delta: how fast the buffer of a pool follows each price, and the hedge that stops it.

Solvency delta of an underlying = d(buffer) ÷ d(price), buffer = equity − maintenance margin of the pool, everything
else still. It is not the delta of the book: maintenance margin moves with the price too. Unit: dollars per dollar of
the price, or dollars per +1 % of it. By differences of second order from both sides, STEP of the price wide; where the
two sides differ the buffer has a kink there (another scenario sets the margin, another tier), and both values are told.
Limits: local; a hedge that zeroes it now does not after a large move. Underlyings move one at a time.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import MarginscopeError
from ..portfolio.account_file import Account, read_document
from ..rulebooks.rules import Rules
from .account_value import gross
from .holding import Holding, hold, margin
from .models import Mode
from .netting import POOL

STEP = 1e-4
"""Relative width of the differences."""
KINK = 1e-6
"""Share of the gross size of the account: sides closer than this are one slope."""
REACH = 64.0
"""How many times the first guess a hedge is looked for."""


@dataclass(frozen=True, slots=True)
class SolvencyDelta:
    """Of one underlying. below, above: slope from either side, dollars per relative move of the price (1 = +100 %).

    price: dollars, to put it per dollar. is_kink: the two differ.
    """

    underlying: str
    price: float
    below: float
    above: float
    is_kink: bool

    @property
    def slope(self) -> float:
        """Dollars per relative move; the mean of both sides at a kink, where it is no derivative."""
        return 0.5 * (self.below + self.above)

    @property
    def per_percent(self) -> float:
        """Dollars of buffer per +1 % of the price."""
        return 0.01 * self.slope

    @property
    def per_dollar(self) -> float:
        """Dollars of buffer per dollar of the price: coins."""
        return self.slope / self.price


def solvency_deltas(holding: Holding) -> tuple[SolvencyDelta, ...]:
    """Of every underlying of the pool's legs and collateral, in the order of the account."""
    account = holding.account
    moves = sorted({int(u) for u in account.instruments.underlying} | {int(u) for u in account.collateral.underlying
                                                                       if u >= 0})
    return tuple(_of(holding, u) for u in moves)


def _of(holding: Holding, u: int) -> SolvencyDelta:
    at = np.array([-1.0, -0.5, 0.0, 0.5, 1.0]) * STEP
    factors = np.ones((len(at), len(holding.account.underlyings)))
    factors[:, u] += at
    now = margin(holding, factors)
    low, lower, here, higher, high = (now.equity[:, POOL] - now.maintenance[:, POOL]).tolist()
    above = (-3.0 * here + 4.0 * higher - high) / STEP
    below = (3.0 * here - 4.0 * lower + low) / STEP
    still, moving = gross(holding.account)
    size = still + math.fsum(moving)
    name = holding.account.underlyings[u]
    return SolvencyDelta(name, float(holding.account.index[u]), below, above, abs(above - below) > KINK * size)


@dataclass(frozen=True, slots=True)
class Hedge:
    """The amount of an underlying's linear perpetual that zeroes its solvency delta.

    quantity: coins, + buys; None where there is none, told in `reason`. before, after: the solvency delta without it
    and with it, worked out anew. At a kink the slope jumps over 0 and `after` tells both sides.
    """

    underlying: str
    quantity: float | None
    before: SolvencyDelta
    after: SolvencyDelta | None
    reason: str = ""


def hedge(account: Account, rules: Rules, mode: Mode, underlying: str) -> Hedge:
    """The hedge of one underlying, checked by holding the account with it. Raises Refused without `mode`."""
    before = _delta_with(account, rules, mode, underlying, 0.0)
    if abs(before.per_dollar) * before.price <= KINK * hold(account, rules, mode).size:
        return Hedge(underlying, 0.0, before, before)

    def slope(quantity: float) -> float:
        return _delta_with(account, rules, mode, underlying, quantity).slope

    try:
        quantity = _root(slope, -before.per_dollar, before.slope)
    except MarginscopeError as refused:
        return Hedge(underlying, None, before, None, str(refused))
    if quantity is None:
        return Hedge(underlying, None, before, None, "no size of the perpetual up to "
                     f"{REACH:g} times the solvency delta zeroes it: its own margin moves as fast as its profit")
    return Hedge(underlying, quantity, before, _delta_with(account, rules, mode, underlying, quantity))


def _root(slope: Callable[[float], float], guess: float, start: float) -> float | None:
    """The size at which the slope is 0 or jumps over it, searched outwards from the first guess on both sides."""
    from scipy.optimize import brentq  # here: the first page of the app does without it

    for way in (1.0, -1.0):
        last, value = 0.0, start
        times = 0.25
        while times <= REACH:
            size = way * times * guess
            found = slope(size)
            if value * found <= 0:
                return float(brentq(slope, last, size, xtol=1e-12 * abs(guess), rtol=1e-12)) if found else size
            last, value, times = size, found, times * 2.0
    return None


def _delta_with(account: Account, rules: Rules, mode: Mode, underlying: str, quantity: float) -> SolvencyDelta:
    held = with_perpetual(account, underlying, quantity) if quantity else account
    return _of(hold(held, rules, mode), held.underlyings.index(underlying))


def with_perpetual(account: Account, underlying: str, quantity: float) -> Account:
    """The account with `quantity` coins of the underlying's linear perpetual bought at its mark. Raises Refused."""
    document: dict[str, Any] = copy.deepcopy(dict(account.document))
    legs = document["positions"]
    same = next((row for row in legs if (row["kind"], row["underlying"], row.get("settlement")) ==
                 ("perpetual", underlying, "linear") and "mark_price" in row), None)
    mark = same["mark_price"] if same else account.market.underlyings[underlying].price
    taken = {row["id"] for row in legs}
    name = next(f"hedge{i}" for i in range(len(taken) + 1) if f"hedge{i}" not in taken)
    leg = {"id": name, "kind": "perpetual", "underlying": underlying, "settlement": "linear", "quantity": quantity,
           "entry_price": mark}
    if same:
        leg["mark_price"] = mark
    document["positions"] = [*legs, leg]
    return read_document(document)
