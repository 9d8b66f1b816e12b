"""The liquidation of a mode as soon as it begins: where that is, and step by step what is closed there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..margin.models import MODES, usable
from ..margin.pledges import pinned
from ..portfolio.account_file import Account
from ..portfolio.whatif import WhatIf, move
from ..rulebooks.rules import Rulebook
from .distance import distance
from .partial import ClosingStep, partial
from .thresholds import Liquidation
from .triggers import Trigger, triggers

PAST = 1e-3
"""How far past its level a price is taken, as a share of it: at the level itself nothing is short yet."""


@dataclass(frozen=True, slots=True)
class Played:
    """One mode's liquidation. underlying, level, price: whose price had to move past which level, and where it stands
    then, dollars; all None where it begins at present prices, and where no price begins it (steps is then empty).
    """

    mode: str
    underlying: str | None
    level: float | None
    price: float | None
    steps: tuple[ClosingStep, ...]


def played(account: Account, rulebook: Rulebook, modes: Iterable[str] = tuple(MODES)) -> tuple[Played, ...]:
    """Every mode at present prices where something is below its maintenance margin, else just past its nearest level.

    One price moves and stands still there, pledges stay; the nearest is so by `Distance.reach`. Raises Refused,
    Unsettled.
    """
    account = pinned(account, rulebook)
    names = [mode.name for mode in usable(modes, account, rulebook.rules)]
    found = triggers(account, rulebook, names)
    return tuple(_played(account, rulebook, name, [one for one in found if one.mode == name]) for name in names)


def _played(account: Account, rulebook: Rulebook, mode: str, found: list[Trigger]) -> Played:
    steps = partial(account, rulebook, mode)
    markets = account.market.underlyings
    ahead = [(distance(markets[one.underlying], one.liquidation.nearest).reach, one) for one in found
             if one.liquidation.nearest is not None]
    if steps or not ahead:
        return Played(mode, None, None, None, steps)
    _, first = min(ahead, key=lambda one: one[0])
    price = past(first.liquidation)
    moved = move(account, WhatIf(prices={first.underlying: price / first.liquidation.price}))
    return Played(mode, first.underlying, first.liquidation.nearest, price, partial(moved, rulebook, mode))


def past(found: Liquidation) -> float:
    """A price just past the nearest level, or half-way through its range where that is nearer. Raises ValueError
    where there is none ahead.
    """
    level = found.nearest
    if level is None:
        raise ValueError("there is no level ahead")
    is_below = level == found.below
    ends = [low if is_below else high for low, high in found.regions if level == (high if is_below else low)]
    price = level * (1.0 - PAST if is_below else 1.0 + PAST)
    middle = [0.5 * (level + end) for end in ends if end is not None]
    return max([price, *middle]) if is_below else min([price, *middle])
