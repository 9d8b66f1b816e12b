"""One account under several rulebooks: what each asks in portfolio mode, what sets it, what makes the difference."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import MarginscopeError
from ..portfolio.account_file import Account
from ..rulebooks.rules import Rulebook
from . import explain
from .explain import Why
from .holding import Holding, hold
from .methods.demand import Scenarios
from .methods.scan_scenarios import scenarios
from .models import MODES, unavailable


@dataclass(frozen=True, eq=False)
class Asked:
    """What one rulebook asks of the account in portfolio mode, dollars."""

    rulebook: Rulebook
    holding: Holding
    equity: float
    initial: float
    maintenance: float
    why: Why
    scenarios: tuple[Scenarios, ...]

    @property
    def haircut(self) -> float:
        """Value of the account's positive balances that the rulebook does not count, dollars."""
        held, weigh = self.holding.account.collateral, self.rulebook.rules.collateral.weight
        balances = zip(held.assets, held.amount.tolist(), held.price.tolist(), strict=True)
        return math.fsum(amount * price * (1.0 - weigh(asset, amount))
                         for asset, amount, price in balances if amount > 0)

    @property
    def buffer(self) -> float:
        """Equity less maintenance margin, dollars."""
        return self.equity - self.maintenance


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A rulebook that has no figure for this account, and why."""

    rulebook: Rulebook
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """What makes one rulebook ask more initial margin than another, dollars; the parts add up to `whole`.

    alone: its charge of each leg by itself is higher. offset: it lets legs offset less. add_on: add-ons. on_top: what
    initial margin asks beyond maintenance.
    """

    more: str
    less: str
    whole: float
    alone: float
    offset: float
    add_on: float
    on_top: float

    @property
    def parts(self) -> tuple[tuple[str, float], ...]:
        """The parts in words, the one that widens the gap most first."""
        named = (
            ("it charges each leg by itself more", self.alone),
            ("it lets legs offset each other less", self.offset),
            ("its add-ons are higher", self.add_on),
            ("it asks more on top for initial margin", self.on_top),
        )
        return tuple(sorted(named, key=lambda part: -part[1]))


def under(account: Account, rulebook: Rulebook) -> Asked | NotAsked:
    """The account in portfolio mode under one rulebook, or the reason why there is no figure."""
    reason = unavailable(MODES["portfolio"], account, rulebook.rules)
    if reason:
        return NotAsked(rulebook, reason)
    try:
        holding = hold(account, rulebook.rules, MODES["portfolio"])
        now = holding.now
        why = explain.explain(holding, now)
    except MarginscopeError as refused:
        return NotAsked(rulebook, str(refused))
    equity, initial, maintenance = (math.fsum(column[0]) for column in (now.equity, now.initial, now.maintenance))
    if not all(map(math.isfinite, (equity, initial, maintenance))):
        return NotAsked(rulebook, "its figures leave the range of numbers")
    return Asked(rulebook, holding, equity, initial, maintenance, why, scenarios(holding))


def gap(asked: Iterable[Asked]) -> Gap | None:
    """What sets the largest initial margin apart from the smallest; None where all ask the same."""
    ordered = sorted(asked, key=lambda one: one.initial)
    if len(ordered) < 2 or ordered[0].initial == ordered[-1].initial:
        return None
    less, more = ordered[0], ordered[-1]
    parts = (_sum(more.why, kind) - _sum(less.why, kind) for kind in ("alone", "offset", "add-on", "on top"))
    return Gap(more.rulebook.title, less.rulebook.title, more.initial - less.initial, *parts)


def _sum(why: Why, kind: str) -> float:
    return math.fsum(step.amount for step in why.steps if step.kind == kind)
