"""A ratio's threshold as a maintenance margin: equity below it is the same condition as the ratio beyond its threshold.

equity ÷ maintenance < r        is  equity < r × maintenance
requirement ÷ value > r         is  equity < (fixed + maintenance + owed) ÷ r − owed as counted + what is not credited,
because the liquidation value is equity without debts and without what collateral counts beyond its credit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....arrays import Floats
from ....portfolio.account_file import Account
from ....rulebooks.ratio import RatioRules
from ....rulebooks.rules import Rules
from ..demand import Demand, Part, Pool
from .terms import Terms, terms


def demand(pool: Pool, rules: Rules, own: RatioRules) -> Demand:
    """Margin by tier, and what the ratio's thresholds ask on top."""
    held = terms(pool, rules, own)
    at_liquidation = needed(own, held, own.liquidation)
    initial = np.maximum(np.maximum(held.initial, at_liquidation), needed(own, held, own.restricted))
    positions = Part("tiers.steps", "Positions by tier", "", held.initial, held.maintenance, is_core=True)
    rest = Part("ratio.liquidation", f"Up to a ratio of {own.liquidation:g}", "", initial - held.initial,
                at_liquidation - held.maintenance)
    return Demand((positions, rest), (), words(own), pool.states)


def unavailable(account: Account, rules: Rules) -> str | None:
    """Why a ratio over cross margin cannot charge this account; None where it can."""
    if rules.options is None and account.instruments.is_option.any():
        return "this rulebook is a ratio over cross margin without rules of options, and the account holds some"
    return None


def section(rules: Rules) -> RatioRules:
    """The rules of the ratio. Raises RuntimeError where there are none."""
    if rules.ratio is None:
        raise RuntimeError("this rulebook has no ratio method")
    return rules.ratio


def needed(own: RatioRules, held: Terms, threshold: float) -> Floats:
    """Equity at which the ratio stands at `threshold`, dollars (S,)."""
    asked = held.maintenance + own.loan_rate * held.owed
    if own.rises:
        fixed = np.where(asked + held.owed > 0, own.fixed, 0.0)
        return np.asarray((fixed + asked + held.owed) / threshold - held.owed_counted + held.uncredited)
    return np.asarray(threshold * asked)


def words(own: RatioRules) -> str:
    """How to read the ratio, in one sentence."""
    way = "rises" if own.rises else "falls"
    beyond = "above" if own.rises else "below"
    return (f"The ratio is {own.form}; it {way} towards danger: warning {beyond} {own.warning:g}, "
            f"no new positions {beyond} {own.restricted:g}, liquidation {beyond} {own.liquidation:g}.")


@dataclass(frozen=True, slots=True)
class Shown:
    """The ratio as displayed. form: what it is. value: None where divided by nothing. rises: danger grows with it."""

    form: str
    value: float | None
    rises: bool
    warning: float
    restricted: float
    liquidation: float

    @property
    def state(self) -> str:
        """What holds at the value: safe, warning, restricted or liquidated."""
        if self.value is None:
            return "safe"
        steps = (("liquidated", self.liquidation), ("restricted", self.restricted), ("warning", self.warning))
        return next((name for name, limit in steps
                     if (self.value > limit if self.rises else self.value < limit)), "safe")


def shown(pool: Pool, rules: Rules, equity: float) -> Shown:
    """The ratio at the pool's first state, where the account's equity is `equity` dollars."""
    own = section(rules)
    held = terms(Pool(pool.account, pool.quantity[:1], pool.factors[:1], pool.collateral), rules, own)
    asked = float(held.maintenance[0] + own.loan_rate * held.owed[0])
    if own.rises:
        top = asked + float(held.owed[0])
        top += own.fixed if top > 0 else 0.0
        bottom = equity + float(held.owed_counted[0] - held.uncredited[0])
        beyond = float("inf") if top > 0 else 0.0
        return _shown(own, top / bottom if bottom > 0 else beyond)
    return _shown(own, equity / asked if asked > 0 else None)


def _shown(own: RatioRules, value: float | None) -> Shown:
    return Shown(own.form, value, own.rises, own.warning, own.restricted, own.liquidation)
