"""Volatility of options in each row: relative or by points, scaled with days to expiry, and tilted by moneyness.

Sources of the forms: power law below and above a pivot, Deribit and Derive; table of days, OKX; tilt by ln(K ÷ F) with
a cap, Derive's second portfolio manager.
"""

from __future__ import annotations

import numpy as np

from ....arrays import Floats, Ints
from ....portfolio.account_file import Account
from ....rulebooks.portfolio import PortfolioRules
from .rows import Row, table


def volatilities(account: Account, rules: PortfolioRules, option: Ints) -> Floats:
    """σ of the options in each row, a decimal a year, (K, n); never below 0."""
    out = [volatility(account, rules, option, row) for row in table(rules).rows]
    return np.array(out).reshape(len(out), len(option))


def root_left(account: Account, rules: PortfolioRules, option: Ints) -> Floats:
    """√T of the options once a row's days have passed, (K, n); never below 0."""
    left = account.instruments.years[option] - table(rules).days[:, None] / 365.0
    return np.asarray(np.sqrt(np.maximum(left, 0.0)))


def volatility(account: Account, rules: PortfolioRules, option: Ints, row: Row) -> Floats:
    """σ of the options in a row, a decimal a year, (n,)."""
    now = account.instruments.volatility[option]
    if row.state in {"skew", "wings"}:
        return np.asarray(now * np.maximum(1.0 + tilt(account, rules, option, row.state), 0.0))
    if row.state == "same":
        return now
    size = _size(account, rules, option, row)
    if row.state == "down":
        return np.asarray(np.maximum(now - size if row.points else now * np.maximum(1.0 - size, 0.0), 0.0))
    return np.asarray(np.maximum(now + size if row.points else now * (1.0 + size), rules.least_volatility_up))


def _size(account: Account, rules: PortfolioRules, option: Ints, row: Row) -> Floats:
    """How far volatility moves up or down, a share of itself or points; (n,)."""
    days = account.instruments.years[option] * 365.0
    name = f"points_{row.state}" if row.points else row.state
    if rules.volatility_scaling == "table":
        steps = rules.volatility_table
        return np.asarray(np.interp(days, [step.days for step in steps], [getattr(step, name) for step in steps]))
    at_pivot = float(getattr(rules, name if row.points else f"volatility_{name}"))
    power = np.where(days < rules.pivot_days, rules.short_power, rules.long_power)
    return np.asarray(at_pivot * (rules.pivot_days / np.maximum(days, rules.floor_days)) ** power)


def tilt(account: Account, rules: PortfolioRules, option: Ints, state: str) -> Floats:
    """Relative change of volatility by moneyness k = ln(K ÷ F), or |k| for the wings; (n,).

    It is cap × k ÷ k*, at most the cap: cap + slope √T, and k* = max(least width, width √T (vol + vol slope √T)).
    """
    ins, root = account.instruments, np.sqrt(account.instruments.years[option])
    k = np.log(ins.strike[option] / ins.forward[option])
    k = k if state == "skew" else np.abs(k)
    cap = getattr(rules, f"{state}_cap") + getattr(rules, f"{state}_cap_slope") * root
    flat = root * rules.skew_width * (rules.skew_volatility + rules.skew_volatility_slope * root)
    wide = np.maximum(rules.skew_least_width, flat)
    steep = k * cap / np.where(wide > 0, wide, 1.0)
    by_width = np.where(k >= 0, np.minimum(cap, steep), np.maximum(-cap, steep))
    return np.asarray(np.where(wide > 0, by_width, np.sign(k) * cap))
