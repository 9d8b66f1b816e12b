"""Setting the what-if from the liquidation map: a place on it becomes values of the frame's controls."""

from __future__ import annotations

from pages.ui import controls, following, state
from pages.ui.plans import COINS, DAYS, VOLATILITY, Plan


def to_place(plan: Plan, place: tuple[float, float]) -> None:
    """Callback: the controls to the steps nearest to `place`, in factors of the plan; the others stay."""
    account = state.account(state.draft())
    names = controls.held_underlyings(account)
    options = bool(account.instruments.is_option.any())
    for key, value in values(plan, place, names, controls.present(account)).items():
        if options or key != controls.VOLATILITY:
            following.put(key, controls.nearest_step(key, value))
    following.follow()


def values(plan: Plan, place: tuple[float, float], names: tuple[str, ...],
           now: state.Controls) -> dict[str, float]:
    """Control values by key, percent and days. Where a coin moves alone, the common move goes into each coin's own."""
    x, y = place
    if plan.kind == COINS:
        return _folded(names, now, {plan.moved[0]: x, plan.moved[1]: y})
    other = {VOLATILITY: (controls.VOLATILITY, 100.0 * (y - 1.0)), DAYS: (controls.DAYS, y)}[plan.kind]
    if len(plan.moved) == 1:
        return {**_folded(names, now, {plan.moved[0]: x}), other[0]: other[1]}
    return {controls.price_key(state.TOGETHER): 100.0 * (x - 1.0), other[0]: other[1]}


def _folded(names: tuple[str, ...], now: state.Controls, factors: dict[str, float]) -> dict[str, float]:
    what_if = now.what_if
    found = {controls.price_key(name): 100.0 * (factors.get(name, what_if.factor(name)) - 1.0) for name in names}
    return {controls.price_key(state.TOGETHER): 0.0, **found} if len(names) > 1 else found
