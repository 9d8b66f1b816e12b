"""Setting the what-if from the liquidation map: a place on it becomes values of the frame's controls."""

from __future__ import annotations

from itertools import product

from pages.ui import cached, control_row, controls, following, state, view
from pages.ui.plans import COINS, DAYS, VOLATILITY, Plan
from risk_core.errors import MarginscopeError
from risk_core.portfolio.account_file import Account


def to_place(plan: Plan, place: tuple[float, float]) -> None:
    """Callback: the controls to `place`, in factors of the plan, to the last digit they can carry; the others stay.

    Beyond the end of a control they stand at that end.
    """
    for key, value in _wanted(state.account(state.draft()), plan, place).items():
        stops = controls.stops(key)
        control_row.set_to(key, stops, min(max(control_row.exact(value), stops[0]), stops[-1]))
    following.follow()


def to_point(plan: Plan, place: tuple[float, float], mode: str) -> None:
    """Callback: the controls to `place` to the last digit they can carry, on the side on which `mode` is liquidated."""
    account = state.account(state.draft())
    wanted = _wanted(account, plan, place)
    own = {controls.VOLATILITY, controls.DAYS, *map(controls.price_key, (state.TOGETHER, *plan.moved))}
    sides = [dict.fromkeys(control_row.beside(value)[:2 if key in own else 1]) for key, value in wanted.items()]
    near = [dict(zip(wanted, ends, strict=True)) for ends in product(*sides)]
    for key, value in _first_liquidated(account, near, mode).items():
        control_row.set_to(key, controls.stops(key), value)
    following.follow()


def reaches(plan: Plan, place: tuple[float, float]) -> bool:
    """Whether the controls go as far as `place`."""
    wanted = _wanted(state.account(state.draft()), plan, place)
    return all(controls.stops(key)[0] <= end <= controls.stops(key)[-1]
               for key, value in wanted.items() for end in control_row.beside(value))


def _first_liquidated(account: Account, near: list[dict[str, float]], mode: str) -> dict[str, float]:
    """The first of the control values at which the mode is liquidated; the first of all where none says so."""
    return next((one for one in near if _is_liquidated(account, one, mode)), near[0])


def _is_liquidated(account: Account, at: dict[str, float], mode: str) -> bool:
    try:
        chosen = controls.having(controls.present(account), at)
        return bool(cached.compared(view.asked(account, chosen)).modes[mode].buckets_liquidated)
    except MarginscopeError:
        return False


def _wanted(account: Account, plan: Plan, place: tuple[float, float]) -> dict[str, float]:
    """Control values of a place by key, without those that this account has no use for."""
    found = values(plan, place, controls.held_underlyings(account), controls.present(account))
    return {key: value for key, value in found.items()
            if key != controls.VOLATILITY or account.instruments.is_option.any()}


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
